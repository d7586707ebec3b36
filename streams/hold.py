"""One hold on a partition, from its takeover until it is lost: decide, journal, and only then acknowledge."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Sequence

from streams.appender import IDLE_S, Appender
from streams.backlog import Backlog, Chunk
from streams.broadcast import References
from streams.dead_letters import DeadLetter
from streams.faults import passing
from streams.gaps import Explain, bridged
from streams.journal import Kind
from streams.log import Pending
from streams.measuring import Measuring
from streams.ports import Out
from streams.processor import Processor
from streams.quiet import Quiet
from streams.settings import StreamSettings
from streams.snapshotting import Snapshotting
from streams.tasks import first_to_end

LOG = logging.getLogger(__name__)


class Hold:
    """The work of one owner of the journal; ``unfinished`` are chunks that are taken and not known to be effective.

    Deciding goes ahead of the journal by the batches under way. What leaves the partition (acknowledgements, metrics,
    snapshots) waits until everything it rests on is effective.
    """

    def __init__(
        self,
        settings: StreamSettings,
        processor: Processor,
        appender: Appender,
        snapshots: Snapshotting,
        out: Out,
        references: References,
        backlog: Backlog,
        unfinished: deque[Chunk],
        counts: Counter[str],
        explain: Explain,
        quiet: Quiet,
    ) -> None:
        self._settings, self._processor, self._appender = settings, processor, appender
        self._snapshots, self._out, self._references = snapshots, out, references
        self._backlog, self._unfinished, self._counts = backlog, unfinished, counts
        self._explain, self._quiet = explain, quiet
        self._references_seen = -1
        self._sweep_at = self._look_at = 0.0
        self._measuring = Measuring(settings, processor, appender, out, counts)

    async def work(self) -> None:
        """Until ownership is lost.

        :raises streams.appender.LostOwnership: it is.
        """
        self._quiet.begin(self._appender.cursor)
        await first_to_end(
            self._decide_forever(),
            self._appender.confirm_forever(),
            self._measuring.publish_forever(),
            self._snapshots.write_forever(),
            self._snapshots.watch_forever(),
        )

    async def _decide_forever(self) -> None:
        while True:
            await self._housekeeping()
            due_s = min(self._sweep_at, self._look_at, self._measuring.due_s) - _now_s()
            chunks = await self._backlog.take(due_s)
            self._unfinished.extend(chunks)
            if chunks:
                await self._decide(chunks)

    async def _decide(self, chunks: Sequence[Chunk]) -> None:
        """Decide, bury what can't be decoded, journal; acknowledge once it is effective."""
        records, letters = self._define(), list[DeadLetter]()
        for chunk in chunks:
            given = await bridged(chunk, self._processor.vector[chunk.input], self._explain)
            outcome = self._processor.take(chunk.input, given)
            records += outcome.records
            letters += outcome.letters
        if letters:
            await self._out.bury(letters)
            passing("after_bury")
        await self._appender.submit(records, lambda: self._finish(len(chunks), records, letters))

    def _finish(self, count: int, records: list[Pending], letters: list[DeadLetter]) -> None:
        kinds = Counter(record.kind for record in records)
        self._counts.update(decisions=kinds[Kind.DECISION], facts=kinds[Kind.FACTS], dead_letters=len(letters))
        self._pass(records)
        passing("before_ack")
        for _ in range(count):
            self._unfinished.popleft().done()
        passing("after_ack")

    def _pass(self, records: Sequence[Pending]) -> None:
        """These are effective, and the newest that are known to be."""
        self._quiet.passed(self._appender.cursor, any(record.tells for record in records))

    def _define(self) -> list[Pending]:
        if self._references_seen == self._references.version:
            return []
        self._references_seen = self._references.version
        return self._processor.define(self._references.all())

    async def _housekeeping(self) -> None:
        now_s = _now_s()
        if now_s >= self._sweep_at:
            self._sweep_at = now_s + self._settings.sweep_ms / 1000
            if records := [*self._define(), *self._processor.sweep()]:
                await self._appender.submit(records, lambda: self._pass(records))
        if now_s >= self._look_at:
            self._look_at = now_s + IDLE_S / 2
            await self._appender.look()
        await self._measuring.step()
        if self._snapshots.due:
            await self._snapshots.take()


def _now_s() -> float:
    return asyncio.get_running_loop().time()
