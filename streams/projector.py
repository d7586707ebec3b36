"""Breaker events and alerts out of the effective journal, with a cursor of its own.

The events of a record are durable before the cursor moves beyond it. Repeating one after a crash is harmless, for its
id is the same; none is lost and none is void.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import OffsetAndMetadata

from schemas.topics import DECISIONS
from streams.connections import started, stopped
from streams.faults import passing
from streams.journal import Cursor
from streams.patience import patiently
from streams.projections import KINDS, project
from streams.publisher import Publisher
from streams.quiet import Quiet
from streams.reader import JournalReader
from streams.settings import StreamSettings
from streams.starts import snapshots_to_start_from

#: Brokers forget a group's offsets that nobody committed for days (``offsets.retention.minutes``: 7), moved or not.
SAVE_AGAIN_S = 43_200.0
#: Reading and saving by every batch would cost the decisions half of their latency; what was projected and not saved is
#: projected again after a crash.
READ_S, SAVE_S = 0.05, 0.5
LOG = logging.getLogger(__name__)


class Projector:
    """Follows the journal of one partition, so that none that is out of reach holds up another. Two at once, while it
    changes hands, do no harm. What the owner beside it knows to tell nothing, which is nearly all, is not read."""

    def __init__(self, settings: StreamSettings, partition: int, publisher: Publisher, quiet: Quiet) -> None:
        self._settings, self._partition, self._publisher, self._quiet = settings, partition, publisher, quiet
        self._store = CursorStore(settings, f"{settings.application}-projector", [partition])

    async def run(self) -> None:
        """Project until cancelled, however often the broker goes away."""
        await patiently(self._follow, f"breaker events and alerts of partition {self._partition}")

    async def _follow(self) -> None:
        try:
            stored = await self._begin()
            saved_at = _now_s()
            async with JournalReader(self._settings, {self._partition: stored}, [self._partition], KINDS) as reader:
                while True:
                    await self._step(reader)
                    passing("before_cursor")
                    cursor, age_s = reader.cursors[self._partition], _now_s() - saved_at
                    if cursor.offset and age_s > (SAVE_AGAIN_S if cursor == stored else SAVE_S):
                        await self._store.save({self._partition: cursor})
                        stored, saved_at = cursor, _now_s()
                    await asyncio.sleep(READ_S)
        finally:
            await self._store.stop()

    async def _step(self, reader: JournalReader) -> None:
        """Events of the next records; none of those that the owner knows to tell nothing."""
        beyond = self._quiet.beyond(reader.cursors[self._partition])
        if beyond is not None:
            reader.leap(self._partition, beyond)
            return
        await self._publisher.events([made for entry in await reader.poll() for made in project(entry)])

    async def _begin(self) -> Cursor:
        cursors = await self._store.load()
        found = await snapshots_to_start_from(self._settings, cursors, [self._partition])
        if self._partition not in found:
            return cursors.get(self._partition, Cursor())
        cursor = found[self._partition].cursor
        LOG.error(
            "partition %s: the journal before %s is gone; its breaker events and alerts were never sent",
            self._partition,
            cursor.offset,
        )
        return cursor


class CursorStore:
    """Journal cursors as committed offsets of a group: the offset for tools that measure lag, the rest as metadata."""

    def __init__(self, settings: StreamSettings, group: str, partitions: Sequence[int]) -> None:
        self._settings, self._group = settings, group
        self._places = {number: TopicPartition(settings.topic(DECISIONS), number) for number in partitions}
        self._consumer: Any = None

    async def load(self) -> dict[int, Cursor]:
        """The stored cursors; partitions without one are left out."""
        admin: Any = AIOKafkaAdminClient(bootstrap_servers=self._settings.bootstrap_servers)
        await admin.start()
        try:
            stored = await admin.list_consumer_group_offsets(self._group, partitions=list(self._places.values()))
        finally:
            await admin.close()
        return {place.partition: _decoded(at) for place, at in stored.items() if at.offset >= 0 and at.metadata}

    async def save(self, cursors: Mapping[int, Cursor]) -> None:
        """Store cursors durably."""
        if not cursors:
            return
        if self._consumer is None:
            servers = self._settings.bootstrap_servers
            self._consumer = await started(
                AIOKafkaConsumer(bootstrap_servers=servers, group_id=self._group, enable_auto_commit=False)
            )
            self._consumer.assign(list(self._places.values()))
            self._consumer.pause(*self._places.values())  # it commits only; what it would fetch nobody reads
        await self._consumer.commit({self._places[number]: _encoded(cursor) for number, cursor in cursors.items()})

    async def stop(self) -> None:
        """Disconnect."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await stopped(consumer)


def _encoded(cursor: Cursor) -> OffsetAndMetadata:
    return OffsetAndMetadata(cursor.offset, f"{cursor.epoch}:{cursor.owner.hex()}:{cursor.seq}")


def _decoded(stored: OffsetAndMetadata) -> Cursor:
    epoch, owner, seq = stored.metadata.split(":")
    return Cursor(stored.offset, int(epoch), bytes.fromhex(owner), int(seq))


def _now_s() -> float:
    return asyncio.get_running_loop().time()
