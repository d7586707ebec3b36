"""Orders through one worker process and the embedded broker: latency at a steady pace, throughput of a burst.

    python -m tests.bench.bench_stream

Prints JSON. Latency is from the order's ``send`` to its effective decision in a reader of the journal; generator,
broker and reader are in this process, the worker in another, all on the same cores. Every order is decided by ten
layers against 260 days of history. Bounded in count and time.

The embedded broker hands out one RecordBatch of a partition a fetch, however many wait. So orders that are sent one by
one cost a fetch each here, and a burst, whose orders share batches, goes faster than a fast pace; a real broker hands
out all that there is.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from decimal import Decimal
from typing import Any

from schemas.base import Side
from schemas.decisions import Decision
from schemas.market import Quote, Trade
from schemas.orders import CloseReason, OrderClosed, OrderRequest
from streams.partitioning import partition_of
from streams.producer import EventProducer
from streams.reader import JournalReader
from streams.settings import StreamSettings
from tests.risk.world import NOW_NS, SYMBOLS
from tests.streams.stage import Journal, Stage
from tests.waiting import until

#: One account in each of the four partitions, of which the embedded broker keeps 5 MiB each.
ACCOUNTS = [
    next(name for name in (f"acc{index}" for index in range(1000)) if partition_of(name, 4) == partition)
    for partition in range(4)
]
BURST, PACES, PACED_S, DEADLINE_S = 3000, (50, 200, 500), 3.0, 60.0


class Meter:
    """Times of orders on their way out and of decisions on their way back."""

    def __init__(self) -> None:
        self.sent: dict[str, float] = {}
        self.latencies: dict[str, float] = {}
        self.approved = 0
        self._start = time.perf_counter()

    async def read(self, settings: StreamSettings, ready: asyncio.Event) -> None:
        """Note when each decision is read, for ever."""
        async with JournalReader(settings) as reader:
            async for entries in reader.entries():
                now = time.perf_counter()
                for entry in entries:
                    if isinstance(entry.body, Decision) and entry.body.order_id in self.sent:
                        self.latencies[entry.body.order_id] = now - self.sent[entry.body.order_id]
                        self.approved += entry.body.status == "approved"
                ready.set()

    async def send(self, producer: EventProducer, name: str, count: int, pace: float | None) -> dict[str, Any]:
        """Send orders, each with the venue's close, at a pace or as fast as it goes, and wait for all decisions."""
        await self._refresh(producer)
        ids = [f"{name}-{number}" for number in range(count)]
        before, start = self.approved, time.perf_counter()
        for number, order_id in enumerate(ids):
            if pace is not None:
                await asyncio.sleep(max(0.0, start + number / pace - time.perf_counter()))
            now_ns = self._now_ns()
            order = self._order(order_id, number, now_ns)
            self.sent[order_id] = time.perf_counter()
            await producer.send(order)
            await producer.send(
                OrderClosed(
                    order_id=order_id, account_id=order.account_id, event_time_ns=now_ns, reason=CloseReason.CANCELLED
                )
            )
        await until(lambda: self._has(ids), DEADLINE_S, "all decisions")
        taken = sorted(self.latencies[order_id] for order_id in ids)
        return {
            "orders": count,
            "approved": self.approved - before,
            "p50_ms": round(taken[count // 2] * 1e3, 2),
            "p99_ms": round(taken[int(count * 0.99)] * 1e3, 2),
            "orders_per_s": round(count / (time.perf_counter() - start)),
        }

    async def _has(self, order_ids: list[str]) -> bool:
        return all(order_id in self.latencies for order_id in order_ids)

    async def _refresh(self, producer: EventProducer) -> None:
        """Prices of now, in event time, and a moment for them to get around."""
        now_ns, price = self._now_ns(), Decimal(100)
        for symbol in SYMBOLS:
            await producer.send(Quote(symbol=symbol, bid=price, ask=price, event_time_ns=now_ns))
            await producer.send(Trade(symbol=symbol, price=price, quantity=Decimal(1), event_time_ns=now_ns))
        await asyncio.sleep(0.3)

    def _now_ns(self) -> int:
        return NOW_NS + int((time.perf_counter() - self._start) * 1e9)

    def _order(self, order_id: str, number: int, now_ns: int) -> OrderRequest:
        side = Side.BUY if number // 16 % 2 else Side.SELL
        return OrderRequest(
            order_id=order_id,
            account_id=ACCOUNTS[number % 4],
            symbol=list(SYMBOLS)[number // 4 % 4],
            side=side,
            quantity=Decimal(1),
            event_time_ns=now_ns,
        )


async def measure() -> dict[str, Any]:
    """All figures."""
    async with (
        Stage(accounts=ACCOUNTS) as stage,
        Journal(stage.settings) as journal,
        EventProducer(stage.settings) as producer,
    ):
        start = time.perf_counter()
        stage.start_worker()
        await stage.publish_market()
        await stage.market_is_known()
        await journal.knows_the_account(len(ACCOUNTS))
        result: dict[str, Any] = {
            "cores": os.cpu_count(),
            "fetch_wait_ms": stage.settings.fetch_wait_ms,
            "start_s": round(time.perf_counter() - start, 2),
        }
        meter, reading = Meter(), asyncio.Event()
        reader = asyncio.create_task(meter.read(stage.settings, reading))
        await reading.wait()
        await meter.send(producer, "warm", 100, 100.0)
        for pace in PACES:
            result[f"paced_{pace}_per_s"] = await meter.send(producer, f"p{pace}", int(pace * PACED_S), pace)
        result["burst"] = await meter.send(producer, "burst", BURST, None)
        reader.cancel()
        return result


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(measure()), indent=2) + "\n")
