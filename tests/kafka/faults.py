"""What may go wrong: each fault breaks something, mends it, and counts itself."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from streams.faults import POINTS
from tests.kafka.broker import START_TIMEOUT_S
from tests.waiting import until

if TYPE_CHECKING:
    from tests.kafka.campaign import Scene

WORKERS_MIN, WORKERS_MAX = 2, 4
#: The group may give a worker nothing: then another one is tried.
TRIES = 4
#: Beyond the session time-out, and the rebalance that follows it.
TAKEOVER_TIMEOUT_S = 20.0
EXIT_TIMEOUT_S = 20.0
POINT_TIMEOUT_S = 25.0
BROKER_OUTAGES_S = (5.0, 30.0)
#: How often a point may be passed before it kills: rare ones at once.
_PASSAGES = {"after_claim": 2, "mid_snapshot": 2}


async def kill(scene: Scene) -> None:
    """SIGKILL at a random moment; started over at once or a little later."""
    scene.fleet.kill(scene.fleet.any())
    await asyncio.sleep(scene.random.choice((0.0, 0.0, 2.0)))
    scene.fleet.add()
    scene.counts["kills"] += 1


async def kill_at_point(scene: Scene) -> None:
    """A worker is replaced by one that ends itself at a named point, in the middle of its work."""
    point = POINTS[scene.counts["kills_at_points"] % len(POINTS)]
    passages = scene.random.randint(1, _PASSAGES.get(point, 40))
    if not await _some_try(lambda: _dies_at(scene, f"{point}:{passages}")):
        raise AssertionError(f"no worker came to {point}:{passages}")
    scene.fleet.fill(WORKERS_MIN)
    scene.counts["kills"] += 1
    scene.counts["kills_at_points"] += 1


async def _dies_at(scene: Scene, fault_at: str) -> bool:
    """Whether the group gives the new worker something to do, so that it comes to the point."""
    await leave(scene)
    worker = scene.fleet.add(fault_at)
    reached = await _comes_true(lambda: worker.poll() is not None, POINT_TIMEOUT_S)
    worker.kill()
    worker.wait()
    if worker.returncode != -signal.SIGKILL:
        scene.fleet.note_end(worker)
    return reached


async def zombie(scene: Scene) -> None:
    """A worker stands still until others have taken its partitions over, and then goes on as if nothing had been."""
    if not await _some_try(lambda: _sleeps(scene)):
        raise AssertionError("nobody took over from a sleeping worker")
    scene.counts["zombies"] += 1


async def _sleeps(scene: Scene) -> bool:
    """Whether others took something over meanwhile."""
    scene.fleet.fill(WORKERS_MIN)
    await scene.progress(200)
    sleeper, claims = scene.fleet.any(), scene.checker.takeovers
    sleeper.send_signal(signal.SIGSTOP)
    try:
        replaced = await _comes_true(lambda: scene.checker.takeovers > claims, TAKEOVER_TIMEOUT_S)
        await scene.progress(50)
    finally:
        sleeper.send_signal(signal.SIGCONT)
    return replaced


async def rebalance(scene: Scene) -> None:
    """A worker joins, or one leaves."""
    workers = scene.fleet.workers
    if len(workers) == 1 or (len(workers) < WORKERS_MAX and scene.random.random() < 0.5):
        scene.fleet.add()
        await scene.progress(200)
    else:
        await leave(scene)
    scene.counts["rebalances"] += 1


async def leave(scene: Scene) -> None:
    """One worker is told to end, and does."""
    leaver = scene.fleet.any()
    scene.fleet.stop_politely(leaver)
    if not await _comes_true(lambda: leaver.poll() is not None, EXIT_TIMEOUT_S):
        raise AssertionError(f"worker {leaver.pid} did not end within {EXIT_TIMEOUT_S} s of SIGTERM")
    if leaver.returncode not in {0, -signal.SIGTERM}:  # the latter: before it was up
        scene.fleet.note_end(leaver)


async def stop_broker(scene: Scene) -> None:
    """The broker ends, is away for some seconds, and comes back with its data."""
    outage_s = BROKER_OUTAGES_S[scene.counts["broker_stops"] % len(BROKER_OUTAGES_S)]
    scene.broker.terminate()
    assert await _comes_true(scene.broker.has_ended, EXIT_TIMEOUT_S), "the broker does not end"
    await asyncio.sleep(outage_s)
    scene.broker.launch()
    assert await _comes_true(scene.broker.is_ready, START_TIMEOUT_S), "the broker does not start"
    scene.counts["broker_stops"] += 1


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
    scene.database.stop()
    await asyncio.sleep(4.0)
    scene.database.start()
    scene.counts["database_stops"] += 1


async def _some_try(attempt: Callable[[], Awaitable[bool]]) -> bool:
    """Whether one of some attempts succeeds."""
    for _ in range(TRIES):
        if await attempt():
            return True
    return False


async def _comes_true(condition: Callable[[], bool], timeout_s: float) -> bool:
    """Whether it does, within the time."""

    async def holds() -> bool:
        return condition()

    try:
        await until(holds, timeout_s)
    except AssertionError:
        return False
    return True


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
