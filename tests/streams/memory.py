"""A journal partition and its snapshots in memory, for one owner at a time; nothing goes wrong but what a test says."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

from risk.engine import RiskEngine
from schemas.base import Event
from schemas.outputs import Alert
from streams.dead_letters import DeadLetter
from streams.journal import Input, Source
from streams.log import LogUnavailable, Record, Stored
from streams.ports import EngineMaker, Ports
from streams.snapshots import Item
from tests.risk.world import NOW_NS


class Topics:
    """What a broker would keep; ``begin`` is where the journal still begins, ``refusing`` whether no snapshot can be
    written, ``now_ns`` what the workers take for the time, and ``readings`` how often they asked for it."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.begin = 0
        self.items: dict[bytes, bytes] = {}
        self.refusing = False
        self.letters: list[DeadLetter] = []
        self.alerts: list[Alert] = []
        self.readings = 0
        self.now_ns = NOW_NS

    def ports(self, engine: EngineMaker = RiskEngine, retention_ms: int | None = None) -> Ports:
        """The world of a worker that has these topics."""
        return Ports(
            engine=engine,
            log=lambda _: MemoryLog(self),
            snapshots=lambda _: MemoryStore(self),
            inputs=lambda _: NoInputs(),
            out=MemoryOut(self),
            wall_ns=self._read_clock,
            random=random.Random(1),
            retention_ms=retention_ms,
        )

    def _read_clock(self) -> int:
        self.readings += 1
        return self.now_ns


class MemoryLog:
    """A :class:`streams.log.Log`: every append is durable at once."""

    name = "decisions-0"

    def __init__(self, topics: Topics) -> None:
        self._topics = topics

    async def start(self) -> None:
        """There is nothing to connect to."""

    async def begin(self) -> int:
        return self._topics.begin

    async def end(self) -> int:
        return len(self._topics.records)

    async def read(self, offset: int, until: int) -> AsyncIterator[Sequence[Stored]]:
        first = max(offset, self._topics.begin)
        yield [
            Stored(first + index, record.header, record.payload)
            for index, record in enumerate(self._topics.records[first:until])
        ]

    async def append(self, records: Sequence[Record]) -> asyncio.Future[int]:
        base: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        base.set_result(len(self._topics.records))
        self._topics.records += records
        return base

    async def stop(self) -> None:
        """There is nothing to end."""


class MemoryStore:
    """A :class:`streams.snapshots.SnapshotStore`."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics

    async def read(self) -> Mapping[bytes, bytes]:
        return dict(self._topics.items)

    async def write(self, items: Sequence[Item]) -> None:
        if self._topics.refusing:
            raise LogUnavailable("the store refuses")
        for key, value in items:
            if value is None:
                self._topics.items.pop(key, None)
            else:
                self._topics.items[key] = value


class NoInputs:
    """:class:`streams.ports.Inputs` of which nothing comes."""

    async def assigned(self) -> bool:
        """They are this worker's, always."""
        return True

    def place(self, vector: Mapping[Input, int]) -> None:
        """Nowhere."""

    async def explain(self, gap: Source) -> None:
        """There is none."""


class MemoryOut:
    """:class:`streams.ports.Out`."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics

    async def bury(self, letters: Sequence[DeadLetter]) -> None:
        self._topics.letters += letters

    async def metrics(self, events: Iterable[Event]) -> None:
        """Nobody looks at them."""

    async def alert(self, alert: Alert) -> None:
        self._topics.alerts.append(alert)
