"""What else leaves a worker: dead letters, metrics, breaker events; and the world that a projector sees."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from aiokafka import TopicPartition
from aiokafka.errors import KafkaTimeoutError

from schemas.topics import ALERTS, BACKTESTS, BREAKERS
from streams import starts
from streams.journal import Cursor
from streams.publisher import Publisher
from streams.snapshots import Snapshot
from tests.simulation.inputs import TOPICS

if TYPE_CHECKING:
    from schemas.base import Event
    from streams.dead_letters import DeadLetter
    from tests.simulation.world import World

#: Share of the failed sends that were written all the same.
ANSWER_LOST = 0.5
NUMBERS = {topic: number for number, topic in TOPICS.items()}


class FakeOut(Publisher):
    """:class:`streams.ports.Out` and the publisher that a projector is given: the real one, on a fake producer."""

    def __init__(self, world: World) -> None:
        super().__init__(world.settings)
        self._world = world
        self.producer = FakeProducer(world)

    async def bury(self, letters: Sequence[DeadLetter]) -> None:
        """Dead letters."""
        await self._world.step("bury", "bury_failed")
        self._world.buried.update((int(NUMBERS[letter.topic]), letter.offset) for letter in letters)

    async def metrics(self, events: Iterable[Event]) -> None:
        """Metrics; only their number is looked at."""
        await self._world.step("metrics", "publish_failed")
        self._world.chaos.counts["metrics"] += len(list(events))


class FakeProducer:
    """Sends may fail: before anything is written, or with an answer that is lost."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._names = {world.settings.topic(topic): topic.name for topic in (BREAKERS, ALERTS, BACKTESTS)}

    async def send(self, topic: str, value: bytes, key: bytes, partition: int) -> asyncio.Future[None]:
        """A breaker event, an alert or a backtest; the future ends when it is durable."""
        world = self._world
        await world.step(f"publish {self._names[topic]}", None)
        durable: asyncio.Future[None] = world.loop.create_future()
        world.after(world.chaos.latency_s(), self._land, topic, value, durable)
        return durable

    def _land(self, topic: str, value: bytes, durable: asyncio.Future[None]) -> None:
        lost = self._world.chaos.happens("publish_failed")
        if not lost or self._world.chaos.random.random() < ANSWER_LOST:
            self._world.outputs.setdefault(TopicPartition(topic, 0), []).append(value)
            self._world.checker.publishes(self._names[topic], msgspec.json.decode(value))
        if durable.done():
            return
        if lost:
            durable.set_exception(KafkaTimeoutError())
            durable.exception()
        else:
            durable.set_result(None)


def cursors_in(world: World) -> type[Any]:
    """The projector's cursors in this world; a worker that was replaced may put them back."""

    class Cursors:
        def __init__(self, *_: Any) -> None:
            """Settings, group and partitions are known."""

        async def load(self) -> dict[int, Cursor]:
            await world.step("cursor load")
            return {0: world.projected} if world.projected.offset else {}

        async def save(self, cursors: Mapping[int, Cursor]) -> None:
            if not cursors:
                return
            await world.step("cursor save")
            world.note(f"projected to {cursors[0].offset}")
            world.checker.projected(cursors[0].offset)
            world.projected = cursors[0]

        async def stop(self) -> None:
            """Nothing is held."""

    return Cursors


def starts_in(world: World) -> Any:
    """Where a projector begins, its broker being this world: :func:`streams.starts.snapshots_to_start_from`."""

    async def ranges(*_: Any) -> dict[int, tuple[int, int]]:
        await world.step("journal range")
        return {0: (world.journal.begin, len(world.journal.records))}

    async def read(*_: Any) -> dict[bytes, bytes]:
        await world.step("snapshots read")
        return dict(world.state.items)

    async def found(*given: Any) -> dict[int, Snapshot]:
        snapshots = await starts.snapshots_to_start_from(*given)
        for snapshot in snapshots.values():
            world.checker.gives_up(snapshot.cursor.offset)
        return snapshots

    return ranges, read, found
