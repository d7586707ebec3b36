"""Folding one partition's journal by the rule: to take over, and to see what others appended in between."""

from __future__ import annotations

from collections.abc import Callable

from schemas.codec import decode_body
from schemas.records import Body, Claim
from streams.faults import passing
from streams.journal import Cursor, Header, Kind, Reader, check_schema
from streams.log import Log, Stored

Fold = Callable[[Header, Body], None]


class JournalStartsLate(Exception):
    """The journal no longer has what is needed next, and no snapshot goes further: fatal."""


class PartitionsChanged(Exception):
    """The journal was written for another partition count, so accounts lived elsewhere: fatal."""


class JournalTail:
    """A reader of a log from a cursor on that reads only while :meth:`read` runs; own records come by :attr:`reader`.

    Offsets of the journal are dense (no transactions, no compaction), which is what makes a gap visible.
    """

    def __init__(self, log: Log, partitions: int, cursor: Cursor) -> None:
        self._log, self._partitions = log, partitions
        self.reader = Reader(cursor)

    async def check_begin(self) -> None:
        """Make sure that nothing is gone that is needed.

        :raises JournalStartsLate: it is.
        """
        begin = await self._log.begin()
        if begin > self.reader.offset:
            raise JournalStartsLate(f"{self._log.name} starts at {begin}, needed {self.reader.offset}")

    async def read(self, until: int, fold: Fold | None = None) -> None:
        """Put every record before an offset through the reader, and fold the effective ones.

        :raises UnknownRecord: a record of another version. :raises PartitionsChanged: see there.
        :raises JournalStartsLate: records were deleted before they were read.
        """
        if self.reader.offset >= until:
            return
        async for records in self._log.read(self.reader.offset, until):
            for record in records:
                self._take(record, fold)
        if self.reader.offset < until:
            raise JournalStartsLate(f"{self._log.name} has nothing from {self.reader.offset} to {until} any more")

    def _take(self, record: Stored, fold: Fold | None) -> None:
        if record.offset != self.reader.offset:
            raise JournalStartsLate(f"{self._log.name} goes on at {record.offset}, needed {self.reader.offset}")
        if not self.reader.effective(record.offset, record.header):
            return
        body = decode_body(record.payload)
        if record.header.kind is Kind.CLAIM:
            self._check(body)
        elif fold is not None:
            fold(record.header, body)
            passing("mid_fold")

    def _check(self, claim: Claim) -> None:
        name = self._log.name
        check_schema(claim.schema_version, name)
        if claim.partitions != self._partitions:
            raise PartitionsChanged(
                f"{name} was written for {claim.partitions} partitions, the settings say {self._partitions}"
            )
