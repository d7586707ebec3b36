"""A worker's hold on one partition: take over, then decide chunk by chunk, journal, and only then acknowledge."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from risk.engine import RiskEngine
from risk.market import MarketState
from risk.state import PartitionState
from schemas.outputs import RiskMetrics
from streams.appender import Appender, LostOwnership
from streams.broadcast import References
from streams.dead_letters import bury
from streams.journal import Input
from streams.processor import Processor
from streams.publisher import Publisher
from streams.settings import Clock, StreamSettings

LOG = logging.getLogger(__name__)
BACK_OFF_S = 0.5
#: VaR by method and P&L by scenario go out every so many rounds of metrics.
DETAIL_EVERY = 5
#: Chunks that wait for a partition; beyond that the stream waits.
QUEUE_CHUNKS = 8


class Chunk(NamedTuple):
    """Consecutive raw records of one input; ``done`` acknowledges them."""

    input: Input
    records: list[Any]
    done: Callable[[], None]


class Owner:
    """One partition of the accounts, worked by one task, one chunk at a time."""

    def __init__(
        self, settings: StreamSettings, partition: int, market: MarketState, references: References,
        publisher: Publisher,
    ) -> None:
        self._settings, self._partition = settings, partition
        self._market, self._references, self._publisher = market, references, publisher
        self._queue: asyncio.Queue[Chunk] = asyncio.Queue(QUEUE_CHUNKS)
        self._unfinished: deque[Chunk] = deque()
        self._processor = self._genesis()
        self._references_seen = -1
        self._sweep_at = self._metrics_at = 0.0
        self._rounds = 0

    async def put(self, chunk: Chunk) -> None:
        """Hand over a chunk; waits while the partition is behind."""
        await self._queue.put(chunk)

    async def run(self) -> None:
        """Own the partition until cancelled, taking over again whenever ownership is lost.

        :raises InputHole: fatal. :raises JournalStartsLate: fatal. :raises UnknownRecord: fatal.
        """
        while True:
            appender = Appender(self._settings, self._partition)
            self._processor = self._genesis()
            try:
                await appender.take_over(self._processor.fold)
                LOG.info("partition %s: owned at %s", self._partition, appender.cursor[:2])
                await self._work(appender)
            except LostOwnership as error:
                LOG.warning("partition %s: %s", self._partition, error)
            finally:
                await appender.stop()
            await asyncio.sleep(BACK_OFF_S * (0.5 + random.random()))  # noqa: S311 - two that race must not stay in step

    def _genesis(self) -> Processor:
        engine = RiskEngine(PartitionState(), self._market)
        return Processor(engine, self._partition, self._settings.partitions, self._now_ns)

    def _now_ns(self, event_time_ns: int) -> int:
        if self._settings.clock is Clock.WALL:
            return time.time_ns()
        return max(self._market.now_ns, event_time_ns)

    async def _work(self, appender: Appender) -> None:
        self._references_seen = -1
        while True:
            while self._unfinished:  # what was taken but not finished under an earlier hold comes first
                await self._finish(appender, self._unfinished[0])
                self._unfinished.popleft()
            await self._housekeeping(appender)
            chunk = await self._next()
            if chunk is not None:
                self._unfinished.append(chunk)

    async def _next(self) -> Chunk | None:
        """The next chunk, or nothing when it is time to look after the accounts."""
        patience = min(self._sweep_at, self._metrics_at) - time.monotonic()
        if not self._queue.empty() or patience <= 0:
            return self._queue.get_nowait() if not self._queue.empty() else None
        try:
            async with asyncio.timeout(patience):
                return await self._queue.get()
        except TimeoutError:
            return None

    async def _finish(self, appender: Appender, chunk: Chunk) -> None:
        """Decide, bury what can't be decoded, journal, acknowledge: in this order."""
        defined = self._define()
        outcome = self._processor.take(chunk.input, chunk.records)
        if outcome.letters:
            await bury(self._publisher.producer, outcome.letters)
        await appender.append([*defined, *outcome.records])
        chunk.done()

    def _define(self) -> list[Any]:
        if self._references_seen == self._references.version:
            return []
        self._references_seen = self._references.version
        return self._processor.define(self._references.all())

    async def _housekeeping(self, appender: Appender) -> None:
        now = time.monotonic()
        if now >= self._sweep_at:
            self._sweep_at = now + self._settings.sweep_ms / 1000
            records = [*self._define(), *self._processor.sweep()]
            if records:
                await appender.append(records)
        if now >= self._metrics_at:
            self._metrics_at = now + self._settings.metrics_ms / 1000
            await self._publish_metrics()

    async def _publish_metrics(self) -> None:
        """Everything in memory is effective here: the last append has been confirmed."""
        detailed = self._rounds % DETAIL_EVERY == 0
        self._rounds += 1
        metrics = self._processor.engine.metrics(self._now_ns(0))
        await self._publisher.metrics([each for each in metrics if detailed or isinstance(each, RiskMetrics)])
