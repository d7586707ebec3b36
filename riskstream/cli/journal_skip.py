"""``riskstream journal skip``: an operator's leave to pass inputs that are lost."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from riskstream.cli.codes import Code, fail, reaching_broker
from riskstream.cli.context import settings_of

if TYPE_CHECKING:
    from schemas.commands import SkipInputs
    from streams.settings import StreamSettings


def skip(
    context: typer.Context,
    topic: Annotated[str, typer.Argument(help="orders, fills or commands.")],
    partition: Annotated[int, typer.Argument(min=0)],
    first: Annotated[int, typer.Argument(min=0, help="The first offset that is lost.")],
    last: Annotated[int, typer.Argument(min=0, help="The last one.")],
    author: Annotated[str, typer.Option(help="Who decides this; it goes into the journal.")],
    reason: Annotated[str, typer.Option(help="Why; it goes into the journal.")] = "",
) -> None:
    """Allow a partition to go on after offsets of an input that nothing can be read from any more.

    A worker ends at a hole in its inputs (exit code 4) and names it: `risk.orders.v1-2 goes on at offset 9, needed 5`
    is `journal skip orders 2 5 8`. Whatever was there is never decided. The leave is a command of the partition; the
    worker that takes it over next journals it with its author.
    Exit code 1: there are records to be read, or none were written yet.
    """
    settings = settings_of(context).stream
    command = _command(settings, topic, partition, first, last, author, reason)
    with reaching_broker(settings.bootstrap_servers):
        refusal = asyncio.run(_send(settings, command))
    if refusal:
        fail(refusal, Code.REFUSED)
    typer.echo(f"partition {partition} may pass {topic} {first} to {last}; its command is {command.command_id}")


def _command(
    settings: StreamSettings, topic: str, partition: int, first: int, last: int, author: str, reason: str
) -> SkipInputs:
    import msgspec

    from schemas.commands import SkipInputs

    if partition >= settings.partitions:
        fail(f"PARTITION is {partition}, expected less than {settings.partitions} (RISKSTREAM_PARTITIONS)", Code.USAGE)
    if last < first:
        fail(f"LAST is {last}, expected at least FIRST, which is {first}", Code.USAGE)
    fields = {"topic": topic, "partition": partition, "first": first, "last": last, "author": author, "reason": reason}
    stamp = {"type": "skip_inputs", "command_id": f"skip-{uuid4().hex}", "event_time_ns": time.time_ns()}
    try:
        return msgspec.convert(fields | stamp, SkipInputs)
    except msgspec.ValidationError as error:
        fail(str(error), Code.USAGE)


async def _send(settings: StreamSettings, command: SkipInputs) -> str:
    """Why not; empty if it is durable."""
    from schemas.topics import TOPICS
    from streams.producer import EventProducer
    from streams.ranges import Ranges

    name = settings.topic(next(topic for topic in TOPICS if topic.name == command.topic))
    number = command.partition
    async with Ranges(settings, name, [number]) as inputs:
        span = (await inputs.now())[number]
        if command.last >= span.end:
            return f"{name}-{number} ends at {span.end}: what comes at {command.last} is not known yet"
        first = max(command.first, span.begin)
        async for records in inputs.read({number: first}, {number: command.last + 1}):
            if records:
                return f"{name}-{number} has a record at offset {records[0].offset}: it is decided, not passed"
    async with EventProducer(settings) as producer:
        await asyncio.gather(*await producer.send(command))
    return ""
