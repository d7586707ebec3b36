"""Snapshots on Kafka: one partition of the compacted state topic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from schemas.topics import STATE
from streams.connections import stopped
from streams.log import LogUnavailable
from streams.publisher import Publisher
from streams.reader import IDLE_MS
from streams.settings import StreamSettings
from streams.snapshots import Item


class KafkaSnapshots:
    """A :class:`streams.snapshots.SnapshotStore`; a set is safe by its manifest, so any producer may write it."""

    def __init__(self, settings: StreamSettings, partition: int, publisher: Publisher) -> None:
        self._settings, self._publisher = settings, publisher
        self._place = TopicPartition(settings.topic(STATE), partition)

    async def read(self) -> Mapping[bytes, bytes]:
        """Read the partition once, to where it ends now."""
        return await read_snapshots(self._settings, self._place.partition)

    async def write(self, items: Sequence[Item]) -> None:
        """One record an item."""
        try:
            for key, value in items:
                await self._publisher.producer.send_and_wait(
                    self._place.topic, value, key=key, partition=self._place.partition
                )
        except KafkaError as error:
            raise LogUnavailable(f"a snapshot can't be written: {error!r}") from error


async def read_snapshots(settings: StreamSettings, partition: int) -> dict[bytes, bytes]:
    """The last value of each key of one partition of the state topic.

    :raises LogUnavailable: it can't be read.
    """
    consumer: Any = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap_servers,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=settings.fetch_wait_ms,
    )
    try:
        await consumer.start()
        return await _last_values(consumer, TopicPartition(settings.topic(STATE), partition))
    except KafkaError as error:
        raise LogUnavailable(f"snapshots can't be read: {error!r}") from error
    finally:
        await stopped(consumer)


async def _last_values(consumer: Any, place: TopicPartition) -> dict[bytes, bytes]:
    consumer.assign([place])
    await consumer.seek_to_beginning()
    end = (await consumer.end_offsets([place]))[place]
    found: dict[bytes, bytes] = {}
    while await consumer.position(place) < end:
        polled = await consumer.getmany(timeout_ms=IDLE_MS)
        for record in polled.get(place, ()):
            if record.value is None:
                found.pop(record.key, None)
            else:
                found[record.key] = record.value
    return found
