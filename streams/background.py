"""Runs the measures of ``risk/background.py`` in one child process, so that a decision never waits for them.

At most one job is in flight. A job that raises, a process that dies and a job that takes too long are counted, alerted
and tried again later by :class:`risk.background.Schedule`; none of them ends the worker.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from importlib import import_module
from typing import Any

from risk.background import Job, Measure, Notice, Schedule, Turn
from risk.market import MarketState
from risk.scheduled import scheduled_measures
from schemas.outputs import Alert, Severity
from schemas.topics import ALERTS
from streams.publisher import Publisher
from streams.settings import Clock, StreamSettings

LOG = logging.getLogger(__name__)
POLL_S = 0.1
#: So long the first results are waited for before anything is decided. Without them all but reductions is refused, and
#: those must not wait for longer.
FIRST_TIMEOUT_S = 10.0
JOB_TIMEOUT_S = 300.0
HOUR_NS = 3_600 * 1_000_000_000
#: Alerts of the whole market carry this in the place of an account.
EVERYONE = "all"
Tell = Callable[[Notice], Awaitable[None]]


class Background:
    """The measures of one market view. ``first`` is set once all that was due in the beginning was tried."""

    def __init__(
        self,
        measures: Iterable[Measure],
        market: MarketState,
        now_ns: Callable[[], int],
        tell: Tell,
        job_timeout_s: float = JOB_TIMEOUT_S,
    ) -> None:
        self.schedule = Schedule(measures, market)
        self.first = asyncio.Event()
        self._now_ns, self._tell, self._job_timeout_s = now_ns, tell, job_timeout_s
        self._executor: ProcessPoolExecutor | None = None

    async def run(self, ready: asyncio.Event) -> None:
        """Wait for the market view to catch up, then work until cancelled."""
        try:
            await asyncio.gather(self._limit_first(ready), self._warm_up())
            while True:
                worked = [await self._turn() for _ in self.schedule.measures]
                if not all(worked):  # nothing else was due
                    self.first.set()
                await asyncio.sleep(POLL_S)
        finally:
            self._end_process()

    async def _limit_first(self, ready: asyncio.Event) -> None:
        """The first results are waited for no longer, whatever the process does."""
        await ready.wait()
        asyncio.get_running_loop().call_later(FIRST_TIMEOUT_S, self.first.set)

    async def _turn(self) -> bool:
        """One job, if one is due; whether it was."""
        now_ns = self._now_ns()
        turn, notices = self.schedule.next(now_ns, time.monotonic_ns()) if now_ns else (None, [])
        if turn is not None:
            notices += await self._work(turn)
        for notice in notices:
            LOG.warning("%s", notice.text)
            await self._tell(notice)
        return turn is not None

    async def _work(self, turn: Turn) -> list[Notice]:
        try:
            result = await self._submit(turn.job)
        except Exception as error:  # noqa: BLE001 - whatever a job raises is its own failure
            return self.schedule.failed(turn.measure, error, time.monotonic_ns())
        return self.schedule.done(turn.measure, result, self._now_ns(), time.monotonic_ns())

    async def _submit(self, job: Job) -> Any:
        if self._executor is None:
            self._executor = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _begin)
        future = asyncio.wrap_future(self._executor.submit(job.function, *job.arguments))
        try:
            return await asyncio.wait_for(future, self._job_timeout_s)
        except (BrokenProcessPool, TimeoutError):
            self._end_process()
            raise

    async def _warm_up(self) -> None:
        """Start the process while the market view catches up."""
        try:
            await self._submit(Job("warm_up", os.getpid, ()))
        except (BrokenProcessPool, TimeoutError, OSError) as error:
            LOG.warning("no process for background measures yet: %r", error)

    def _end_process(self) -> None:
        executor, self._executor = self._executor, None
        if executor is not None:
            processes = list((executor._processes or {}).values())  # noqa: SLF001 - there is no public way to end a job
            executor.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.kill()


def worker_background(settings: StreamSettings, market: MarketState, publisher: Publisher) -> Background:
    """The measures of a worker, on the clock of its settings; notices become alerts."""

    def now_ns() -> int:
        return time.time_ns() if settings.clock is Clock.WALL else market.now_ns

    async def tell(notice: Notice) -> None:
        alert = Alert(
            alert_id=notice_id(notice, now_ns()),
            account_id=EVERYONE,
            severity=Severity.WARNING,
            category="background",
            text=notice.text[:500],
            event_time_ns=now_ns(),
        )
        try:
            await publisher.events([(ALERTS, alert)])
        except Exception as error:  # noqa: BLE001 - an alert that can't be sent is in the log
            LOG.warning("an alert is lost: %r", error)

    return Background(scheduled_measures(), market, now_ns, tell)


def notice_id(notice: Notice, now_ns: int) -> str:
    """The same for all workers that notice the same within an hour: every worker watches the whole market.

    >>> notice_id(Notice("garch", "no fit"), 0) == notice_id(Notice("garch", "no fit"), 5)
    True
    >>> notice_id(Notice("garch", "no fit"), 0) == notice_id(Notice("garch", "no fit"), HOUR_NS)
    False
    """
    said = f"{notice.name}\0{notice.text}\0{now_ns // HOUR_NS}"
    return f"{notice.name[:40]}-{hashlib.sha256(said.encode()).hexdigest()[:16]}"


def _begin() -> None:
    """In the child: interrupts are the worker's business, and it ends when the worker is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    threading.Thread(target=import_module, args=("arch",), daemon=True).start()  # longer than any job, and no job waits


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
    os._exit(0)
