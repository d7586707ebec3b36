"""A partition's snapshots under one hold: when one is due, the cut, and writing it beside the decisions."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter

from schemas.outputs import Alert, Severity
from streams.appender import Appender
from streams.captured import Captured, capture
from streams.coverage import NANOSECONDS, Coverage
from streams.journal import Cursor
from streams.log import LogUnavailable
from streams.ports import Ports
from streams.processor import Processor
from streams.settings import StreamSettings
from streams.snapshots import SnapshotWriter

LOG = logging.getLogger(__name__)
#: What an alert names that concerns no single account.
EVERYONE = "*"


class Snapshotting:
    """One is due when the newest complete one ends elsewhere than the journal: claims and void records count, for they
    too push the journal's beginning towards what nobody has. One that fails is as if it had not been tried."""

    def __init__(
        self,
        settings: StreamSettings,
        processor: Processor,
        appender: Appender,
        writer: SnapshotWriter,
        ports: Ports,
        coverage: Coverage,
        counts: Counter[str],
    ) -> None:
        self._period_s, self._records = settings.snapshot_ms / 1000, settings.snapshot_records
        self._processor, self._appender, self._writer = processor, appender, writer
        self._ports, self._coverage, self._counts = ports, coverage, counts
        self._due_at, self._seq = _now_s() + (0.0 if coverage.stale else self._period_s), processor.seq
        self._under_way = False
        self._rests, self._rests_until = settings.snapshot_rests, 0.0
        self._effective: asyncio.Queue[tuple[Captured, Cursor]] = asyncio.Queue()

    @property
    def due(self) -> bool:
        """Whether the next one should be taken now."""
        if self._under_way or not (self._moved or self._coverage.stale):
            return False
        now_s = _now_s()
        many = self._processor.seq - self._seq >= self._records and now_s >= self._rests_until
        return many or now_s >= self._due_at

    @property
    def _moved(self) -> bool:
        return self._appender.cursor.offset != self._coverage.offset

    async def take(self) -> None:
        """Of the state as it is now, all of which was submitted; its cursor is the one at which all of it has become
        effective.

        :raises streams.appender.LostOwnership: it never will.
        """
        self._under_way = True
        self._due_at, self._seq = _now_s() + self._period_s, self._processor.seq
        captured = capture(self._processor.engine.state, self._processor.vector, self._ports.wall_ns())

        def effective() -> None:
            self._effective.put_nowait((captured, self._appender.cursor))

        await self._appender.submit([], effective)

    async def write_forever(self) -> None:
        """Write what was taken once it is effective; a failure costs that snapshot, not the ownership."""
        while True:
            captured, cursor = await self._effective.get()
            began_s = _now_s()
            try:
                await self._writer.write(captured, cursor)
            except LogUnavailable as error:
                self._counts["failed_deliveries"] += 1
                LOG.warning("a snapshot is lost: %s", error)
            else:
                self._coverage.complete(cursor.offset, captured.taken_ns)
                self._counts["snapshots"] += 1
            finally:
                self._under_way, now_s = False, _now_s()
                self._rests_until = now_s + self._rests * (now_s - began_s)

    async def watch_forever(self) -> None:
        """Say so when the newest complete one is overdue."""
        while True:
            if self._coverage.alarming():
                await self._alarm()
            await asyncio.sleep(self._period_s)

    async def _alarm(self) -> None:
        number, age_s = self._processor.partition, self._coverage.age_ns / NANOSECONDS
        text = (
            f"the newest complete snapshot of partition {number} is {age_s:.0f} s old, more than half of what its "
            f"journal keeps: once all of that has passed, nobody can take the partition over"
        )
        LOG.error(text)
        now_ns = self._ports.wall_ns()
        alert = Alert(
            alert_id=f"snapshot-{number}-{now_ns}",
            account_id=EVERYONE,
            severity=Severity.CRITICAL,
            category="snapshot_overdue",
            text=text,
            event_time_ns=now_ns,
        )
        try:
            await self._ports.out.alert(alert)
        except LogUnavailable as error:
            LOG.warning("an alert is lost: %s", error)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
