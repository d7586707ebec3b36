"""What a Kafka log holds where a consumer is given no record: asked of the broker itself, batch by batch."""

from __future__ import annotations

from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import LeaderNotAvailableError, OffsetOutOfRangeError, for_code
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.record.memory_records import MemoryRecords

FETCH_MAX_BYTES = 1_000_000
READ_UNCOMMITTED = 0


async def only_control_batches(client: Any, place: TopicPartition, first: int, last: int) -> bool:
    """Whether every offset from ``first`` to ``last`` is in a control batch: the end of a transaction, never data.

    False too if the log begins later, or lacks a batch there (compaction, or records that were removed).

    :raises aiokafka.errors.KafkaError: the broker can't be asked.
    """
    await client.add_topic(place.topic)
    offset = first
    while offset <= last:
        batches = await _batches(client, place, offset)
        before = offset
        for start, end, is_control in batches:
            if start <= offset < end and offset <= last:
                if not is_control:
                    return False
                offset = end
        if offset == before:
            return False
    return True


async def _batches(client: Any, place: TopicPartition, offset: int) -> list[tuple[int, int, bool]]:
    """Of each batch that one fetch gives: its first offset, the one after it, whether it is a control batch."""
    node = client.cluster.leader_for_partition(place)
    if node is None or node < 0:
        raise LeaderNotAvailableError(str(place))
    wanted = [(place.topic, [(place.partition, offset, FETCH_MAX_BYTES)])]
    answer = await client.send(node, FetchRequest(0, 1, FETCH_MAX_BYTES, READ_UNCOMMITTED, wanted, rack_id=""))
    ((_, ((_, code, *_, payload),)),) = answer.topics
    if code == OffsetOutOfRangeError.errno:
        return []
    if code:
        raise for_code(code)(str(place))
    records, found = MemoryRecords(payload or b""), []
    while (batch := records.next_batch()) is not None:
        found.append((batch.base_offset, batch.next_offset, bool(batch.is_control_batch)))
    return found
