"""A journal in memory, behind a network that delays, drops, splits and repeats: a :class:`streams.log.Log`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from streams.journal import decode_header, encode_header
from streams.log import LogUnavailable, Record, Stored

if TYPE_CHECKING:
    from tests.simulation.world import World

NAME = "decisions-0"


class Kept(NamedTuple):
    """A record as the broker has it."""

    header: bytes
    payload: bytes


class Session:
    """What a producer session is to the broker: batches come in order; after a lost one, mostly none any more."""

    def __init__(self) -> None:
        self.broken = False
        self.lands_at = self.answers_at = 0.0


class Journal:
    """The broker's side of one partition; what is before ``begin`` is deleted."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.records: list[Kept] = []
        self.begin = 0
        self.under_way = 0

    def send(self, session: Session, batch: Sequence[Kept], answer: asyncio.Future[int]) -> None:
        """Let a batch land some time, behind those before it in its session."""
        world = self._world
        delay_s = world.chaos.latency_s()
        if world.chaos.happens("append_delayed"):
            delay_s += world.chaos.between_s(0.5, 8.0)
        session.lands_at = max(session.lands_at, world.loop.time() + delay_s)
        self.under_way += 1
        world.at(session.lands_at, self._land, session, batch, answer)

    def _land(self, session: Session, batch: Sequence[Kept], answer: asyncio.Future[int]) -> None:
        chaos = self._world.chaos
        self.under_way -= 1
        if session.broken or chaos.happens("append_dropped"):
            session.broken = session.broken or chaos.random.random() < 0.6
            self._answer(session, answer, None)
        elif len(batch) > 1 and chaos.happens("append_split"):
            self._split(session, batch, answer)
        else:
            base = self._store(batch)
            if chaos.happens("append_twice"):
                self._later(batch)
            self._acknowledge(session, answer, base)

    def _split(self, session: Session, batch: Sequence[Kept], answer: asyncio.Future[int]) -> None:
        """Only the first part lands now; the other later, or never."""
        chaos = self._world.chaos
        cut = chaos.random.randrange(1, len(batch))
        self._store(batch[:cut])
        if chaos.random.random() < 0.5:
            self._later(batch[cut:])
        session.broken = True
        self._answer(session, answer, chaos.random.choice((-1, None)))

    def _later(self, batch: Sequence[Kept]) -> None:
        self.under_way += 1
        self._world.after(self._world.chaos.between_s(0.0, 1.0), self._store_late, batch)

    def _store_late(self, batch: Sequence[Kept]) -> None:
        self.under_way -= 1
        self._store(batch)

    def _store(self, batch: Sequence[Kept]) -> int:
        base = len(self.records)
        for kept in batch:
            self.records.append(kept)
            self._world.landed(kept)
        return base

    def _acknowledge(self, session: Session, answer: asyncio.Future[int], base: int) -> None:
        happens = self._world.chaos.happens
        if happens("ack_lost"):
            return
        if happens("ack_failed"):
            self._answer(session, answer, None)
        else:
            self._answer(session, answer, -1 if happens("ack_nameless") else base)

    def _answer(self, session: Session, answer: asyncio.Future[int], base: int | None) -> None:
        """In the order of the session; ``None``: an error."""
        session.answers_at = max(session.answers_at, self._world.loop.time() + self._world.chaos.latency_s())
        self._world.at(session.answers_at, _resolve, answer, base)


def _resolve(answer: asyncio.Future[int], base: int | None) -> None:
    if answer.done():
        return
    if base is None:
        answer.set_exception(LogUnavailable("the append failed, or nobody knows"))
        answer.exception()  # whoever asked may be gone
    else:
        answer.set_result(base)


class FakeLog:
    """One session of one owner; each of its calls is a step at which the worker may end or stop."""

    def __init__(self, world: World) -> None:
        self._world, self._journal = world, world.journal
        self._session = Session()
        self._begun = False

    @property
    def name(self) -> str:
        """Topic and partition."""
        return NAME

    async def start(self) -> None:
        """Connect."""
        await self._world.step("log start", "read_failed")

    async def begin(self) -> int:
        """Where the journal begins; some of it may go just now."""
        await self._world.step("log begin", "read_failed")
        self._world.forget()
        return self._journal.begin

    async def end(self) -> int:
        """Where it ends, or ended a moment ago."""
        await self._world.step("log end", "read_failed")
        end = len(self._journal.records)
        stale = self._world.chaos.random.randrange(4) if self._world.chaos.happens("end_stale") else 0
        return max(self._journal.begin, end - stale)

    async def read(self, offset: int, until: int) -> AsyncIterator[Sequence[Stored]]:
        """In portions of any size; what was deleted is passed over, as by a consumer that resets, or fails."""
        chaos = self._world.chaos
        if not self._begun:
            self._begun = True
            chaos.counts["from_snapshot" if offset else "from_genesis"] += 1
        while offset < until:
            await self._world.step(f"log read {offset}", "read_failed")
            if chaos.happens("read_slow"):
                await asyncio.sleep(chaos.between_s(0.5, 6.0))
            if offset < self._journal.begin:
                self._world.note("reads what was deleted")
                if chaos.random.random() < 0.5:
                    raise LogUnavailable(f"{NAME} has no offset {offset} any more")
                offset = self._journal.begin
            size = chaos.random.randint(1, 4) if chaos.happens("read_parts") else until - offset
            portion = self._journal.records[offset : min(until, offset + size)]
            if portion:
                yield [
                    Stored(offset + index, decode_header(kept.header), kept.payload)
                    for index, kept in enumerate(portion)
                ]
            else:
                await asyncio.sleep(0.05)
            offset += len(portion)

    async def append(self, records: Sequence[Record]) -> asyncio.Future[int]:
        """Send one batch."""
        await self._world.step(
            f"append {records[0].header.kind.name.lower()} {records[0].header.seq}+{len(records)}", "append_refused"
        )
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._journal.send(
            self._session, [Kept(encode_header(record.header), record.payload) for record in records], answer
        )
        if self._world.chaos.happens("append_unsure"):
            raise LogUnavailable("it is not known whether the batch left")
        if self._world.chaos.happens("append_blocks"):
            await asyncio.sleep(self._world.chaos.between_s(0.5, 4.0))
        return answer

    async def stop(self) -> None:
        """What is under way lands or does not."""
        await self._world.step("log stop")
