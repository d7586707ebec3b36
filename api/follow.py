"""Follows the topics into the read model: the journal from genesis, metrics and alerts by their tails, orders from now.

A broker that is away is tried again from where the reading was; a record that this version does not know ends the
following of its topic, and the health says so.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec
from aiokafka.errors import KafkaError

from api.feed import ReadModel
from api.health import JOURNAL
from api.tails import tails
from schemas.codec import BadPayload
from schemas.decisions import Decision
from schemas.topics import ALERTS, METRICS, ORDERS, Topic
from streams.exits import told
from streams.journal import Cursor, UnknownRecord
from streams.log import LogUnavailable
from streams.reader import EventEntry, EventReader, JournalGap, JournalReader
from streams.settings import StreamSettings
from streams.starts import snapshots_to_start_from
from streams.tasks import CancelledByNobody, unbroken

RETRY_S = 1.0
STOP_S = 0.7
#: Records of each partition that are read again after a start.
METRICS_TAIL, ALERTS_TAIL = 20_000, 200
#: If more of the journal is still to be read, the newest snapshot is the start.
JOURNAL_TAIL = 100_000

log = logging.getLogger(__name__)


class Follower:
    """Tasks that feed a read model. ``settle`` is told of every decision."""

    def __init__(self, settings: StreamSettings, model: ReadModel, settle: Callable[[Decision], None]) -> None:
        self._settings, self._model, self._settle = settings, model, settle
        self._cursors: dict[int, Cursor] = {}
        self._offsets: dict[Topic, dict[int, int]] = {}

    @asynccontextmanager
    async def running(self, *others: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
        """Follow while the context is open; ``others`` run beside it, and are tried again like the rest."""
        jobs = {JOURNAL: self._journal, "metrics": self._metrics, "alerts": self._alerts, "orders": self._orders}
        named = [*jobs.items(), *((other.__name__, other) for other in others)]
        tasks = [asyncio.create_task(self._again(name, job), name=name) for name, job in named]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=STOP_S)

    async def _again(self, name: str, job: Callable[[], Awaitable[None]]) -> None:
        faults = self._model.state.faults
        while True:
            try:
                return await unbroken(job)
            except (KafkaError, OSError, JournalGap, LogUnavailable, CancelledByNobody) as error:
                faults[name] = told(error)
                log.warning("%s can't be read, trying again: %s", name, faults[name])
            except (UnknownRecord, msgspec.ValidationError) as error:
                faults[name] = told(error)
                log.exception("%s holds a record that this version does not know", name)
                return None
            await asyncio.sleep(RETRY_S)

    async def _journal(self) -> None:
        state = self._model.state
        await self._begin()
        async with JournalReader(self._settings, self._cursors) as reader:
            state.faults.pop(JOURNAL, None)
            async for entries in reader.entries():
                self._model.journal(entries, _now_ms())
                for entry in entries:
                    if isinstance(entry.body, Decision):
                        self._settle(entry.body)
                self._cursors = reader.cursors
                state.lag = reader.lag()
                state.caught_up = state.caught_up or await reader.caught_up()

    async def _begin(self) -> None:
        """Skip what is gone or long ago: the state there was, without the decisions that led to it."""
        partitions = range(self._settings.partitions)
        found = await snapshots_to_start_from(self._settings, self._cursors, partitions, JOURNAL_TAIL)
        for number, snapshot in found.items():
            self._model.resume(snapshot.state)
            self._cursors[number] = snapshot.cursor

    async def _metrics(self) -> None:
        await self._plain(METRICS, METRICS_TAIL, self._event)

    async def _alerts(self) -> None:
        await self._plain(ALERTS, ALERTS_TAIL, self._event)

    async def _orders(self) -> None:
        await self._plain(ORDERS, 0, lambda entry: self._model.ordered(entry.event, entry.timestamp_ms))

    def _event(self, entry: EventEntry) -> None:
        self._model.event(entry.event, entry.timestamp_ms, _now_ms())

    async def _plain(self, topic: Topic, tail: int, take: Callable[[EventEntry], None]) -> None:
        """Follow a topic; after a fault go on where the reading was."""
        if topic not in self._offsets:
            self._offsets[topic] = await tails(self._settings, topic, tail)
        async with EventReader(self._settings, topic, self._offsets[topic]) as reader:
            self._model.state.faults.pop(topic.name, None)
            while True:
                await self._events(topic, reader, take)

    async def _events(self, topic: Topic, reader: EventReader, take: Callable[[EventEntry], None]) -> None:
        """Until something on the topic is no event of it; the reader is beyond it then."""
        try:
            async for entries in reader.entries():
                for entry in entries:
                    self._offsets[topic][entry.partition] = entry.offset + 1
                    take(entry)
        except BadPayload as error:
            log.info("skipped a record of %s: %s", topic.name, error)


def _now_ms() -> int:
    return int(time.time() * 1000)
