"""Whatever the fetches, the acknowledgements and the rebalances: the transport passes over no record, and commits none
that is not finished, nor one behind it."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import faust
import pytest
from faust.types import TP

from streams import transport
from streams.chunks import BatchSchema
from streams.transport import Consumer, Transport
from tests.simulation.test_transport import Record

PLACE = TP("orders", 0)
RECORDS, TURNS, SEEDS = 60, 400, 40


class Stream:
    """The queue between consumer and agent: it takes a chunk or two."""

    def __init__(self, app: Any) -> None:
        self.queue: asyncio.Queue[Any] = asyncio.Queue(2)
        self.schema = app.topic(PLACE.topic, schema=BatchSchema()).schema


class Group:
    """Broker and group as aiokafka shows them: a position that fetches advance, the offset that was committed."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self.end = self.position = self.committed = 0
        self._missed: set[int] = set()

    async def getmany(self, active_partitions: Any, timeout: float) -> dict[TP, list[Record]]:  # noqa: ASYNC109
        """Some records after a while; sometimes one is passed over, but not again."""
        for _ in range(self._draw.randrange(4)):
            await asyncio.sleep(0)
        if self._draw.random() < 0.05 and self.position not in self._missed:
            self._missed.add(self.position)
            self.position = min(self.position + 1, self.end)
        records = [
            Record(offset) for offset in range(self.position, min(self.end, self.position + self._draw.randint(1, 5)))
        ]
        self.position += len(records)
        return {PLACE: records} if records else {}

    def seek(self, place: TP, offset: int) -> None:
        """Fetch from here."""
        self.position = offset

    async def seek_to_committed(self) -> dict[TP, int]:
        """As after an assignment."""
        self.position = self.committed
        return {PLACE: self.committed}

    def assignment(self) -> set[TP]:
        """Always the same."""
        return {PLACE}

    def highwater(self, place: TP) -> int:
        """The next offset."""
        return self.end


class Walk:
    """One consumer and its agent, in steps that a seed chooses."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.app = faust.App(f"walk{seed}", broker="kafka://127.0.0.1:1", store="memory://", web_enabled=False)
        self.app.transport = Transport(self.app.conf.broker_consumer, self.app)
        self.stream, self.group = Stream(self.app), Group(self.draw)
        made: Any = Consumer(
            self.app.transport,
            callback=self.stream.queue.put,
            on_partitions_revoked=self._revoked,
            on_partitions_assigned=print,
        )
        self.app.topics._tp_index[PLACE] = {self.stream}
        made._thread, made.sleep = self.group, lambda _: asyncio.sleep(0)
        made.full = lambda *_: self.draw.random() < 0.1
        made.needed = lambda *_: self.draw.choice((None, self._prefix()))
        made.max_records = self.draw.choice((2, 4, 500))
        self.consumer = made
        self.work: list[Any] = []
        self.finished: set[int] = set()
        #: The next offset that this assignment has to hand over.
        self.next = 0

    async def run(self) -> None:
        """All of it, then in peace until everything is committed."""
        await self._assign()
        draining = asyncio.ensure_future(self.consumer._drain_messages(self.consumer))
        self.consumer._stopped.clear()
        steps = (self._arrive, self._take, self._take, self._finish, self._finish, self._commit)
        for _ in range(TURNS):
            rare = self.draw.random()
            await (self._rebalance if rare < 0.03 else self._place if rare < 0.05 else self.draw.choice(steps))()
            await asyncio.sleep(0)
        await self._settle()
        assert not draining.done(), draining
        draining.cancel()
        await asyncio.gather(draining, return_exceptions=True)
        assert (self.group.end, self.group.committed) == (RECORDS, RECORDS)

    async def _settle(self) -> None:
        self.group.end = RECORDS
        for _ in range(20 * RECORDS):
            for step in (self._take, self._finish, self._commit):
                await step()
                await asyncio.sleep(0)

    async def _arrive(self) -> None:
        self.group.end = min(RECORDS, self.group.end + self.draw.randint(0, 3))

    async def _take(self) -> None:
        """As Faust's stream: what was fetched before a rebalance is dropped; as a worker: what was before a seek."""
        if self.stream.queue.empty():
            return
        message = self.stream.queue.get_nowait()
        passed = message.generation_id != self.app.consumer_generation_id or not self.consumer.flow_active
        if passed or message.stale:
            return
        message.tracked = True
        offsets = [record.offset for record in message.value]
        assert offsets == list(range(offsets[0], message.offset + 1))
        assert offsets[0] <= self.next, "records were passed over"
        self.next = max(self.next, message.offset + 1)
        self.work.append((message, offsets))

    async def _finish(self) -> None:
        """Any chunk in work, be it of an assignment that is over."""
        if self.work:
            message, offsets = self.work.pop(self.draw.randrange(len(self.work)))
            self.finished.update(offsets)
            message.acked = True

    async def _commit(self) -> None:
        offset = self.consumer._new_offset(PLACE)
        if offset is not None:
            assert self.finished.issuperset(range(offset)), "an unfinished record is committed"
            self.group.committed = offset

    async def _revoked(self, revoked: Any) -> None:
        """As the app: no more records, what is done is committed; not all that is in work is waited for."""
        self.consumer.stop_flow()
        for _ in range(self.draw.randrange(6)):
            await self._finish()
            await asyncio.sleep(0)
        await self._commit()

    async def _rebalance(self) -> None:
        await self.consumer.on_partitions_revoked({PLACE})
        self.app.consumer_generation_id += 1
        await self._assign()

    async def _assign(self) -> None:
        self.consumer._active_partitions = {PLACE}
        await self.consumer.perform_seek()
        self.next = self.group.position
        self.consumer.resume_flow()

    async def _place(self) -> None:
        """The owner knows where to go on: behind what is finished, whatever is committed or under way."""
        self.next = self._prefix()
        self.consumer.place(PLACE, self.next)

    def _prefix(self) -> int:
        return next(offset for offset in range(RECORDS + 1) if offset not in self.finished)


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_nothing_is_passed_over_and_nothing_unfinished_is_committed(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chunks of any size, acknowledged in any order, some after the partition was assigned anew; gaps, full queues,
    seeks and rebalances at any moment, also during a fetch: at the end all is finished, and committed just so far."""
    monkeypatch.setattr(transport, "FULL_S", 0.0)
    await Walk(seed).run()
