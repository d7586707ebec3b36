"""Sending one command with proof: where every copy of it is, or why it is not known to be there."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from aiokafka.errors import UnknownTopicOrPartitionError

from schemas.commands import Command
from schemas.topics import COMMANDS
from streams.cluster import describe
from streams.producer import EventProducer
from streams.settings import StreamSettings


class WrongCount(Exception):
    """The commands' topic has another number of partitions than the settings: a copy would miss some."""


class Copy(NamedTuple):
    """A copy of a command: its offset, or what the broker said instead. Of one that is durable without an offset the
    broker named none."""

    partition: int
    offset: int | None = None
    error: str = ""


async def place(settings: StreamSettings, command: Command) -> list[Copy]:
    """Send a command to each partition that it concerns, and wait for every answer.

    :raises WrongCount: it is not known which partitions there are.
    :raises aiokafka.errors.KafkaError: no broker answers, or it has no such topic; nothing is sent.
    """
    await _check_count(settings)
    producer = await EventProducer(settings).start()
    try:
        sent = await producer.send(command)
        answers = await asyncio.gather(*sent, return_exceptions=True)
    finally:
        await producer.stop()
    return [_copy(*each) for each in zip(producer.targets(command), answers, strict=True)]


def _copy(partition: int, answer: object) -> Copy:
    if isinstance(answer, BaseException):
        return Copy(partition, error=repr(answer))
    offset = int(getattr(answer, "offset", -1))
    return Copy(partition, offset if offset >= 0 else None)


async def _check_count(settings: StreamSettings) -> None:
    name, described = settings.topic(COMMANDS), await describe(settings, with_configs=False)
    if name not in described:
        raise UnknownTopicOrPartitionError(f"there is no topic {name}")
    found = described[name].partitions
    if found != settings.partitions:
        raise WrongCount(f"{name} has {found} partitions, expected {settings.partitions} (RISKSTREAM_PARTITIONS)")
