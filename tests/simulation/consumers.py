"""Reading topics without a group, as projectors and the sink do: the consumer of :mod:`streams.reader`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from aiokafka import TopicPartition

from streams.journal import HEADER_KEY

if TYPE_CHECKING:
    from tests.simulation.world import World

POLL_S = 0.4


class _Read(NamedTuple):
    """A record as a Kafka consumer gives it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    headers: tuple[tuple[str, bytes], ...]
    value: bytes


def assigned_in(world: World) -> type[Any]:
    """The consumer of a reader, on the journal and the output topics of this world."""

    class Assigned:
        def __init__(self, settings: Any, positions: Mapping[TopicPartition, int], when_gone: str = "none") -> None:
            self._offsets = dict(positions)

        async def start(self) -> None:
            await world.step("reader start")

        async def begin(self) -> dict[TopicPartition, int]:
            return {place: _begin(world, place) for place in self._offsets}

        def seek(self, place: TopicPartition, offset: int) -> None:
            world.chaos.counts["leaps"] += 1
            self._offsets[place] = offset

        async def poll(self) -> dict[TopicPartition, list[_Read]]:
            if not any(self._next(place, 1) for place in self._offsets):
                await asyncio.sleep(POLL_S)
                return {}
            await world.step("reader poll")
            size = world.chaos.random.randint(1, 6)
            read = {place: records for place in self._offsets if (records := self._next(place, size))}
            for place, records in read.items():
                self._offsets[place] = records[-1].offset + 1
            return read

        async def stop(self) -> None:
            """Nothing is held."""

        def _next(self, place: TopicPartition, count: int) -> list[_Read]:
            first = max(self._offsets[place], _begin(world, place))
            kept = _records(world, place)[first : first + count]
            return [_Read(*place, first + index, 0, *record) for index, record in enumerate(kept)]

    return Assigned


def _begin(world: World, place: TopicPartition) -> int:
    return world.journal.begin if place == world.journal.place else 0


def _records(world: World, place: TopicPartition) -> list[tuple[tuple[tuple[str, bytes], ...], bytes]]:
    """Headers and value of each record."""
    if place == world.journal.place:
        return [(((HEADER_KEY, kept.header),), kept.payload) for kept in world.journal.records]
    return [((), value) for value in world.outputs.get(place, ())]
