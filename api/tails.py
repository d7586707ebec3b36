"""Where the last records of a topic begin."""

from __future__ import annotations

from schemas.topics import Topic
from streams.ranges import Ranges
from streams.settings import StreamSettings


async def tails(settings: StreamSettings, topic: Topic, records: int) -> dict[int, int]:
    """The offsets (by partition) at which the last ``records`` records of each partition begin.

    :raises aiokafka.errors.KafkaError: no broker answers, or it has no such topic.
    """
    async with Ranges(settings, settings.topic(topic), range(settings.partitions_of(topic))) as partitions:
        found = await partitions.now()
    return {number: max(each.begin, each.end - records) for number, each in found.items()}
