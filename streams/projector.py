"""Breaker events and alerts: projections of effective journal records, with ids (partition, seq) and a cursor of
their own. Repeating one after a crash is harmless, for its id is the same; none is lost and none is void."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from risk.breaker import SEVERITY
from schemas.base import Event
from schemas.commands import BreakerLevel, Kill
from schemas.outputs import Alert, BreakerEvent, Severity
from schemas.records import BreakerMoved, Facts
from schemas.topics import ALERTS, BREAKERS, STATE, Topic
from streams.journal import Cursor
from streams.publisher import Publisher
from streams.reader import IDLE_MS, Entry, JournalReader
from streams.settings import StreamSettings

CURSOR_KEY = b"projector"
_ALERT_LEVELS = {
    BreakerLevel.WARNING: Severity.INFO, BreakerLevel.RESTRICTED: Severity.WARNING,
    BreakerLevel.REDUCE_ONLY: Severity.CRITICAL, BreakerLevel.HALTED: Severity.CRITICAL,
}


def project(entry: Entry) -> Iterator[tuple[Topic, Event]]:
    """What follows from one effective record."""
    body, number = entry.body, f"{entry.partition}-{entry.seq}"
    if isinstance(body, BreakerMoved):
        fields = {name: getattr(body, name) for name in BreakerEvent.__struct_fields__ if name != "event_id"}
        yield BREAKERS, BreakerEvent(event_id=number, **fields)
        if SEVERITY[body.level_to] > SEVERITY[body.level_from]:
            yield ALERTS, _breaker_alert(number, body)
    elif isinstance(body, Facts):
        for fact in body.facts:
            if isinstance(fact, Kill):
                yield ALERTS, _kill_alert(number, fact)


def _breaker_alert(number: str, moved: BreakerMoved) -> Alert:
    text = (f"{moved.breaker} of {moved.account_id} went from {moved.level_from} to {moved.level_to}: "
            f"{moved.measure:.4f} against {moved.limit:.4f} ({moved.trigger})")
    return Alert(alert_id=number, account_id=moved.account_id, severity=_ALERT_LEVELS[moved.level_to],
                 category="circuit_breaker", text=text, event_time_ns=moved.event_time_ns)


def _kill_alert(number: str, kill: Kill) -> Alert:
    return Alert(alert_id=number, account_id=kill.scope_id, severity=Severity.CRITICAL, category="kill_switch",
                 text=f"{kill.author} stopped {kill.scope} {kill.scope_id}: {kill.reason or 'no reason given'}",
                 event_time_ns=kill.event_time_ns)


class Projector:
    """Follows the journal of some partitions; its cursors are records of the compacted state topic."""

    def __init__(self, settings: StreamSettings, partitions: Sequence[int], publisher: Publisher) -> None:
        self._settings, self._partitions, self._publisher = settings, partitions, publisher

    async def run(self) -> None:
        """Project until cancelled."""
        cursors = await self._stored()
        async with JournalReader(self._settings, cursors, self._partitions) as reader:
            async for entries in reader.entries():
                if entries:
                    await self._publish(entries)
                    await self._store(reader.cursors)

    async def _publish(self, entries: Sequence[Entry]) -> None:
        """The events first, durable; the cursor after them."""
        futures = [await self._publisher.send(topic, event) for entry in entries for topic, event in project(entry)]
        await asyncio.gather(*futures)

    async def _store(self, cursors: dict[int, Cursor]) -> None:
        topic = self._settings.topic(STATE)
        for partition, cursor in cursors.items():
            await self._publisher.producer.send(topic, msgspec.json.encode(cursor), key=CURSOR_KEY, partition=partition)

    async def _stored(self) -> dict[int, Cursor]:
        places = [TopicPartition(self._settings.topic(STATE), number) for number in self._partitions]
        consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=self._settings.bootstrap_servers, group_id=None, enable_auto_commit=False,
            auto_offset_reset="earliest", fetch_max_wait_ms=self._settings.fetch_wait_ms,
        )
        await consumer.start()
        try:
            consumer.assign(places)
            await consumer.seek_to_beginning()
            return await _last_cursors(consumer, places)
        finally:
            await consumer.stop()


async def _last_cursors(consumer: Any, places: Sequence[TopicPartition]) -> dict[int, Cursor]:
    cursors: dict[int, Cursor] = {}
    ends = await consumer.end_offsets(places)
    while [place for place, end in ends.items() if await consumer.position(place) < end]:
        for place, records in (await consumer.getmany(timeout_ms=IDLE_MS)).items():
            for record in records:
                if record.key == CURSOR_KEY and record.value is not None:
                    cursors[place.partition] = msgspec.json.decode(record.value, type=Cursor)
    return cursors
