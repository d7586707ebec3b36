"""Metrics are made in slices, name the record that they rest on, and leave when that is effective."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pytest

from risk.state import PartitionState
from schemas.outputs import StressResult
from streams import measuring
from streams.measuring import DETAIL_EVERY, Measuring
from streams.processor import Pace, Processor
from streams.settings import StreamSettings
from tests.risk.world import World
from tests.streams.test_failures import BrokenEngine
from tests.waiting import until

ACCOUNTS = [f"a{number}" for number in range(10)]


class Engine(BrokenEngine):
    """One stress result an account and call, numbered."""

    def __init__(self) -> None:
        super().__init__()
        self.state: Any = PartitionState()
        self.state.accounts = dict.fromkeys(ACCOUNTS)
        self.calls: Counter[str] = Counter()

    def metrics(self, now_ns: int, accounts: Iterable[str] | None = None) -> Any:
        (account_id,) = accounts or ()
        self.calls[account_id] += 1
        common: dict[str, Any] = {"account_id": account_id, "event_time_ns": now_ns}
        return [StressResult(scenario="s", pnl=float(self.calls[account_id]), **common)]


class Bench:
    """A measuring between an engine and a log that says when what was submitted is effective."""

    def __init__(self) -> None:
        self.engine, self.effective = Engine(), list[Callable[[], None]]()
        self.sent: list[Any] = []
        processor = Processor(self.engine, 3, Pace(4), lambda event_ns: event_ns, lambda: 0)
        processor.seq = 7
        world: Any = self
        self.measuring = Measuring(StreamSettings(metrics_ms=1), processor, world, world, Counter())

    async def submit(self, pending: Any, confirmed: Callable[[], None]) -> None:
        assert pending == []
        self.effective.append(confirmed)

    async def metrics(self, events: Iterable[Any]) -> None:
        self.sent += events

    async def has_sent(self, count: int) -> bool:
        return len(self.sent) == count

    async def round(self) -> int:
        """One round; gives the number of its slices."""
        await self.measuring.step()
        slices = 1
        while self.measuring.due_s == 0.0:
            await self.measuring.step()
            slices += 1
        return slices


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A millisecond passes at each look at it."""
    ticks = itertools.count(1)
    monkeypatch.setattr(measuring, "_now_s", lambda: next(ticks) / 1000)


async def test_a_round_is_sliced_and_waits_until_it_is_effective(clock: None) -> None:
    """No slice takes longer than it may; each account's metrics leave once, naming the newest record they rest on; the
    details of each account leave in one round of five."""
    bench = Bench()
    sending = asyncio.create_task(bench.measuring.publish_forever())
    for number in range(DETAIL_EVERY):
        assert await bench.round() > len(ACCOUNTS) / 4
        assert len(bench.sent) == number * len(ACCOUNTS) / DETAIL_EVERY
        for confirmed in bench.effective:
            confirmed()
        bench.effective.clear()
        await until(partial(bench.has_sent, (number + 1) * len(ACCOUNTS) // DETAIL_EVERY), 5, "details")
    sending.cancel()
    assert {each.account_id for each in bench.sent} == set(ACCOUNTS)
    assert {(each.partition, each.seq) for each in bench.sent} == {(3, 7)}
    assert set(bench.engine.calls.values()) == {DETAIL_EVERY}


async def test_what_is_not_sent_yet_is_replaced(clock: None) -> None:
    """A broker that takes metrics slowly gets the newest, and memory holds one set an account."""
    bench = Bench()
    for _ in range(2 * DETAIL_EVERY):
        await bench.round()
    for confirmed in bench.effective:
        confirmed()
    sending = asyncio.create_task(bench.measuring.publish_forever())
    await asyncio.wait([sending], timeout=0.05)
    sending.cancel()
    assert [(each.account_id, each.pnl) for each in bench.sent] == [("a0", 10.0), ("a5", 10.0)]


def test_an_account_can_be_measured_alone() -> None:
    """The engine gives the same for one account as among all."""
    world = World()
    (account_id,) = world.engine.state.accounts
    assert world.engine.metrics(world.now_ns, (account_id,)) == world.engine.metrics(world.now_ns)
    assert world.engine.metrics(world.now_ns, ()) == []
