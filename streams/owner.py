"""A worker's hold on one partition: take over, then decide chunk by chunk, journal, and only then acknowledge."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import Counter
from typing import Any

from risk.engine import RiskEngine
from risk.market import MarketState
from risk.state import PartitionState
from schemas.outputs import RiskMetrics
from streams.appender import Appender, LostOwnership
from streams.backlog import Backlog, Chunk
from streams.broadcast import References
from streams.dead_letters import DeadLetter, bury
from streams.journal import Kind
from streams.processor import Pending, Processor
from streams.publisher import Publisher
from streams.settings import Clock, StreamSettings

LOG = logging.getLogger(__name__)
BACK_OFF_S = 0.5
#: VaR by method and P&L by scenario go out every so many rounds of metrics.
DETAIL_EVERY = 5


class Owner:
    """One partition of the accounts, worked by one task: orders, fills and commands are one ordered stream.

    Inputs are not sought to the folded vector after a takeover: committed offsets never lie beyond it, so what is
    delivered again is recognised by its offset and dropped; should they ever lie beyond it, that is a hole, and fatal.
    """

    def __init__(
        self, settings: StreamSettings, partition: int, market: MarketState, references: References,
        publisher: Publisher,
    ) -> None:
        self._settings, self._partition = settings, partition
        self._market, self._references, self._publisher = market, references, publisher
        self._backlog = Backlog(settings.batch_max)
        #: Taken but not known to be effective: what is in work, and comes first under the next hold.
        self._unfinished: list[Chunk] = []
        self._processor = self._genesis()
        self._references_seen = -1
        self._sweep_at = self._metrics_at = 0.0
        self._rounds = 0
        #: Whether the journal is known to be this worker's.
        self.owned = False
        self.counts: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        """Records that were handed over and are not taken yet."""
        return len(self._backlog)

    async def put(self, chunk: Chunk) -> None:
        """Hand over a chunk; waits while the partition is behind."""
        await self._backlog.put(chunk)

    def close(self) -> None:
        """The partition is someone else's: what waits is dropped, unacknowledged, and nobody waits any longer."""
        self._backlog.close()

    async def run(self) -> None:
        """Own the partition until cancelled, taking over again whenever ownership is lost.

        :raises InputHole: fatal, as are ``JournalStartsLate``, ``JournalBroken``, ``PartitionsChanged`` and
            ``UnknownRecord``.
        """
        while True:
            appender = Appender(self._settings, self._partition)
            self._processor, self._references_seen = self._genesis(), -1
            try:
                await appender.take_over(self._processor.fold)
                LOG.info("partition %s: owned at %s", self._partition, appender.cursor[:2])
                self.owned = True
                self.counts["takeovers"] += 1
                await self._work(appender)
            except LostOwnership as error:
                LOG.warning("partition %s: %s", self._partition, error)
            finally:
                self.owned = False
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
        while True:
            if self._unfinished:
                await self._finish(appender)
            await self._housekeeping(appender)
            due = min(self._sweep_at, self._metrics_at) - time.monotonic()
            self._unfinished = await self._backlog.take(due)

    async def _finish(self, appender: Appender) -> None:
        """Decide all that waits, bury what can't be decoded, journal, acknowledge: in this order."""
        records, letters = self._define(), list[DeadLetter]()
        for chunk in self._unfinished:
            outcome = self._processor.take(chunk.input, chunk.records)
            records += outcome.records
            letters += outcome.letters
        if letters:
            await bury(self._publisher.producer, letters)
        await appender.append(records)
        self._count(records, letters)
        for chunk in self._unfinished:
            chunk.done()
        self._unfinished = []

    def _count(self, records: list[Pending], letters: list[DeadLetter]) -> None:
        kinds = Counter(record.kind for record in records)
        self.counts.update(decisions=kinds[Kind.DECISION], facts=kinds[Kind.FACTS], dead_letters=len(letters))

    def _define(self) -> list[Pending]:
        if self._references_seen == self._references.version:
            return []
        self._references_seen = self._references.version
        return self._processor.define(self._references.all())

    async def _housekeeping(self, appender: Appender) -> None:
        now = time.monotonic()
        if now >= self._sweep_at:
            self._sweep_at = now + self._settings.sweep_ms / 1000
            await appender.append([*self._define(), *self._processor.sweep()])
            await appender.look()
        if now >= self._metrics_at:
            self._metrics_at = now + self._settings.metrics_ms / 1000
            await self._publish_metrics()

    async def _publish_metrics(self) -> None:
        """Everything in memory is effective here: the last append has been confirmed."""
        detailed = self._rounds % DETAIL_EVERY == 0
        self._rounds += 1
        metrics: list[Any] = self._processor.metrics()
        await self._publisher.metrics([each for each in metrics if detailed or isinstance(each, RiskMetrics)])
