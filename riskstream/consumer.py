"""The iterator that :func:`riskstream.consume` makes: effective decisions, and cursors that follow what was handled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing
from enum import StrEnum
from types import TracebackType
from typing import NamedTuple, Self

from riskstream.cursors import Cursors, GroupCursors
from schemas.decisions import Decision
from schemas.topics import DECISIONS
from streams.cluster import describe
from streams.journal import Cursor, Kind
from streams.projector import SAVE_AGAIN_S, CursorStore
from streams.ranges import Ranges
from streams.reader import JournalGap, JournalReader
from streams.settings import StreamSettings
from streams.starts import snapshots_to_start_from
from streams.topics import TopicMismatch

#: Cursors are stored so often, at most.
SAVE_S = 1.0


class Start(StrEnum):
    """Where a partition begins that has no cursor. The journal's end is no choice: which records count depends on
    those before. ``snapshot``: the newest one, for a newcomer that needs no history."""

    BEGINNING = "beginning"
    SNAPSHOT = "snapshot"


class NoCursors(Exception):
    """A Kafka group has no cursors to go on from, and nobody said where to begin."""


class Decided(NamedTuple):
    """One effective decision. (partition, seq) is its id, for ever; ``cursor`` is the position after it."""

    partition: int
    seq: int
    offset: int
    timestamp_ms: int
    decision: Decision
    cursor: Cursor

    @property
    def id(self) -> tuple[int, int]:
        """Partition and seq: the same however often it is read."""
        return self.partition, self.seq


class Consumer:
    """Made by :func:`consume`; an iterator once it is entered.

    Entering it and asking for decisions :raises streams.reader.JournalGap: records after the cursor are gone, or the
    journal ends before it.
    :raises riskstream.NoCursors: a Kafka group has none: it is new, or the broker forgot them.
    :raises streams.journal.UnknownRecord: a record of a later version: stop, and update this program.
    :raises streams.topics.TopicMismatch: there is no such topic or partition.
    """

    def __init__(
        self,
        store: Cursors | GroupCursors,
        settings: StreamSettings,
        partitions: Sequence[int] | None,
        start: Start | None,
    ) -> None:
        self._given, self._settings, self._partitions, self._start = store, settings, partitions, start
        self._store: Cursors
        self._reader: JournalReader
        self._stream: AsyncGenerator[Decided, None]
        #: Of what was handled; what is in hand is added when the next is asked for.
        self._cursors: dict[int, Cursor] = {}
        self._saved: dict[int, Cursor] = {}
        self._saved_at = self._looked_at = 0.0
        self._in_hand: Decided | None = None
        self._runner: asyncio.Runner | None = None

    async def __aenter__(self) -> Self:
        partitions = await _partitions(self._settings, self._partitions)
        self._store = _opened(self._given, self._settings, partitions)
        self._saved = {number: cursor for number, cursor in (await self._store.load()).items() if number in partitions}
        self._cursors = await self._begin(partitions)
        self._reader = JournalReader(self._settings, self._cursors, partitions, (Kind.DECISION,))
        await self._reader.__aenter__()
        self._stream = self._decided()
        self._saved_at = self._looked_at = time.monotonic()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """What is in hand comes again."""
        try:
            await self._stream.aclose()
            await self._save()
        finally:
            await self._reader.__aexit__(kind, error, trace)
            if isinstance(self._store, CursorStore):
                await self._store.stop()

    def __aiter__(self) -> AsyncIterator[Decided]:
        return self

    async def __anext__(self) -> Decided:
        self._handled()
        try:
            self._in_hand = await anext(self._stream)
        except StopAsyncIteration:  # as after a time-out: an end would look like an end of the decisions
            raise RuntimeError("reading was cancelled before, expected a new `consume`") from None
        return self._in_hand

    async def commit(self) -> None:
        """All that was given so far is handled: store the cursors now."""
        self._handled()
        await self._save()

    @property
    def lag(self) -> int:
        """Records of the journal that are not read yet, as far as the last fetch knew."""
        return self._reader.lag()

    def __enter__(self) -> Self:
        self._runner = asyncio.Runner()
        try:
            self._runner.run(self.__aenter__())
        except BaseException:
            self._runner.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        runner = self._running()
        with runner:
            runner.run(self.__aexit__(kind, error, trace))

    def __iter__(self) -> Iterator[Decided]:
        return self

    def __next__(self) -> Decided:
        return self._running().run(self.__anext__())

    def commit_sync(self) -> None:
        """:meth:`commit` for a loop without ``async``."""
        self._running().run(self.commit())

    def _running(self) -> asyncio.Runner:
        if self._runner is None:
            raise RuntimeError("the consumer is not entered, expected `with consume(...) as decisions`")
        return self._runner

    def _handled(self) -> None:
        if self._in_hand is not None:
            self._cursors[self._in_hand.partition] = self._in_hand.cursor
            self._in_hand = None

    async def _begin(self, partitions: Sequence[int]) -> dict[int, Cursor]:
        """The saved cursors; without one, what ``start`` says."""
        await _check_ends(self._settings, self._saved)
        fresh = [number for number in partitions if number not in self._saved]
        self._check_known(fresh)
        cursors = dict(self._saved) | dict.fromkeys(fresh, Cursor())
        if self._start is Start.SNAPSHOT and fresh:
            found = await snapshots_to_start_from(self._settings, {}, fresh, records_max=0)
            cursors |= {number: snapshot.cursor for number, snapshot in found.items()}
        return cursors

    def _check_known(self, fresh: Sequence[int]) -> None:
        """To act again on all that was handled long ago is no way to begin, unless somebody says so."""
        if isinstance(self._given, GroupCursors) and self._start is None and fresh:
            raise NoCursors(
                f"group {self._given.group!r} has no cursor of partitions {fresh}: it is new, or the broker forgot it "
                "(offsets.retention.minutes). Say by `start` where to begin"
            )

    async def _decided(self) -> AsyncGenerator[Decided, None]:
        async with aclosing(self._reader.entries()) as batches:
            async for entries in batches:
                for entry in entries:
                    assert isinstance(entry.body, Decision), entry  # the reader gives no other kind
                    yield Decided(
                        entry.partition, entry.seq, entry.offset, entry.timestamp_ms, entry.body, entry.cursor
                    )
                # The one before was handled, or this would not run: so was all that the reader has read.
                self._cursors |= self._reader.cursors
                if time.monotonic() - self._looked_at >= SAVE_S:
                    await self._save()

    async def _save(self) -> None:
        now_s = self._looked_at = time.monotonic()
        if self._cursors != self._saved or now_s - self._saved_at >= SAVE_AGAIN_S:
            await self._store.save(dict(self._cursors))
            self._saved, self._saved_at = dict(self._cursors), now_s


def _opened(store: Cursors | GroupCursors, settings: StreamSettings, partitions: Sequence[int]) -> Cursors:
    return CursorStore(settings, store.group, partitions) if isinstance(store, GroupCursors) else store


async def _partitions(settings: StreamSettings, wanted: Sequence[int] | None) -> list[int]:
    """Those wanted, or all that the broker has: a reader need not know how many accounts' partitions there are."""
    name = settings.topic(DECISIONS)
    described = (await describe(settings, with_configs=False)).get(name)
    if described is None:
        raise TopicMismatch(f"{name} does not exist on {settings.bootstrap_servers}")
    beyond = [number for number in wanted or () if not 0 <= number < described.partitions]
    if beyond:
        raise TopicMismatch(f"{name} has {described.partitions} partitions, partition {beyond[0]} was asked for")
    return sorted(set(wanted)) if wanted is not None else list(range(described.partitions))


async def _check_ends(settings: StreamSettings, cursors: Mapping[int, Cursor]) -> None:
    """A journal that ends before a cursor is not the one that the cursor is of."""
    if not cursors:
        return
    async with Ranges(settings, settings.topic(DECISIONS), list(cursors)) as journal:
        for number, span in (await journal.now()).items():
            if span.end < cursors[number].offset:
                raise JournalGap(
                    f"{settings.topic(DECISIONS)}-{number} ends at {span.end}, the cursor is at "
                    f"{cursors[number].offset}: the topic was made anew"
                )
