"""A journal in memory, behind a network that delays, drops, splits and repeats: a :class:`streams.log.Log`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from aiokafka import TopicPartition

from schemas.topics import DECISIONS
from streams.journal import Kind, decode_header, encode_header
from streams.log import LogUnavailable, Record, Stored

if TYPE_CHECKING:
    from tests.simulation.node import Node
    from tests.simulation.world import World

NAME = "decisions-0"


class Kept(NamedTuple):
    """A record as the broker has it; of the lineage of what it was decided on, the broker knows nothing."""

    header: bytes
    payload: bytes
    lineage: bytes = b""


class Session:
    """What a producer session is to the broker: batches come in order; after a lost one, mostly none any more.

    ``expected``: the offset that the owner expects its next batch at, once its claim has won; of a batch that is sent
    after one that it will know nothing of, or that is void, it never learns.
    """

    def __init__(self) -> None:
        self.broken = self.uncertain = False
        self.lands_at = self.answers_at = 0.0
        self.expected: int | None = None


class Journal:
    """The broker's side of one partition; what is before ``begin`` is deleted."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.place = TopicPartition(world.settings.topic(DECISIONS), 0)
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
            self._acknowledge(session, answer, base, len(batch))

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

    def _acknowledge(self, session: Session, answer: asyncio.Future[int], base: int, count: int) -> None:
        happens = self._world.chaos.happens
        if happens("ack_lost"):
            session.uncertain = True
        elif happens("ack_failed"):
            self._answer(session, answer, None)
        elif happens("ack_nameless"):
            self._answer(session, answer, -1)
        else:
            self._judge(session, base, count)
            self._answer(session, answer, base)

    def _judge(self, session: Session, base: int, count: int) -> None:
        if not session.uncertain:
            session.uncertain = not self._world.checker.answered(session.expected, base, count)
            session.expected = base + count

    def _answer(self, session: Session, answer: asyncio.Future[int], base: int | None) -> None:
        """In the order of the session; ``None``: an error."""
        session.uncertain = session.uncertain or base is None or base < 0
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

    def __init__(self, world: World, node: Node) -> None:
        self._world, self._journal, self._node = world, world.journal, node
        self._session = Session()
        self._begun = False
        self._lineages: dict[int, bytes] = {}

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
        """Send one batch; the worker may end before, when it has left, and when its answer arrives."""
        world, chaos = self._world, self._world.chaos
        first = records[0].header
        await world.step(f"append {first.kind.name.lower()} {first.seq}+{len(records)}", "append_refused")
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._journal.send(self._session, [self._kept(record) for record in records], answer)
        await world.step("append sent")
        if chaos.happens("append_unsure"):
            raise LogUnavailable("it is not known whether the batch left")
        if chaos.happens("append_blocks"):
            await asyncio.sleep(chaos.between_s(0.5, 4.0))
        return asyncio.ensure_future(self._learns(answer))

    def _kept(self, record: Record) -> Kept:
        """What was decided on when the record was made; one that is sent again was made before."""
        header = record.header
        if header.kind is not Kind.CLAIM and header.seq not in self._lineages:
            self._lineages[header.seq] = self._node.trace.before(header.seq, record.payload)
        return Kept(encode_header(header), record.payload, self._lineages.get(header.seq, b""))

    async def _learns(self, answer: asyncio.Future[int]) -> int:
        base = await answer
        await self._world.step("append answered")
        return base

    async def stop(self) -> None:
        """What is under way lands or does not."""
        await self._world.step("log stop")
