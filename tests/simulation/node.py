"""A worker process in the simulation: the real owner and projector of one partition, fed by a consumer that a group
assigned to it, rightly or not."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from risk.arrival import AT_ONCE, Arrival
from risk.engine import RiskEngine
from risk.market import MarketState
from risk.state import PartitionState
from schemas.market import Bar, Mark
from schemas.records import Body
from streams.broadcast import References
from streams.owner import Owner
from streams.ports import Ports
from streams.projector import Projector
from tests.risk.world import NOW_NS
from tests.simulation.content import NO_EVENTS, PLANTED
from tests.simulation.feed import Feed
from tests.simulation.inputs import base_market, references
from tests.simulation.lineage import Trace
from tests.simulation.log import FakeLog
from tests.simulation.loop import Process
from tests.simulation.outputs import FakeOut
from tests.simulation.store import FakeStore

if TYPE_CHECKING:
    from tests.simulation.world import World


class ShakyEngine(RiskEngine):
    """The engine, but now and then it fails on an input; and what it takes in is known."""

    def __init__(self, state: PartitionState, market: MarketState, node: Node) -> None:
        super().__init__(state, market)
        self._world = node.world
        self._trace = node.trace = node.world.lineages.begin(state)

    def events(self, now_ns: int, accounts: Iterable[str] | None = None) -> tuple[Body, ...]:
        """As it should, or not at all."""
        if self._world.chaos.happens("events_fail"):
            raise ArithmeticError(NO_EVENTS)
        return super().events(now_ns, accounts)

    def decide(self, event: Any, now_ns: int, arrival: Arrival = AT_ONCE) -> tuple[Body, ...]:
        """As it should, or not at all."""
        if self._world.chaos.happens("engine_fails"):
            raise ArithmeticError(PLANTED)
        return super().decide(event, now_ns, arrival)

    def apply(self, body: Body) -> None:
        """As it should, and leaves a trace."""
        super().apply(body)
        self._trace.take(body)


class Node:
    """One process. ``ended``: it crashed, failed or was told to go; ``gapped``: it was given inputs with a hole."""

    def __init__(self, world: World, name: str) -> None:
        self.world, self.process = world, Process(name)
        self.ended = self.gapped = False
        self.stopped_at: float | None = None
        #: Of the engine that it has now.
        self.trace = Trace()
        self._skew_ns = world.chaos.random.randrange(-2_000_000, 2_000_000)
        self.market = base_market()
        self.references = References()
        for reference in references():
            self.references.add(reference)
        for event in world.news:
            self.learn(event)
        store, out = FakeStore(world), FakeOut(world)
        ports = Ports(
            partial(ShakyEngine, node=self),
            lambda _: FakeLog(world, self),
            lambda _: store,
            lambda _: self.feed,
            out,
            self._wall_ns,
            random.Random(world.chaos.random.random()),
        )
        self.feed = Feed(world, self)
        self.owner = Owner(world.settings, 0, self.market, self.references, ports)
        self._projector = Projector(world.settings, 0, out, self.owner.quiet)
        self.tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Let it run."""
        for work in (self.owner.run(), self._projector.run(), self.feed.run(), self.feed.commit_forever()):
            self.spawn(work)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """One more task of the process, whose failure ends it."""
        task = self.world.loop.create_task(work, context=self.process.context)
        task.add_done_callback(self._done, context=self.process.context)
        self.tasks.append(task)

    def learn(self, event: Any) -> None:
        """A mark, a bar or reference data arrives."""
        if isinstance(event, Bar):
            self.market.apply_bar(event)
        elif isinstance(event, Mark):
            self.market.apply_mark(event)
        else:
            self.references.add(event)

    def spawn_revoke(self) -> None:
        """Tell it, now or when it goes on."""
        self.spawn(self.revoke())

    async def revoke(self) -> None:
        """The group tells it that the partition is someone else's: what :meth:`streams.worker.Worker.assign` does."""
        self.world.note(f"{self.process.name} is told that it is replaced")
        self.owner.close()
        ended = [task for task in self.tasks if task is not asyncio.current_task()]
        for task in ended:
            task.cancel()
        await asyncio.gather(*ended, return_exceptions=True)
        self.ended = True

    def _done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None and not self.world.over:
            self.world.failed(self, task.exception())

    def _wall_ns(self) -> int:
        return NOW_NS + int(self.world.loop.time() * 1e9) + self._skew_ns
