"""More than a worker can do: it stays in its group, within its memory, and refuses what is late."""

from __future__ import annotations

import asyncio
import itertools
import resource
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
from confluent_kafka import Producer

from schemas.base import Side
from schemas.codec import encode
from schemas.orders import OrderRequest
from tests.kafka.checker import Checker
from tests.kafka.stage import QUICK, KafkaStage
from tests.kafka.test_delivery import ACCOUNTS, checked
from tests.risk.world import NOW_NS
from tests.waiting import until

BACKLOG = 4000
BURST_S = 30.0
#: What a worker can do is five times the usual, so ten times the usual is twice what it can do.
OVERLOAD = 2.0
#: Chunks that wait, fetches and appends on their way: bounded each, whatever the length of the burst.
GROWTH_MAX_BYTES = 200_000_000
STEP_S = 0.05
SETTINGS = msgspec.structs.replace(QUICK, latency_budget_ms=2000)


class Burst:
    """Orders out of librdkafka's own thread, so that sending costs little of what the worker needs."""

    def __init__(self, stage: KafkaStage) -> None:
        self._topic = f"{stage.settings.prefix}.orders.v1"
        self._producer = Producer(
            {
                "bootstrap.servers": stage.settings.bootstrap_servers,
                "linger.ms": 5,
                "enable.idempotence": True,
                "queue.buffering.max.messages": 1_000_000,
            }
        )
        self._orders = _orders()
        self.sent = 0

    def send(self, count: int) -> None:
        """So many orders, spread over the partitions."""
        for partition, payload in itertools.islice(self._orders, count):
            self._producer.produce(self._topic, payload, key=ACCOUNTS[partition].encode(), partition=partition)
        self._producer.poll(0)
        self.sent += count

    async def last(self, per_second: float, seconds: float) -> None:
        """At a rate, for a while."""
        began, before = time.monotonic(), self.sent
        while (elapsed := time.monotonic() - began) < seconds:
            self.send(int(elapsed * per_second) - (self.sent - before))
            await asyncio.sleep(STEP_S)

    async def flush(self) -> None:
        """Until all of it is with the broker."""
        await asyncio.to_thread(self._producer.flush)


def _orders() -> Iterator[tuple[int, bytes]]:
    for number in itertools.count():
        yield (
            number % 4,
            encode(
                OrderRequest(
                    order_id=f"o{number}",
                    account_id=ACCOUNTS[number % 4],
                    symbol="AAA",
                    side=Side.BUY,
                    quantity=Decimal(1),
                    event_time_ns=NOW_NS + number,
                )
            ),
        )


async def has_decided(checker: Checker, count: int, timeout_s: float = 120.0) -> None:
    """Until so many orders are decided."""

    async def enough() -> bool:
        await checker.poll()
        return checker.decided >= count

    await until(enough, timeout_s, f"{count} decisions")


async def test_a_burst_costs_no_heartbeat_and_no_memory(kafka: str, prefix: str) -> None:
    """Twice of what the worker was measured to do, for half a minute: nobody leaves the group, memory stays bounded,
    late orders are refused by their budget, and afterwards orders are approved as before."""
    async with KafkaStage(kafka, prefix, accounts=ACCOUNTS, settings=SETTINGS) as stage, checked(stage) as checker:
        await stage.publish_market()
        burst = Burst(stage)
        worker = stage.start_worker()
        burst.send(100)
        await has_decided(checker, 100)
        began = time.monotonic()
        burst.send(BACKLOG)
        await has_decided(checker, burst.sent)
        rate = BACKLOG / (time.monotonic() - began)
        takeovers, before, memory = checker.takeovers, resident_bytes(worker.pid), list[int]()
        sampling = asyncio.create_task(sample(worker.pid, memory))
        await burst.last(OVERLOAD * rate, BURST_S)
        await burst.flush()
        await has_decided(checker, burst.sent, 300)
        sampling.cancel()
        late = checker.counts()["late"]
        burst.send(40)
        await burst.flush()
        await has_decided(checker, burst.sent)
        print(
            f"{rate:.0f} orders/s alone, {burst.sent} sent, {late} late, {before / 1e6:.0f} MB before, "
            f"{max(memory) / 1e6:.0f} MB at most"
        )
        assert worker.poll() is None
        assert checker.takeovers == takeovers
        assert max(memory) - before < GROWTH_MAX_BYTES
        assert late > 0
        assert checker.counts()["late"] == late


async def sample(process_id: int, memory: list[int]) -> None:
    """Until cancelled."""
    while True:
        memory.append(resident_bytes(process_id))
        await asyncio.sleep(STEP_S)


def resident_bytes(process_id: int) -> int:
    """Resident memory of a process."""
    pages = int(Path(f"/proc/{process_id}/statm").read_text().split()[1])
    return pages * resource.getpagesize()
