"""One simulation from one seed."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from streams import owner, projector, reader, snapshots, snapshotting, starts
from tests.simulation.chaos import Chaos, Script
from tests.simulation.consumers import assigned_in
from tests.simulation.lineage import watched_in
from tests.simulation.outputs import cursors_in, starts_in
from tests.simulation.scenario import Scenario
from tests.simulation.world import World


@dataclass(frozen=True)
class Report:
    """What a run came to: ``faults`` are violated invariants, ``counts`` what happened, ``digest`` that of the whole
    history, ``steps`` how many steps of the workers could go wrong."""

    seed: int
    faults: tuple[str, ...]
    counts: Counter[str]
    steps: int
    digest: str
    history: tuple[str, ...]

    def __str__(self) -> str:
        return f"seed {self.seed}: {'; '.join(self.faults) or 'all invariants hold'}"


def simulate(seed: int) -> Report:
    """A run with faults of all kinds."""
    chaos = Chaos(seed)
    return _run(seed, Scenario(World(chaos), size=chaos.random.randint(5, 14), duration_s=chaos.between_s(3.0, 10.0)))


def simulate_script(seed: int, at: Mapping[int, str]) -> Report:
    """A short run in which only these steps of the workers go wrong: ``crash`` or ``pause``."""
    return _run(seed, Scenario(World(Script(seed, at)), size=3, duration_s=4.0))


def simulate_idle(seed: int) -> Report:
    """A short run in which nothing goes wrong, and then nothing happens for longer than the journal keeps anything."""
    return _run(seed, Scenario(World(Script(seed, {})), size=3, duration_s=4.0, idle=4))


def _run(seed: int, scenario: Scenario) -> Report:
    world = scenario.world
    before = logging.root.manager.disable
    logging.disable()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(snapshots, "CHUNK_BYTES", 600)
            patch.setattr(reader, "_Assigned", assigned_in(world))
            patch.setattr(projector, "CursorStore", cursors_in(world))
            ranges, read, found = starts_in(world)
            patch.setattr(starts, "_ranges", ranges)
            patch.setattr(starts, "read_snapshots", read)
            patch.setattr(projector, "snapshots_to_start_from", found)
            captures, writes, finds = watched_in(world)
            patch.setattr(snapshotting, "capture", captures)
            patch.setattr(snapshots.SnapshotWriter, "write", writes)
            patch.setattr(owner, "newest", finds)
            world.loop.run_until_complete(scenario.run())
    finally:
        logging.disable(before)
    broken = [error for error in world.loop.errors if "handle" in error]
    if broken:
        raise broken[0]["exception"]
    return Report(
        seed,
        tuple(world.checker.faults),
        world.chaos.counts + world.checker.counts,
        scenario.steps_at_risk,
        hashlib.sha256("\n".join(world.history).encode()).hexdigest(),
        tuple(world.history),
    )
