"""What may go wrong: each fault breaks something, mends it, and counts itself. Here broker, network and database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from tests.kafka.attempts import comes_true
from tests.kafka.broker import START_TIMEOUT_S
from tests.kafka.worker_faults import EXIT_TIMEOUT_S, kill, kill_at_point, rebalance
from tests.kafka.zombies import zombie

if TYPE_CHECKING:
    from tests.kafka.scene import Scene

BROKER_OUTAGES_S = (5, 30)


async def stop_broker(scene: Scene) -> None:
    """The broker ends, is away for some seconds, and comes back with its data."""
    outage_s = BROKER_OUTAGES_S[scene.counts["broker_stops"] % len(BROKER_OUTAGES_S)]
    scene.broker.terminate()
    assert await comes_true(scene.broker.has_ended, EXIT_TIMEOUT_S), "the broker does not end"
    await asyncio.sleep(outage_s)
    scene.broker.launch()
    assert await comes_true(scene.broker.is_ready, START_TIMEOUT_S), "the broker does not start"
    scene.counts["broker_stops"] += 1
    scene.counts[f"broker_stops_of_{outage_s}_s"] += 1


async def cut(scene: Scene) -> None:
    """All connections of the workers are reset, some times in a row."""
    for _ in range(scene.random.randint(1, 4)):
        scene.proxy.cut()
        await asyncio.sleep(0.3)
    scene.counts["cuts"] += 1


async def delay(scene: Scene) -> None:
    """The network of the workers is slow for a while."""
    scene.proxy.delay(scene.random.choice((0.05, 0.2)))
    await asyncio.sleep(4.0)
    scene.proxy.delay(0.0)
    scene.counts["delays"] += 1


async def refuse(scene: Scene) -> None:
    """The workers lose their connections and get no new ones for a while."""
    scene.proxy.refuse()
    scene.proxy.cut()
    await asyncio.sleep(scene.random.choice((1.0, 6.0)))
    scene.proxy.admit()
    scene.counts["refusals"] += 1


async def stop_database(scene: Scene) -> None:
    """The database is away for some seconds."""
    scene.database_is_away = True
    scene.database.stop()
    await asyncio.sleep(4.0)
    scene.database.start()
    scene.database_is_away = False
    scene.counts["database_stops"] += 1


FAULTS: dict[str, Callable[[Scene], Awaitable[None]]] = {
    "kill": kill,
    "kill_at_point": kill_at_point,
    "zombie": zombie,
    "rebalance": rebalance,
    "stop_broker": stop_broker,
    "cut": cut,
    "delay": delay,
    "refuse": refuse,
    "stop_database": stop_database,
}
