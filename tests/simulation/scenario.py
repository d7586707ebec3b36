"""The course of a run: inputs come, the market moves, a group assigns and assigns again while things go wrong; then
nothing goes wrong any more, and one new worker has to finish alone."""

from __future__ import annotations

import asyncio

from streams.journal import Cursor, Reader, decode_header
from tests.simulation.inputs import news
from tests.simulation.node import Node
from tests.simulation.warehouse import Copier
from tests.simulation.world import SESSION_S, World

#: A healthy worker alone must have finished everything after so long.
PATIENCE_S = 60.0
#: What is older than this an idle journal loses, in every case: many times the period of snapshots.
RETENTION_S = 30.0
ALIVE_MAX = 3


class Scenario:
    """``size`` times some inputs arrive within ``duration_s``; after that the partition is idle, and only assigned anew
    so many times. ``steps_at_risk``: how many steps could go wrong."""

    def __init__(self, world: World, size: int, duration_s: float, idle: int = 0) -> None:
        self.world = world
        self.steps_at_risk = 0
        self._idle = idle
        self._chaos, self._size, self._duration_s = world.chaos, size, duration_s

    async def run(self) -> None:
        """All of it; the world's checker has what is wrong."""
        world = self.world
        around = [asyncio.ensure_future(work) for work in (self._produce(), self._tell(), self._delete(), self._copy())]
        await self._group()
        self._chaos.calm, self.steps_at_risk = True, world.steps
        for process in (*world.nodes, *world.copiers):
            world.stop(process)
        world.note("faults stop")
        self._assign()
        await self._finish(world.loop.time() + PATIENCE_S)
        for task in around[:-1]:
            task.cancel()
        for _ in range(self._idle):
            await self._be_idle()
        around[-1].cancel()
        self._restart_readers()
        await self._tear_down()

    async def _group(self) -> None:
        world = self.world
        self._assign()
        while world.loop.time() < self._duration_s and not world.checker.faults:
            await asyncio.sleep(self._chaos.between_s(0.05, 0.3))
            node, now_s = world.nodes[-1], world.loop.time()
            alive = sum(not each.ended for each in world.nodes)
            silent = node.stopped_at is not None and now_s - node.stopped_at > SESSION_S
            if node.ended or silent or (alive < ALIVE_MAX and self._chaos.happens("reassign")):
                self._assign()
            elif self._chaos.happens("rewind"):
                world.note("the same worker is assigned again")
                node.feed.rewind()

    def _assign(self) -> None:
        """To a new worker; the one before learns it later, before or after it goes on."""
        world = self.world
        if world.nodes and not world.nodes[-1].ended:
            world.after(self._chaos.between_s(0.0, 3.0), world.nodes[-1].spawn_revoke)
        node = Node(world, f"w{len(world.nodes) + 1}")
        world.note(f"{node.process.name} is assigned")
        world.nodes.append(node)
        node.start()

    async def _produce(self) -> None:
        draw = self._chaos.random
        for _ in range(self._size):
            await asyncio.sleep(draw.expovariate(self._size / (0.8 * self._duration_s)))
            for _ in range(draw.choice((1, 1, 1, 4))):
                self.world.inputs.produce()
        self._size = 0

    async def _tell(self) -> None:
        """The market moves, reference data changes; every worker learns of it a little later than the others."""
        world = self.world
        while True:
            await asyncio.sleep(self._chaos.between_s(0.1, 1.5))
            event = news(self._chaos.random, world.inputs.now_ns(), len(world.news) + 2)
            world.news.append(event)
            for node in world.nodes:
                if not node.ended:
                    world.loop.call_later(self._chaos.latency_s(), node.learn, event, context=node.process.context)

    async def _delete(self) -> None:
        while True:
            await asyncio.sleep(self._chaos.between_s(0.1, 0.5))
            self.world.forget()

    async def _copy(self) -> None:
        """A sink process, and another one whenever it ended."""
        world = self.world
        while True:
            if not world.copiers or world.copiers[-1].ended:
                world.copiers.append(Copier(world, f"s{len(world.copiers) + 1}"))
                world.copiers[-1].start()
            await asyncio.sleep(0.3)

    async def _finish(self, deadline_s: float) -> None:
        while not self.world.checker.faults and not self._finished():
            if self.world.loop.time() > deadline_s:
                self._complain()
                return
            await asyncio.sleep(0.1)

    async def _be_idle(self) -> None:
        """Nothing comes in for long, the journal loses all that it had, and the next worker takes over."""
        world = self.world
        end = len(world.journal.records)
        await asyncio.sleep(RETENTION_S)
        world.journal.begin = end
        world.note(f"all before {end} is too old")
        world.stop(world.nodes[-1])
        self._assign()
        await asyncio.sleep(RETENTION_S / 3)
        if not world.nodes[-1].owner.owned:
            world.checker.fault(f"I7: an idle partition can't be taken over once its journal begins at {end}")

    def _finished(self) -> bool:
        world = self.world
        committed = {int(number): offset for number, offset in world.committed.items()}
        return (
            not (self._size or world.answers or world.journal.under_way)
            and world.inputs.ends() == world.checker.vector == committed
            and world.projected.offset == len(world.journal.records)
            and not world.database.missing()
        )

    def _complain(self) -> None:
        world, ends = self.world, self.world.inputs.ends()
        for text in world.checker.unfinished(ends):
            world.checker.fault(text)
        for text in world.database.missing():
            world.checker.fault(text)
        world.checker.fault(
            f"I7: a healthy worker did not finish: acknowledged {world.committed} of {ends}, "
            f"projected {world.projected.offset}, stored {world.database.journal_end} of {len(world.journal.records)}"
        )

    def _restart_readers(self) -> None:
        world = self.world
        headers = [decode_header(kept.header) for kept in world.journal.records]
        for offset in {0, *(self._chaos.random.randrange(len(headers) + 1) for _ in range(2))}:
            world.checker.restarted(Reader(Cursor(*world.checker.cuts[offset].place)), offset, headers[offset:])

    async def _tear_down(self) -> None:
        """End all tasks; nothing of it counts."""
        world = self.world
        world.over = True
        processes = (*world.nodes, *world.copiers)
        tasks = [task for each in processes for task in each.tasks]
        for task in tasks:
            task.cancel()
        for each in processes:
            world.loop.continue_process(each.process)
        await asyncio.gather(*tasks, return_exceptions=True)
