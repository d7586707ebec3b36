"""Faults without end on real processes and a real broker, and one independent opinion on what is left.

``python -m tests.kafka.campaign --seed 7`` repeats the faults of a seed in their order (not their microseconds);
``--soak`` takes many more. Exit code 1: the rule was broken; what is wrong is printed with the way to repeat it.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import secrets
import shutil
import sys
import textwrap
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from random import Random
from typing import NamedTuple

import msgspec

from riskstream.embedded.postgres import EmbeddedPostgres, reachable_home
from streams.faults import POINTS
from tests.kafka.broker import KafkaBroker, KafkaMissing
from tests.kafka.checker import Checker
from tests.kafka.faults import FAULTS, WORKERS_MIN
from tests.kafka.fleet import Fleet
from tests.kafka.load import TOUCHY, Load
from tests.kafka.proxy import TcpProxy
from tests.kafka.stage import QUICK, KafkaStage
from tests.waiting import until

ORDERS_PER_S = 150
PROGRESS_TIMEOUT_S, SETTLE_TIMEOUT_S = 90.0, 180.0
#: A sink that ended because of the database may be found dead so much later.
SINK_GRACE_S = 5.0
CRASHES_MAX = 30
#: Two, three and four workers each get another share of eight partitions (of four the third would get none: a share is
#: rounded up, and kept). Snapshots often enough to be torn, digests often enough to be wrong.
SETTINGS = msgspec.structs.replace(
    QUICK, partitions=8, snapshot_records=1000, snapshot_ms=3000, digest_every=100, latency_budget_ms=15_000
)
ACCOUNTS = [f"acc{number}" for number in range(16)]
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


class Scene:
    """Everything that a fault can reach."""

    def __init__(
        self, broker: KafkaBroker, proxy: TcpProxy, database: EmbeddedPostgres, stage: KafkaStage, random: Random
    ) -> None:
        self.broker, self.proxy, self.database, self.stage, self.random = broker, proxy, database, stage, random
        self.fleet = Fleet(stage, random)
        self.checker = Checker(broker.bootstrap_servers, stage.settings.prefix, stage.settings.partitions)
        self.load = Load(stage.settings, ACCOUNTS, ORDERS_PER_S, Random(random.random()))
        #: Where workers are killed, one after the other: all of them, in an order of the seed.
        self.points = random.sample(POINTS, len(POINTS))
        self.database_is_away = False
        self.counts: Counter[str] = Counter()
        self.violations: list[str] = []

    async def progress(self, count: int) -> None:
        """Until so many more orders are decided.

        :raises AssertionError: they are not; nobody works any more.
        """
        wanted = self.checker.decided + count

        async def enough() -> bool:
            assert len(self.fleet.crashes) + len(self.fleet.violations) < CRASHES_MAX, "the workers do not stay"
            return self.checker.decided >= wanted

        await until(enough, PROGRESS_TIMEOUT_S, f"{count} more decisions")

    async def watch_forever(self) -> None:
        """Read the journal along, and start over the workers and the sink that end by themselves."""
        sink, away_at = self.stage.start_sink(self.database.dsn), -SINK_GRACE_S
        while True:
            await self.checker.poll()
            self.fleet.tend()
            if self.database_is_away:
                away_at = time.monotonic()
            if sink.poll() is not None:
                self.counts["sink_restarts"] += 1
                if time.monotonic() - away_at > SINK_GRACE_S:
                    self.violations.append(f"the sink ended with {sink.returncode}: {self.stage.log_of(sink)[-300:]}")
                sink = self.stage.start_sink(self.database.dsn)
            await asyncio.sleep(0.05)

    async def settle(self) -> None:
        """Until all that was sent is decided, projected and stored.

        :raises AssertionError: it never is.
        """

        async def settled() -> bool:
            checker = self.checker
            return await checker.is_read() and checker.is_complete and checker.is_stored(self.database.dsn)

        await until(settled, SETTLE_TIMEOUT_S, "the decision, projection and storage of all orders")


async def run(seed: int, plan: dict[str, int], say: bool = False) -> Report:
    """One campaign; its faults are those of the plan, in an order that the seed gives."""
    random = Random(seed)
    order = [name for name, count in plan.items() for _ in range(count)]
    random.shuffle(order)
    began = time.monotonic()
    async with _scene(f"c{seed}", random) as scene:
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
            stuck = [f"I7: {error}"]
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


@asynccontextmanager
async def _scene(prefix: str, random: Random) -> AsyncIterator[Scene]:
    home = reachable_home("riskstream-campaign-")
    database = EmbeddedPostgres(home / "data")
    try:
        with KafkaBroker(proxied=True) as broker, TcpProxy(broker.proxy_port, broker.behind_proxy) as proxy:
            database.start()
            stage = KafkaStage(broker.bootstrap_servers, prefix, broker.proxied_servers, TOUCHY, ACCOUNTS, SETTINGS)
            async with stage:
                await stage.publish_market()
                scene = Scene(broker, proxy, database, stage, random)
                await scene.checker.start()
                try:
                    yield scene
                finally:
                    await scene.checker.stop()
    finally:
        database.stop()
        shutil.rmtree(home, ignore_errors=True)


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
