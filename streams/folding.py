"""Folding whole journals from outside, against the digests that their writers left: what an operator can prove."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from risk.apply import apply
from risk.digest import state_digest
from risk.state import PartitionState
from schemas.codec import decode_body
from schemas.topics import DECISIONS
from streams.auditing import Start, Unreadable, judged, start_of
from streams.journal import Cursor, Kind, UnknownRecord
from streams.ranges import Judge, Judged, Ranges
from streams.settings import StreamSettings
from streams.state_versions import comparable
from streams.verify import Finding


class Fold:
    """The state that the effective records of one partition fold to, compared with the digests in their headers and,
    where a snapshot was taken on the way, with the snapshot, if this version's code made them. ``checked`` counts the
    comparisons."""

    def __init__(self, partition: int, start: Start) -> None:
        self.partition = partition
        self.state = PartitionState() if start.cursor == Cursor() or start.snapshot is None else start.snapshot.state
        self._judge = Judge({partition: start.cursor})
        self._snapshot = start.snapshot
        self.checked = 0
        self.findings: list[Finding] = []

    @property
    def cursor(self) -> Cursor:
        """After the last record."""
        return self._judge.readers[self.partition].cursor

    @property
    def digest(self) -> bytes:
        """Of the state as it is."""
        return state_digest(self.state)

    def take(self, record: Any) -> None:
        """The next raw record of the journal.

        :raises Unreadable: it, or its body, is of another version.
        """
        found = judged(self._judge, record)
        if not found.effective or found.header.kind is Kind.CLAIM:
            return
        try:
            apply(self.state, decode_body(found.payload))
            self._compare(found, found.header.digest, "its header")
            if self._snapshot is not None and self._snapshot.cursor.seq == found.header.seq:
                self._compare(found, self._snapshot.digest, "the snapshot taken there")
        except (msgspec.DecodeError, KeyError, UnknownRecord) as error:
            raise Unreadable(f"record {self.partition}@{found.offset} can't be folded: {error!r}") from error

    def _compare(self, judged: Judged, expected: bytes, source: str) -> None:
        if not comparable(expected, source):
            return
        self.checked += 1
        if self.digest != expected:
            self.findings.append(
                Finding(
                    self.partition,
                    judged.offset,
                    "digest",
                    f"record {judged.header.seq} folds to {self.digest.hex()}, {source} says {expected.hex()}",
                )
            )


async def fold(settings: StreamSettings, partitions: Sequence[int]) -> list[Fold]:
    """Fold the journals of some partitions to their ends as of now.

    :raises Unreadable: it has no beginning and no snapshot, or a record of another version.
    """
    folds = []
    async with Ranges(settings, settings.topic(DECISIONS), partitions) as journal:
        for number, span in (await journal.now()).items():
            start = await start_of(settings, number, span)
            if start.gone:
                raise Unreadable(f"{settings.topic(DECISIONS)}-{number} {start.gone}")
            folds.append(Fold(number, start))
            async for records in journal.read({number: start.cursor.offset}, {number: span.end}):
                for record in records:
                    folds[-1].take(record)
    return folds
