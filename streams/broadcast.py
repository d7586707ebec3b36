"""What every worker reads whole: marks, bars, instruments, accounts. Group-less, from the beginning of the topics."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from risk.market import TIME_JUMP, MarketState
from schemas import topics
from schemas.codec import BadPayload, decode
from schemas.market import Bar, Mark
from schemas.reference import Account, Instrument
from streams.connections import started, stopped
from streams.patience import patiently
from streams.settings import Clock, StreamSettings
from streams.tick_check import FUTURE

LOG = logging.getLogger(__name__)
TOPICS = (topics.INSTRUMENTS, topics.ACCOUNTS, topics.BARS, topics.MARKS)
POLL_MS = 250
#: Records a poll takes at most, so that reading a long history leaves the loop its heartbeats.
POLL_RECORDS = 500


class References:
    """The newest version of each instrument and account. ``version`` grows with each change."""

    def __init__(self) -> None:
        self.version = 0
        self._instruments: dict[str, Instrument] = {}
        self._accounts: dict[str, Account] = {}

    def add(self, reference: Account | Instrument) -> None:
        """Keep it unless a newer version is known."""
        if isinstance(reference, Instrument):
            known_instrument = self._instruments.get(reference.symbol)
            if known_instrument is None or reference.version > known_instrument.version:
                self._instruments[reference.symbol] = reference
                self.version += 1
            return
        known_account = self._accounts.get(reference.account_id)
        if known_account is None or reference.version > known_account.version:
            self._accounts[reference.account_id] = reference
            self.version += 1

    def all(self) -> list[Account | Instrument]:
        """Instruments first: accounts may hold positions in them."""
        return [*self._instruments.values(), *self._accounts.values()]


class Broadcast:
    """Feeds the market view and the reference data; ``ready`` is set once it has caught up with the topics' ends."""

    def __init__(self, settings: StreamSettings, market: MarketState, references: References) -> None:
        self._settings = settings
        self._market, self._references = market, references
        self._topics = {TopicPartition(settings.topic(topic), 0): topic for topic in TOPICS}
        #: The newest mark of each symbol: where a market agent that takes a symbol over goes on.
        self.marks: dict[str, Mark] = {}
        self.ready = asyncio.Event()
        self.refused: Counter[str] = Counter()

    async def run(self) -> None:
        """Read until cancelled, however long the broker is away before that can begin."""
        consumer = await patiently(self._connected, "the market view")
        try:
            consumer.assign(list(self._topics))
            await consumer.seek_to_beginning()
            await self._catch_up(consumer)
            while True:
                await self._poll(consumer)
        finally:
            await stopped(consumer)

    async def _connected(self) -> Any:
        return await started(
            AIOKafkaConsumer(
                bootstrap_servers=self._settings.bootstrap_servers,
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                fetch_max_wait_ms=self._settings.fetch_wait_ms,
                max_partition_fetch_bytes=4 * 1024 * 1024,
            )
        )

    def may_be_negative(self, symbol: str) -> bool:
        """Whether prices of a symbol may be zero or below."""
        return self._market.may_be_negative(symbol)

    async def _catch_up(self, consumer: Any) -> None:
        """Reference data first: it says what prices may be."""
        data = [place for place, topic in self._topics.items() if topic in {topics.BARS, topics.MARKS}]
        ends = await patiently(lambda: consumer.end_offsets(list(self._topics)), "the market view")
        consumer.pause(*data)
        await self._reach(consumer, {place: end for place, end in ends.items() if place not in data})
        consumer.resume(*data)
        await self._reach(consumer, ends)
        LOG.info("market view: %s symbols, %s bars seen", len(self._market.symbols), self._market.bars_version)
        self.ready.set()

    async def _reach(self, consumer: Any, ends: dict[TopicPartition, int]) -> None:
        while [place for place, end in ends.items() if await consumer.position(place) < end]:
            await self._poll(consumer)

    async def _poll(self, consumer: Any) -> None:
        polled = await consumer.getmany(timeout_ms=POLL_MS, max_records=POLL_RECORDS)
        for place in self._topics:
            for record in polled.get(place, ()):
                self._take(self._topics[place], record.value)

    def _take(self, topic: topics.Topic, payload: bytes | None) -> None:
        if payload is None:  # the tombstone of a compacted key: what was journaled stays
            return
        try:
            event = decode(topic, payload)
        except BadPayload as error:
            self.refused[topic.name] += 1
            LOG.warning("%s: %s", topic.name, error)
            return
        if isinstance(event, Bar | Mark):
            self._see(event)
            return
        if isinstance(event, Instrument):
            self._market.define(event)
        self._references.add(event)

    def _see(self, event: Bar | Mark) -> None:
        """Let it into the market view. What is ahead of the clock is nowhere to be seen, however it got here: no symbol
        goes on from there."""
        latest_ns = max(event.event_time_ns, (event.quote_time_ns or 0) if isinstance(event, Mark) else 0)
        if self._settings.clock is Clock.WALL and latest_ns - time.time_ns() > self._settings.market.future_max_ns:
            self.refused[FUTURE] += 1
        elif isinstance(event, Bar):
            self._market.apply_bar(event)
        elif self._market.apply_mark(event) != TIME_JUMP:
            self.marks[event.symbol] = event
