"""The demo's order gateway: publishes orders as any gateway would, and reads the decisions from the journal."""

from __future__ import annotations

import time
from collections.abc import Iterable

from riskstream.demo.flow import Order
from riskstream.demo.meter import Meter
from riskstream.demo.verdict import Decided, Ledger
from schemas.decisions import Decision
from schemas.records import Body, BreakerMoved
from streams.producer import EventProducer
from streams.reader import Entry, JournalReader
from streams.settings import StreamSettings


class Gateway:
    """Sends orders and learns what becomes of them.

    ``ledger``, if given, gets every effective decision of the run; without one nothing is kept.
    """

    def __init__(self, settings: StreamSettings, producer: EventProducer, meter: Meter, ledger: Ledger | None) -> None:
        self.meter, self.ledger = meter, ledger
        self._settings, self._producer = settings, producer
        self._bodies: list[Body] = []

    async def read(self) -> None:
        """Read the journal until cancelled."""
        async with JournalReader(self._settings) as reader:
            async for entries in reader.entries():
                now_s = time.perf_counter()
                for entry in entries:
                    self._take(entry, now_s)

    async def send(self, orders: Iterable[Order]) -> None:
        """Publish orders; each one's latency counts from here."""
        for order in orders:
            self.meter.sent(order.account_id, order.order_id, time.perf_counter())
            await self._producer.send(order)
        await self._producer.flush()

    def news(self) -> list[Body]:
        """All journal records since the last call."""
        bodies, self._bodies = self._bodies, []
        return bodies

    def _take(self, entry: Entry, now_s: float) -> None:
        body = entry.body
        self._bodies.append(body)
        if isinstance(body, BreakerMoved):
            self.meter.moved(body)
        elif isinstance(body, Decision):
            self.meter.decided(body, now_s)
            if self.ledger is not None:
                decided = Decided(body.order_id, body.status.value, body.reason.value)
                self.ledger[entry.partition, entry.seq] = decided
