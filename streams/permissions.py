"""Which offsets of an input an operator allowed to pass: commands of the partition, looked for ahead of their turn."""

from __future__ import annotations

from schemas.codec import BadPayload, decode
from schemas.commands import SkipInputs
from schemas.topics import COMMANDS
from streams.journal import Source
from streams.processor import INPUTS
from streams.ranges import Ranges
from streams.settings import StreamSettings


async def permission(settings: StreamSettings, partition: int, gap: Source) -> SkipInputs | None:
    """The newest command that allows to pass a gap. They stand in a topic that may itself have the gap, so they are
    looked for wherever they are.

    :raises aiokafka.errors.KafkaError: the topic can't be read.
    """
    found = None
    async with Ranges(settings, settings.topic(COMMANDS), [partition]) as commands:
        span = (await commands.now())[partition]
        async for records in commands.read({partition: span.begin}, {partition: span.end}):
            for record in records:
                command = _skip_of(record.value)
                if command is not None and _allows(command, partition, gap):
                    found = command
    return found


def _skip_of(payload: bytes | None) -> SkipInputs | None:
    if b'"skip_inputs"' not in (payload or b""):
        return None
    try:
        command = decode(COMMANDS, payload)
    except BadPayload:
        return None
    return command if isinstance(command, SkipInputs) else None


def _allows(command: SkipInputs, partition: int, gap: Source) -> bool:
    place = command.topic, command.partition
    return place == (INPUTS[gap.input].name, partition) and command.first <= gap.first and gap.last <= command.last
