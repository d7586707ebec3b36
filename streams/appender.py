"""Writing a partition's journal as one owner: claim it, then append, and know what became of each batch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

from schemas.codec import encode
from schemas.records import Claim
from streams.faults import passing
from streams.journal import SCHEMA_VERSION, Cursor, Header, Kind
from streams.log import Log, LogUnavailable, Pending, Record, RecordTooLong, batches
from streams.settings import StreamSettings
from streams.tail import Fold, JournalTail

#: Batches that are under way at once, at most.
IN_FLIGHT_MAX = 5
#: What is submitted and not confirmed, at most: batches, and what waits for those before it.
SUBMITTED_MAX = 64
#: An owner that appended nothing for so long looks whether someone else did.
IDLE_S = 1.0
Confirmed = Callable[[], None]


class LostOwnership(Exception):
    """Another worker owns the partition, or what became of an append is not known: discard, and take over anew."""


class JournalBroken(Exception):
    """The journal contradicts the rule, or a record can't be written: fatal."""


class _Flight(NamedTuple):
    """A batch under way, when it is given up, and what to do when it is effective; no records: only the latter."""

    records: Sequence[Record]
    base: asyncio.Future[int] | None
    deadline_s: float
    confirmed: Confirmed | None


class Appender:
    """One owner's hold on one partition: a nonce and a log session of its own, never used again after a failure.

    A batch's base offset is compared with the expected one; if someone appended in between, that gap is read by the
    rule; then the own records go through the same reader. Only if all are effective did they happen. Batches are
    confirmed in the order they were submitted in, by :meth:`confirm_forever`, which must run beside.
    """

    def __init__(self, settings: StreamSettings, log: Log, owner: bytes, cursor: Cursor = Cursor()) -> None:  # noqa: B008
        self._log, self._owner, self._partitions = log, owner, settings.partitions
        self._patience_s = settings.session_timeout_ms / 1000
        self._tail = JournalTail(log, settings.partitions, cursor)
        self._reader = self._tail.reader
        self._epoch = self._seq = self._expected = 0
        self._used_at = 0.0
        self._flights: asyncio.Queue[_Flight] = asyncio.Queue(SUBMITTED_MAX)
        self._room = asyncio.Semaphore(IN_FLIGHT_MAX)
        self._under_way = 0
        self._answers: set[asyncio.Future[int]] = set()

    @property
    def cursor(self) -> Cursor:
        """After the last record known to be effective."""
        return self._reader.cursor

    async def take_over(self, fold: Fold) -> None:
        """Fold the journal from the cursor on, claim it, fold up to the claim; then this owner holds the partition.

        :raises LostOwnership: another claim won, the claim's fate is unknown, or the log is away.
        :raises streams.tail.JournalStartsLate: the journal starts after the cursor.
        """
        try:
            await self._log.start()
            await self._tail.check_begin()
            await self._tail.read(await self._log.end(), fold)
            self._epoch = self._reader.epoch + 1
            offset = await self._claim()
            passing("after_claim")
            if offset < self._reader.offset:
                raise JournalBroken(f"{self._log.name} gave offset {offset}, but had {self._reader.offset} records")
            await self._tail.read(offset + 1, fold)
        except (LogUnavailable, TimeoutError) as error:
            raise LostOwnership(f"{self._log.name} could not be taken over: {error!r}") from error
        if (self._reader.epoch, self._reader.owner) != (self._epoch, self._owner):
            raise LostOwnership(f"the claim at {offset} of {self._log.name} is void: another worker was first")
        self._seq, self._expected, self._used_at = self._reader.seq, offset + 1, _now_s()

    async def submit(self, pending: Sequence[Pending], confirmed: Confirmed | None = None) -> None:
        """Write records, as few batches as they fit in; waits only while too many are under way.

        ``confirmed`` is called when they, and all submitted before, are durable and effective. Splitting is safe: any
        effective prefix of the records is a consistent state.

        :raises LostOwnership: they could not be handed over. :raises JournalBroken: one is too long.
        """
        for batch in batches(self._numbered(pending)):
            await self._room.acquire()
            deadline_s = _now_s() + self._patience_s
            passing("before_append")
            flight = _Flight(batch, await self._hand_over(batch, deadline_s), deadline_s, None)
            passing("after_send")
            await self._put(flight)
        if confirmed is not None:
            await self._put(_Flight((), None, 0.0, confirmed))

    async def confirm_forever(self) -> None:
        """Learn what became of each batch, in order.

        :raises LostOwnership: records are void, or it is not known whether they are.
        :raises JournalBroken: fatal.
        """
        while True:
            flight = await self._flights.get()
            if flight.base is not None:
                await self._settle(flight, flight.base)
                self._room.release()
            if flight.confirmed is not None:
                flight.confirmed()
            self._under_way -= 1

    async def look(self) -> None:
        """After a while without an append, see whether another worker has claimed the partition.

        :raises LostOwnership: one has.
        """
        if self._under_way or _now_s() - self._used_at < IDLE_S:
            return
        try:
            async with asyncio.timeout(self._patience_s):
                await self._read_foreign(await self._log.end())
        except (LogUnavailable, TimeoutError) as error:
            raise LostOwnership(f"{self._log.name} can't be read: {error!r}") from error
        if self._reader.owner != self._owner:
            raise LostOwnership(f"another worker claimed {self._log.name}")
        self._used_at = _now_s()

    async def stop(self) -> None:
        """End the session; what is still under way has the fate that the journal shows."""
        for answer in self._answers:
            answer.cancel()
        await asyncio.gather(*self._answers, return_exceptions=True)
        await self._log.stop()

    async def _put(self, flight: _Flight) -> None:
        self._under_way += 1
        await self._flights.put(flight)

    async def _claim(self) -> int:
        body = Claim(partitions=self._partitions, code_version=_code_version(), schema_version=SCHEMA_VERSION)
        claim = Record(Header(Kind.CLAIM, self._epoch, self._owner, self._epoch - 1), None, encode(body))
        async with asyncio.timeout(self._patience_s):
            offset = await (await self._log.append([claim]))
        if offset < 0:
            raise LogUnavailable("the claim was answered without an offset")
        return offset

    def _numbered(self, pending: Sequence[Pending]) -> list[Record]:
        first = self._seq + 1
        self._seq += len(pending)
        return [
            Record(
                Header(each.kind, self._epoch, self._owner, first + index, each.source, each.digest),
                each.key,
                each.payload,
            )
            for index, each in enumerate(pending)
        ]

    async def _hand_over(self, batch: Sequence[Record], deadline_s: float) -> asyncio.Future[int]:
        try:
            async with asyncio.timeout_at(deadline_s):
                answer = await self._log.append(batch)
        except (LogUnavailable, TimeoutError) as error:
            raise LostOwnership(f"an append to {self._log.name} failed: {error!r}") from error
        except RecordTooLong as error:
            raise JournalBroken(str(error)) from error
        self._answers.add(answer)
        answer.add_done_callback(self._answers.discard)
        return answer

    async def _settle(self, flight: _Flight, answer: asyncio.Future[int]) -> None:
        base = await self._base_of(answer, flight.deadline_s)
        passing("after_append")
        foreign = base != self._expected
        if base < self._expected:
            raise JournalBroken(f"{self._log.name} gave offset {base}, but {self._expected} records were durable")
        try:
            await self._read_foreign(base)
        except LogUnavailable as error:
            raise LostOwnership(f"{self._log.name} can't be read: {error!r}") from error
        for index, record in enumerate(flight.records):
            self._confirm(base + index, record.header, foreign)
        self._expected, self._used_at = base + len(flight.records), _now_s()

    async def _base_of(self, answer: asyncio.Future[int], deadline_s: float) -> int:
        try:
            async with asyncio.timeout_at(deadline_s):
                base = await answer
        except RecordTooLong as error:
            raise JournalBroken(f"{self._log.name} takes no such batch: {error}") from error
        except (LogUnavailable, TimeoutError) as error:
            raise LostOwnership(f"the fate of an append to {self._log.name} is unknown: {error!r}") from error
        if base < 0:  # DuplicateSequenceNumber is answered as a success without an offset
            raise LostOwnership(f"an append to {self._log.name} was answered without an offset")
        return base

    async def _read_foreign(self, until: int) -> None:
        """What others appended: claims or void records, never state."""
        await self._tail.read(until)
        self._expected = max(self._expected, until)

    def _confirm(self, offset: int, header: Header, foreign: bool) -> None:
        if self._reader.effective(offset, header):
            return
        if not foreign:
            raise JournalBroken(f"own record {self._log.name}@{offset} is void, though nobody else appended")
        raise LostOwnership(f"own record {self._log.name}@{offset} is void: this worker was replaced")


def _now_s() -> float:
    return asyncio.get_running_loop().time()


def _code_version() -> str:
    try:
        return version("riskstream")
    except PackageNotFoundError:  # run from a checkout
        return "unknown"
