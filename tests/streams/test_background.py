"""Measures in a process of their own: results come back, and no failure ends the worker or goes unsaid."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from risk.background import Job, Measure, Notice
from risk.market import MarketState
from risk.stress.simulation import StressSimulation
from schemas.outputs import Alert
from streams.background import Background, worker_background
from streams.publisher import Publisher
from streams.settings import Clock, StreamSettings
from tests.risk.world import NOW_NS, calm_market
from tests.waiting import until, wait_until


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slowly a process starts on a busy machine, ``first`` comes by what was tried."""
    monkeypatch.setattr("streams.background.FIRST_TIMEOUT_S", 600.0)


class Asked:
    """A measure that has what it is told to have done, once."""

    def __init__(self, name: str, function: Callable[..., Any], *arguments: Any) -> None:
        self.name = name
        self.results: list[Any] = []
        self._job: Job | None = Job(name, function, arguments)

    def due(self, market: MarketState, now_ns: int) -> Job | None:
        """Until there is a result."""
        return self._job

    def accept(self, market: MarketState, result: Any, now_ns: int) -> list[Notice]:
        """Keep it and be content."""
        self.results.append(result)
        self._job = None
        return [Notice(self.name, "done")]


@asynccontextmanager
async def running(
    *measures: Measure, market: MarketState | None = None, timeout_s: float = 60.0
) -> AsyncIterator[tuple[Background, list[Notice]]]:
    notices: list[Notice] = []

    async def tell(notice: Notice) -> None:
        notices.append(notice)

    background, ready = Background(measures, market or MarketState(), lambda: NOW_NS, tell, timeout_s), asyncio.Event()
    ready.set()
    task = asyncio.create_task(background.run(ready))
    try:
        yield background, notices
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def answered(measure: Asked) -> None:
    """Wait for a result, which a measure that failed at first comes to later."""

    async def has_result() -> bool:
        return bool(measure.results)

    await until(has_result, 60.0, f"a result of {measure.name}")


async def test_a_job_runs_in_another_process_and_its_result_comes_back() -> None:
    """``first`` says that it was tried; its notice is told, and it is counted."""
    measure = Asked("pid", os.getpid)
    async with running(measure) as (background, notices):
        await asyncio.wait_for(background.first.wait(), 90)
        assert measure.results
        assert measure.results[0] != os.getpid()
        assert notices == [Notice("pid", "done")]
        assert background.schedule.counts == {"pid": 1}


class Often(Asked):
    """A measure of several jobs."""

    def __init__(self, times: int) -> None:
        super().__init__("often", os.getpid)
        self._times = times

    def due(self, market: MarketState, now_ns: int) -> Job | None:
        """So many times."""
        return Job(self.name, os.getpid, ()) if len(self.results) < self._times else None


async def test_all_that_is_due_in_the_beginning_is_tried_first() -> None:
    """Also what takes more jobs than there are measures, as the fits of many symbols do."""
    measure = Often(7)
    async with running(measure) as (background, _):
        await asyncio.wait_for(background.first.wait(), 90)
        assert len(measure.results) == 7


async def test_the_market_gets_simulated_returns_that_are_those_of_the_inline_driver() -> None:
    """Another process, the same numbers."""
    market, expected = calm_market(), calm_market().simulated
    market.take_simulated(expected._replace(time_ns=1))
    async with running(StressSimulation(), market=market) as (background, _):
        await asyncio.wait_for(background.first.wait(), 90)
    assert market.simulated.time_ns == NOW_NS
    assert (market.simulated.returns == expected.returns).all()


async def test_a_process_that_dies_is_told_of_and_replaced() -> None:
    """The next measure gets a new process; the one that died waits for its turn."""
    dies, works = Asked("dies", os._exit, 3), Asked("works", os.getpid)
    async with running(dies, works) as (background, notices):
        await answered(works)
        assert "dies failed, next try in 1 s: BrokenProcessPool" in notices[0].text
        assert background.schedule.counts["works"] == 1


async def test_a_job_without_end_is_ended() -> None:
    """Its process is killed, and the others go on."""
    sleeps, works = Asked("sleeps", time.sleep, 600), Asked("works", os.getpid)
    async with running(sleeps, works, timeout_s=3.0) as (_, notices):
        await answered(works)
        assert "sleeps failed, next try in 1 s: TimeoutError" in notices[0].text


async def test_a_process_that_never_begins_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reductions must pass, and without ``first`` nothing is decided at all."""
    monkeypatch.setattr("streams.background._begin", partial(time.sleep, 600))
    monkeypatch.setattr("streams.background.FIRST_TIMEOUT_S", 0.2)
    async with running(Asked("pid", os.getpid)) as (background, _):
        await asyncio.wait_for(background.first.wait(), 20)


async def test_nothing_is_asked_before_there_is_a_time() -> None:
    """On event time and without market data, nothing is due; ``first`` does not keep anyone waiting."""
    measure, publisher = Asked("pid", os.getpid), Publisher(StreamSettings())
    background = worker_background(StreamSettings(clock=Clock.EVENT), MarketState(), publisher)
    background.schedule.measures[:] = [measure]
    ready = asyncio.Event()
    ready.set()
    task = asyncio.create_task(background.run(ready))
    await asyncio.wait_for(background.first.wait(), 90)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (measure.results, dict(background.schedule.counts)) == ([], {})


async def test_a_workers_notice_becomes_an_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the market's name in the place of an account; one that can't be sent ends nothing."""
    sent: list[Any] = []

    class Sends(Publisher):
        async def events(self, messages: Any) -> None:
            sent.extend((topic.name, event) for topic, event in messages)
            raise OSError("no broker")

    monkeypatch.setattr("streams.background.scheduled_measures", lambda: [Asked("bad", int, "x")])
    background = worker_background(StreamSettings(), MarketState(), Sends(StreamSettings()))
    ready = asyncio.Event()
    ready.set()
    task = asyncio.create_task(background.run(ready))
    await asyncio.wait_for(background.first.wait(), 90)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    ((name, alert),) = sent
    assert isinstance(alert, Alert)
    assert (name, alert.account_id, alert.category) == ("alerts", "all", "background")
    assert "bad failed, next try in 1 s: ValueError: invalid literal" in alert.text


def test_the_child_ends_with_a_worker_that_is_killed() -> None:
    """No process is left behind."""
    code = (
        "import asyncio, os, sys, time\n"
        "from tests.streams.test_background import Asked, running\n"
        "async def main():\n"
        "    measure = Asked('pid', os.getpid)\n"
        "    async with running(measure) as (background, _):\n"
        "        await background.first.wait()\n"
        "        print(measure.results[0], flush=True)\n"
        "        await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    worker = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    child = int(worker.stdout.readline())
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    wait_until(lambda: not _alive(child), 20)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
