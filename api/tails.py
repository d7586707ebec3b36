"""Where the last records of a topic begin."""

from __future__ import annotations

from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.topics import Topic
from streams.settings import StreamSettings


async def tails(settings: StreamSettings, topic: Topic, records: int) -> dict[int, int]:
    """The offsets (by partition) at which the last ``records`` records of each partition begin.

    :raises aiokafka.errors.KafkaError: no broker answers, or it has no such topic.
    """
    consumer: Any = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap_servers, group_id=None)
    partitions = [TopicPartition(settings.topic(topic), number) for number in range(settings.partitions_of(topic))]
    try:
        await consumer.start()
        begins = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
    finally:
        await consumer.stop()
    return {each.partition: max(begins[each], ends[each] - records) for each in partitions}
