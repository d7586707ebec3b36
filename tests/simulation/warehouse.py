"""The sink process over a database in memory: the real copying, into transactions that fail or whose answer is lost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from sinks.base import Cursor, Item, SinkUnavailable
from streams.sinking import follow, sources
from tests.simulation.loop import Process

if TYPE_CHECKING:
    from tests.simulation.world import World

ROWS_MAX = 7


class Database:
    """What is durable: a payload for each row, and where reading goes on. I6 holds after each transaction."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.rows: dict[tuple[TopicPartition, int], bytes] = {}
        self.cursors: dict[tuple[str, int], Cursor] = {}

    @property
    def journal_end(self) -> int:
        """Where reading the journal goes on."""
        return self.cursors.get(self._world.journal.place, (0, 0, b"", 0))[0]

    def commit(self, items: list[Item]) -> None:
        """Rows and cursors, at once."""
        for item in items:
            self._insert(item)
            self.cursors[item.topic, item.partition] = item.cursor
        for text in self._lost():
            self._world.checker.fault(f"I6: the sink is {text}")

    def missing(self) -> list[str]:
        """What there is and was not stored."""
        journal, outputs = self._world.checker.effective, self._world.outputs.values()
        total = len(journal) + sum(len(values) for values in outputs)
        return [f"I6: the sink has {len(self.rows)} rows of {total} records"] if len(self.rows) < total else []

    def _insert(self, item: Item) -> None:
        place = TopicPartition(item.topic, item.partition)
        number = item.offset if item.seq is None else item.seq
        if (place, number) in self.rows:
            self._world.checker.fault(f"I6: the sink has two rows for {item.topic} {number}")
        if self._original(place, item) != item.payload:
            self._world.checker.fault(f"I6: the sink has a row for {item.topic} @{item.offset}, which does not count")
        self.rows[place, number] = item.payload

    def _original(self, place: TopicPartition, item: Item) -> bytes | None:
        if item.seq is None:
            return self._world.outputs[place][item.offset]
        effective = self._world.checker.effective[item.seq - 1 : item.seq]
        return effective[0].payload if effective and effective[0].offset == item.offset else None

    def _lost(self) -> list[str]:
        """Records before a cursor that have no row."""
        journal, end = self._world.journal.place, self.journal_end
        wanted = [(journal, each.head.seq) for each in self._world.checker.effective if each.offset < end]
        for place in self._world.outputs:
            wanted += [(place, offset) for offset in range(self.cursors.get(place, (0,))[0])]
        lost = [(place, number) for place, number in wanted if (place, number) not in self.rows]
        return [f"beyond {place.topic} {number}, which it has no row for" for place, number in lost]


class FakeSink:
    """:class:`sinks.timescale.TimescaleSink` of one process."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._items: list[Item] = []

    @property
    def full(self) -> bool:
        """Whether the next ``add`` would flush first."""
        return len(self._items) >= ROWS_MAX

    def add(self, item: Item) -> None:
        """Take one item."""
        self._items.append(item)

    def flush(self) -> None:
        """One transaction; it may not happen, and it may happen without anybody learning of it."""
        chaos, items = self._world.chaos, self._items
        if not items:
            return
        if chaos.happens("flush_failed"):
            raise SinkUnavailable("the database is away")
        self._world.note(f"stored to {items[-1].topic} {items[-1].cursor[0]}")
        self._world.database.commit(items)
        self._items = []
        if chaos.happens("flush_unsure"):
            raise SinkUnavailable("it is not known whether the transaction is durable")

    def interrupt(self) -> None:
        """Nothing waits."""


class Copier:
    """One sink process, from the cursors that are durable when it starts."""

    def __init__(self, world: World, name: str) -> None:
        self._world, self.process = world, Process(name)
        self.ended = False
        self.stopped_at: float | None = None
        self.tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Let it run."""
        task = self._world.loop.create_task(self._run(), context=self.process.context)
        task.add_done_callback(self._done, context=self.process.context)
        self.tasks.append(task)

    async def _run(self) -> None:
        sink: Any = FakeSink(self._world)
        await follow(sink, sources(self._world.settings, dict(self._world.database.cursors)), asyncio.Event())

    def _done(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is None or self._world.over:
            return
        self._world.note(f"{self.process.name} fails: {error!r}")
        if not isinstance(error, ExceptionGroup) or error.split((SinkUnavailable, KafkaError))[1] is not None:
            self._world.checker.fault(f"I7: the sink ended itself: {error!r}")
        self._world.stop(self)
