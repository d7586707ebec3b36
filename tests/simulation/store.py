"""Snapshots in memory: a compacted topic whose writes may land late, or after their writer's end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from streams.log import LogUnavailable
from streams.snapshots import MANIFEST, Item

if TYPE_CHECKING:
    from tests.simulation.world import World


class State:
    """The compacted topic of snapshots: the last value of each key."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.items: dict[bytes, bytes] = {}
        self._complete: dict[bytes, int] = {}
        #: Where the journal of the newest set goes on that its writer knows to be complete.
        self.newest = 0

    def put(self, key: bytes, value: bytes | None) -> None:
        """A record lands."""
        if value is None:
            self.items.pop(key, None)
            return
        self.items[key] = value
        if key.endswith(MANIFEST.encode()):
            self._complete[key] = self._world.checker.snapshot(self.items, key, self._world.lineages.of_set)

    def known(self, key: bytes) -> None:
        """A writer has learned that a record of it landed."""
        self.newest = max(self.newest, self._complete.get(key, 0))


class FakeStore:
    """:class:`streams.snapshots.SnapshotStore` of one worker: its writes land in order, maybe after its end."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lands_at = 0.0

    async def read(self) -> Mapping[bytes, bytes]:
        """What was there when reading began; it may take a while."""
        world = self._world
        await world.step("snapshots read", "read_failed")
        world.checker.looks_at(world.state.items)
        items = dict(world.state.items)
        if world.chaos.happens("snapshots_slow"):
            await asyncio.sleep(world.chaos.between_s(0.5, 3.0))
        return items

    async def write(self, items: Sequence[Item]) -> None:
        """One record an item; each is a step."""
        world = self._world
        for key, value in items:
            await world.step(f"snapshot {key.decode().rpartition(':')[2]}", None)
            delay_s = world.chaos.latency_s()
            if world.chaos.happens("snapshot_late"):
                delay_s += world.chaos.between_s(0.5, 5.0)
            self._lands_at = max(self._lands_at, world.loop.time() + delay_s)
            landed = world.loop.create_future()
            world.at(self._lands_at, self._land, key, value, landed)
            if world.chaos.happens("snapshot_failed"):
                raise LogUnavailable("a snapshot can't be written, or nobody knows")
            await landed
            world.state.known(key)

    def _land(self, key: bytes, value: bytes | None, landed: asyncio.Future[None]) -> None:
        self._world.state.put(key, value)
        if not landed.done():
            landed.set_result(None)
