"""Faults without end on real processes and a real broker, and one independent opinion on what is left.

``python -m tests.kafka.campaign --seed 7`` repeats the faults of a seed in their order (not their microseconds);
``--soak`` takes many more. Exit code 1: the rule was broken; what is wrong is printed with the way to repeat it.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import secrets
import sys
import textwrap
import time
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from tests.kafka.broker import KafkaMissing
from tests.kafka.faults import FAULTS
from tests.kafka.scene import Scene, open_scene
from tests.kafka.whereabouts import whereabouts
from tests.kafka.worker_faults import WORKERS_MIN

CI = {
    "kill": 6,
    "kill_at_point": 6,
    "zombie": 2,
    "rebalance": 6,
    "stop_broker": 2,
    "cut": 2,
    "delay": 1,
    "refuse": 2,
    "stop_database": 1,
}
SOAK = {
    "kill": 100,
    "kill_at_point": 100,
    "zombie": 20,
    "rebalance": 60,
    "stop_broker": 20,
    "cut": 20,
    "delay": 10,
    "refuse": 20,
    "stop_database": 10,
}


class Report(NamedTuple):
    """What a campaign came to."""

    seed: int
    counts: dict[str, int]
    crashes: list[str]
    violations: list[str]
    again: str

    def __str__(self) -> str:
        figures = ", ".join(f"{name} {count}" for name, count in sorted(self.counts.items()))
        lines = textwrap.wrap(f"seed {self.seed}: {figures}", 120, subsequent_indent="  ")
        lines += [f"  ended without a broker: {crash}" for crash in self.crashes]
        lines += [f"  VIOLATION: {violation}" for violation in self.violations] or ["  no violations"]
        return "\n".join([*lines, f"  again: python -m tests.kafka.campaign --seed {self.seed}{self.again}"])


async def run(seed: int, plan: dict[str, int], say: bool = False) -> Report:
    """One campaign; its faults are those of the plan, in an order that the seed gives."""
    random = Random(seed)
    order = [name for name, count in plan.items() for _ in range(count)]
    random.shuffle(order)
    began = time.monotonic()
    async with open_scene(f"c{seed}", random) as scene:
        violations = await _play(scene, order, say)
        seconds = {"seconds": int(time.monotonic() - began)}
        counts = seconds | scene.counts | scene.fleet.counts | scene.load.counts | scene.checker.counts()
        found = [*scene.fleet.violations, *scene.violations, *violations]
        return Report(seed, counts, scene.fleet.crashes, found, " --soak" if plan == SOAK else "")


async def _play(scene: Scene, order: Sequence[str], say: bool) -> list[str]:
    """Everything that is wrong at the end."""
    stuck: list[str] = []
    async with asyncio.TaskGroup() as group:
        sending = group.create_task(scene.load.run())
        watching = group.create_task(scene.watch_forever())
        try:
            await _break(scene, order, say)
            sending.cancel()
            await asyncio.wait([sending])
            await scene.settle()
        except (AssertionError, KafkaMissing) as error:
            stuck = [f"I7: {error}; at the end {await asyncio.to_thread(scene.fleet.words)}"]
            sys.stderr.write(await whereabouts(scene.stage, scene.fleet.workers))
        sending.cancel()
        watching.cancel()
    await scene.checker.read_all()
    if stuck:  # what is not there yet may only be late
        return [*stuck, *scene.checker.violations()]
    return scene.checker.violations() + scene.checker.rows_that_differ(scene.database.dsn)


async def _break(scene: Scene, order: Sequence[str], say: bool) -> None:
    scene.fleet.fill(WORKERS_MIN)
    await scene.progress(200)
    for number, name in enumerate(order):
        began = time.monotonic()
        await FAULTS[name](scene)
        if scene.random.random() < 0.7:  # else the next fault comes while this one still hurts
            await scene.progress(100)
        if say:
            took = f"{time.monotonic() - began:.1f} s"
            print(f"{number + 1}/{len(order)} {name}: {took}, {scene.checker.decided} decided", flush=True)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--soak", action="store_true", help="200 kills, 20 zombies, 60 rebalances, 20 broker stops")
    parser.add_argument("--only", choices=sorted(FAULTS), help="one kind of fault, ten times")
    chosen = parser.parse_args()
    plan = {chosen.only: 10} if chosen.only else SOAK if chosen.soak else CI
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the broker will be away, and it says so very often
    print(f"seed {chosen.seed}", flush=True)
    report = asyncio.run(run(chosen.seed, plan, say=True))
    if chosen.only:
        report = report._replace(again=f" --only {chosen.only}")
    print(report)
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
