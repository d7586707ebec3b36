"""A partition's journal as one owner reaches it, whatever is behind it: a broker, or a fake one in a simulation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Protocol

from streams.journal import NO_DIGEST, Header, Kind, Source

BATCH_MAX_BYTES = 1_000_000
#: What a record costs in a batch beside its key and payload.
RECORD_OVERHEAD_BYTES = 160
#: The longest body that fits into a batch, whatever its key.
BODY_MAX_BYTES = 990_000


class LogUnavailable(Exception):
    """The log can't be reached, or it is not known what became of an append."""


class RecordTooLong(Exception):
    """No broker takes such a batch, however often it is sent: what is too long for a record must not be decided."""


class Pending(NamedTuple):
    """A record without epoch, owner and seq; ``tells``: events may follow from it."""

    kind: Kind
    source: Source | None
    key: bytes | None
    payload: bytes
    digest: bytes = NO_DIGEST
    tells: bool = True


class Record(NamedTuple):
    """A record with its header, on its way into the log."""

    header: Header
    key: bytes | None
    payload: bytes

    @property
    def size(self) -> int:
        """Bytes that it takes in a batch, at most."""
        return len(self.payload) + len(self.key or b"") + RECORD_OVERHEAD_BYTES


class Stored(NamedTuple):
    """A record as the log has it."""

    offset: int
    header: Header
    payload: bytes


class Log(Protocol):
    """One session of one owner with one partition: never used again after a failure. Offsets are dense."""

    @property
    def name(self) -> str:
        """What messages call it."""

    async def start(self) -> None:
        """Connect. :raises LogUnavailable: as may all the others."""

    async def begin(self) -> int:
        """The offset of the oldest record that is still there."""

    async def end(self) -> int:
        """The offset that the next append would get."""

    def read(self, offset: int, until: int) -> AsyncIterator[Sequence[Stored]]:
        """The records from ``offset`` to before ``until``, in portions.

        :raises streams.journal.UnknownRecord: a header of another version.
        """

    async def append(self, records: Sequence[Record]) -> asyncio.Future[int]:
        """Hand over one batch, behind those handed over before; the future is its base offset, negative where the
        broker names none.

        :raises RecordTooLong: it is too long for one batch, as the future may say too.
        """

    async def stop(self) -> None:
        """End the session; what is still under way has the fate that the log shows."""


def batches(records: Sequence[Record]) -> list[list[Record]]:
    """Split by size, so that each part fits into one batch (a record that is too long has one to itself)."""
    parts: list[list[Record]] = []
    size = BATCH_MAX_BYTES
    for record in records:
        if size + record.size > BATCH_MAX_BYTES - 1000:
            parts.append([])
            size = 0
        parts[-1].append(record)
        size += record.size
    return parts
