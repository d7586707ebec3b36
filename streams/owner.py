"""A worker's care for one partition: take it over, work it, and take it over again whenever it is lost."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Mapping

from risk.market import MarketState
from risk.state import PartitionState
from streams.appender import Appender, LostOwnership
from streams.backlog import Backlog, Chunk
from streams.broadcast import References
from streams.coverage import Coverage
from streams.hold import Hold
from streams.journal import OWNER_BYTES, Cursor, Input
from streams.log import LogUnavailable
from streams.ports import Ports
from streams.processor import InputHole, Pace, Processor
from streams.quiet import Quiet
from streams.settings import Clock, StreamSettings
from streams.snapshots import Snapshot, SnapshotWriter, newest
from streams.snapshotting import Snapshotting
from streams.tail import JournalStartsLate

LOG = logging.getLogger(__name__)
BACK_OFF_S = 0.5
MILLISECOND_NS = 1_000_000


class Owner:
    """One partition of the accounts, worked by one task: orders, fills and commands are one ordered stream.

    After a takeover each input is sought to the folded vector, wherever the group's committed offsets are: lost ones
    cost nothing, and ones that lie beyond lose nothing.
    """

    def __init__(
        self, settings: StreamSettings, partition: int, market: MarketState, references: References, ports: Ports
    ) -> None:
        self._settings, self._partition = settings, partition
        self._market, self._references, self._ports = market, references, ports
        self._store, self._inputs = ports.snapshots(partition), ports.inputs(partition)
        self._backlog = Backlog(settings.batch_max, settings.batch_max_bytes)
        #: The next offset of each input that is to be handed over.
        self._next: dict[Input, int] = {}
        #: Taken but not known to be effective; under the next hold it comes again.
        self._unfinished: deque[Chunk] = deque()
        #: The journal began after this cursor: a snapshot that goes further must have been written since.
        self._late: Cursor | None = None
        #: The last hole that a hold met: one that was replaced and does not know it may lag behind committed offsets.
        self._hole = ""
        self.coverage = Coverage(ports.wall_ns, ports.retention_ms)
        #: Whether the journal is known to be this worker's.
        self.owned = False
        #: What no projector has to read.
        self.quiet = Quiet()
        self.counts: Counter[str] = Counter()
        #: That of the last hold, as of its newest record, effective or not.
        self.state = PartitionState()

    @property
    def waiting(self) -> int:
        """Records that were handed over and are not taken yet."""
        return len(self._backlog)

    @property
    def full(self) -> bool:
        """Whether the partition is behind, so that no more should be fetched for it."""
        return self._backlog.full

    def put(self, chunk: Chunk) -> None:
        """Hand over a chunk."""
        self._next[chunk.input] = chunk.records[-1].offset + 1
        self._backlog.put(chunk)

    def needed(self, number: Input) -> int | None:
        """The offset that an input is to go on at after a rebalance, ``None`` before the journal was folded."""
        return self._next[number] if self.owned else None

    def close(self) -> None:
        """The partition is someone else's: what waits is dropped, unacknowledged."""
        self._backlog.close()

    async def run(self) -> None:
        """Own the partition until cancelled, taking over again whenever ownership is lost and the group says that the
        partition is still this worker's.

        :raises InputHole: fatal, as are ``JournalStartsLate``, ``JournalBroken``, ``PartitionsChanged``,
            ``DigestMismatch`` and ``UnknownRecord``.
        """
        while True:
            try:
                await self._hold()
            except (LostOwnership, LogUnavailable) as error:
                LOG.warning("partition %s: %s", self._partition, error)
            except InputHole as error:
                if self._hole == str(error):
                    raise
                self._hole = str(error)
                LOG.warning("partition %s: %s: this hold may be void, taking over anew", self._partition, error)
            finally:
                self.owned = False
            await self._back_off()
            while not await self._inputs.assigned():  # a worker that was replaced does not know it yet
                await self._back_off()

    async def _back_off(self) -> None:
        await asyncio.sleep(BACK_OFF_S * (0.5 + self._ports.random.random()))  # who race must not stay in step

    async def _hold(self) -> None:
        items = await self._store.read()
        snapshot = newest(items, self._settings.partitions)
        self.coverage.found(snapshot)
        cursor = snapshot.cursor if snapshot is not None else Cursor()
        processor = self._processor(snapshot)
        nonce = self._ports.random.randbytes(OWNER_BYTES)
        appender = Appender(self._settings, self._ports.log(self._partition), nonce, cursor)
        try:
            await self._take_over(appender, processor, cursor)
            self.state = processor.engine.state
            self._place(processor.vector)
            writer = SnapshotWriter(self._store, self._partition, self._settings.partitions, items.keys())
            snapshots = Snapshotting(
                self._settings, processor, appender, writer, self._ports, self.coverage, self.counts
            )
            await Hold(
                self._settings,
                processor,
                appender,
                snapshots,
                self._ports.out,
                self._references,
                self._backlog,
                self._unfinished,
                self.counts,
                self._inputs.explain,
                self.quiet,
            ).work()
        finally:
            await appender.stop()

    async def _take_over(self, appender: Appender, processor: Processor, cursor: Cursor) -> None:
        try:
            await appender.take_over(processor.fold)
        except JournalStartsLate as error:
            if self._late == cursor:
                raise
            self._late = cursor
            raise LostOwnership(f"{error}: looking for a later snapshot") from error
        LOG.info("partition %s: owned at %s, from %s", self._partition, appender.cursor[:2], cursor.offset)
        self.counts["takeovers"] += 1

    def _place(self, vector: Mapping[Input, int]) -> None:
        """Begin where the fold ends: what waits here was read from elsewhere, and comes again."""
        self._backlog.restart()
        self._unfinished.clear()
        self._next = dict(vector)
        self._inputs.place(vector)
        self.owned = True

    def _processor(self, snapshot: Snapshot | None) -> Processor:
        state = snapshot.state if snapshot is not None else PartitionState()
        budget_ms = self._settings.latency_budget_ms
        pace = Pace(
            self._settings.partitions, budget_ms * MILLISECOND_NS if budget_ms else None, self._settings.digest_every
        )
        processor = Processor(
            self._ports.engine(state, self._market), self._partition, pace, self._now_ns, self._ports.wall_ns
        )
        if snapshot is not None:
            processor.resume(snapshot.vector, snapshot.cursor.seq)
        return processor

    def _now_ns(self, event_time_ns: int) -> int:
        if self._settings.clock is Clock.WALL:
            return self._ports.wall_ns()
        return self._market.clock_ns(event_time_ns)
