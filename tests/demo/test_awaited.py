"""Event time does not run ahead of the worker: what the replayer waits for, and where it learns it from."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import NamedTuple

from riskstream.demo.awaited import Awaited
from riskstream.demo.market import Step
from riskstream.demo.meter import Meter
from riskstream.demo.net import free_port
from riskstream.demo.sight import Sight
from riskstream.demo.worker_view import Reading, WorkerView, reading
from schemas.market import Trade
from streams.health import Health
from streams.settings import StreamSettings
from streams.worker import Worker
from tests.risk.world import NOW_NS, SYMBOLS, calm_market
from tests.waiting import until

STEP = Step(
    NOW_NS,
    (Trade(symbol="AAA", price=Decimal(1), quantity=Decimal(1), event_time_ns=NOW_NS + 1_000_000),),
    {"AAA": Decimal(1)},
)


class Scene(NamedTuple):
    """A worker that answers on its port, and what waits for it."""

    worker: Worker
    view: WorkerView
    sight: Sight
    awaited: Awaited


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    settings = StreamSettings(web_port=free_port(0))
    worker, view, sight, meter = Worker(settings), WorkerView(settings), Sight(), Meter()
    serving = asyncio.create_task(Health(worker).run(settings.web_host, settings.web_port))
    watching = asyncio.create_task(view.watch())
    try:
        yield Scene(worker, view, sight, Awaited(sight, view, meter))
    finally:
        serving.cancel()
        watching.cancel()


def test_a_reading_is_what_the_worker_says() -> None:
    """Inputs that wait, the time of the feed, measured symbols, and the older of the times of two measures."""
    worker = Worker(StreamSettings())
    assert read(worker) == Reading()
    worker.market = calm_market()
    worker.lags = lambda: {("risk.orders.v1", 3): 12, ("risk.ticks.v1", 0): 5}
    worker.background.schedule.times_ns |= {"market_analysis": 7_000_000_000, "garch_refit": 2_000_000_000}
    assert read(worker) == Reading(17, NOW_NS / 1e9, len(SYMBOLS), 0.0)
    worker.background.schedule.times_ns["monte_carlo_stress"] = 9_000_000_000
    assert read(worker).measures_s == 7.0


def says(awaited: Awaited, text: str) -> Callable[[], Awaitable[bool]]:
    async def said() -> bool:
        return awaited.now == text

    return said


def read(worker: Worker) -> Reading:
    return reading(Health(worker).answer("/metrics")[2].decode())


async def test_marks_that_are_out_are_not_yet_seen() -> None:
    """Orders wait for both: the marks on their topic, and the same in the view of those who decide."""
    async with scene() as (worker, view, sight, awaited):
        waiting = asyncio.create_task(awaited.marks(STEP))
        await until(says(awaited, "warming up: marks of the latest prices"))
        sight.mark_ns["AAA"] = NOW_NS + 1_000_000
        worker.market.feed_time_ns = NOW_NS
        for _ in range(3):
            assert (await view.look()).feed_s == NOW_NS / 1e9
        assert not waiting.done()
        worker.market.feed_time_ns = NOW_NS + 1_000_000
        await asyncio.wait_for(waiting, 30)


async def test_no_order_before_all_symbols_are_measured() -> None:
    """Of enough symbols, and not long ago."""
    async with scene() as (worker, view, _, awaited):
        waiting = asyncio.create_task(awaited.measures(len(SYMBOLS), NOW_NS))
        await until(says(awaited, "warming up: models, 0 of 4 symbols"))
        worker.market = calm_market()
        await until(says(awaited, "warming up: models, 4 of 4 symbols"))
        assert not waiting.done()
        worker.background.schedule.times_ns |= {"market_analysis": NOW_NS, "monte_carlo_stress": NOW_NS}
        await asyncio.wait_for(waiting, 30)
        assert view.reading.measured == len(SYMBOLS)
