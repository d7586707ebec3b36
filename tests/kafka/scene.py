"""The stage of a campaign: broker, network, database, workers, a load, and who judges them."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import msgspec

from riskstream.embedded.postgres import EmbeddedPostgres, reachable_home
from streams.faults import POINTS
from tests.kafka.broker import KafkaBroker
from tests.kafka.checker import Checker
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
#: Two, three and four workers each get another share of eight partitions. Snapshots often enough to be torn, digests
#: often enough to be wrong.
SETTINGS = msgspec.structs.replace(
    QUICK, partitions=8, snapshot_records=1000, snapshot_ms=3000, digest_every=100, latency_budget_ms=15_000
)
ACCOUNTS = [f"acc{number}" for number in range(16)]


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
        #: What each try of the fault under way came to.
        self.tries: list[str] = []

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


@asynccontextmanager
async def open_scene(prefix: str, random: Random) -> AsyncIterator[Scene]:
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
