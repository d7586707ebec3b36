"""What may go wrong: each fault breaks something, mends it, and counts itself."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tests.kafka.broker import START_TIMEOUT_S
from tests.kafka.fleet import Worker
from tests.waiting import until

if TYPE_CHECKING:
    from tests.kafka.campaign import Scene

WORKERS_MIN, WORKERS_MAX = 2, 4
#: The group may give a worker nothing: then another one is tried.
TRIES = 4
#: Beyond the session time-out, and the rebalance that follows it.
TAKEOVER_TIMEOUT_S = 20.0
JOIN_TIMEOUT_S = 40.0
EXIT_TIMEOUT_S = 20.0
POINT_TIMEOUT_S = 40.0
BROKER_OUTAGES_S = (5, 30)
#: How often a point may be passed before it kills: rare ones at once, and poison is rare enough to be waited for.
_PASSAGES = {"after_claim": 2, "mid_snapshot": 2, "after_manifest": 2, "after_bury": 1, "before_cursor": 20}
_TIMEOUTS_S = {"after_bury": 80.0}
#: Batches that a worker has sent before it falls asleep with one under way.
_ASLEEP_AFTER = (30, 60)


async def kill(scene: Scene) -> None:
    """SIGKILL at a random moment; started over at once or a little later."""
    scene.fleet.kill(scene.fleet.any())
    await asyncio.sleep(scene.random.choice((0.0, 0.0, 2.0)))
    scene.fleet.add()
    scene.counts["kills"] += 1


async def kill_at_point(scene: Scene) -> None:
    """A worker is replaced by one that ends itself at a named point, in the middle of its work."""
    point = scene.points[scene.counts["kills_at_points"] % len(scene.points)]
    passages = scene.random.randint(1, _PASSAGES.get(point, 40))
    timeout_s = _TIMEOUTS_S.get(point, POINT_TIMEOUT_S)
    if not await _some_try(lambda: _dies_at(scene, f"{point}:{passages}", timeout_s)):
        raise AssertionError(f"no worker came to {point}:{passages}")
    scene.fleet.fill(WORKERS_MIN)
    scene.counts["kills"] += 1
    scene.counts["kills_at_points"] += 1
    scene.counts[f"at_{point}"] += 1


async def _dies_at(scene: Scene, fault_at: str, timeout_s: float) -> bool:
    """Whether the group gives the new worker something to do, so that it comes to the point."""
    await leave(scene)
    worker = scene.fleet.add_faulty(fault_at)
    if not await _comes_true(lambda: worker.poll() is not None, timeout_s):
        worker.kill()
        worker.wait()
        return False
    if worker.returncode != -signal.SIGKILL:  # it ended by itself before it came there
        scene.fleet.note_end(worker)
        return False
    return True


async def zombie(scene: Scene) -> None:
    """A worker stands still until others have taken its partitions over, and then goes on as if nothing had been: by
    turns at a random moment, and with records under way."""
    asleep = (_asleep_under_way, _asleep_at_random)[scene.counts["zombies"] % 2]
    if not await _some_try(lambda: _is_replaced(scene, asleep)):
        raise AssertionError("nobody took over from a sleeping worker")
    scene.counts["zombies"] += 1


async def _is_replaced(scene: Scene, asleep: Callable[[Scene], Awaitable[tuple[Worker, set[int]]]]) -> bool:
    """Whether others claim what it held; it is woken in any case."""
    scene.fleet.fill(WORKERS_MIN)
    await scene.progress(200)
    sleeper, held = await asleep(scene)
    partitions = [scene.checker.partitions[number] for number in held]
    epochs = [partition.epoch for partition in partitions]
    wakes_at = time.monotonic() + scene.stage.settings.session_timeout_ms / 1000 + 1.0

    def claimed() -> bool:
        return any(partition.epoch > epoch for partition, epoch in zip(partitions, epochs, strict=True))

    try:
        replaced = bool(held) and await _comes_true(claimed, TAKEOVER_TIMEOUT_S)
        if replaced:
            await scene.progress(50)
            await asyncio.sleep(wakes_at - time.monotonic())
    finally:
        sleeper.send_signal(signal.SIGCONT)
    return replaced


async def _asleep_at_random(scene: Scene) -> tuple[Worker, set[int]]:
    """One of the workers, and what it owned."""
    sleeper = scene.fleet.any()
    held = await asyncio.to_thread(scene.fleet.owned, sleeper)
    sleeper.send_signal(signal.SIGSTOP)
    return sleeper, held


async def _asleep_under_way(scene: Scene) -> tuple[Worker, set[int]]:
    """A new worker that stops itself when it has sent a batch and does not know what became of it."""
    await leave(scene)
    sleeper = scene.fleet.add_faulty(f"after_send:{scene.random.randint(*_ASLEEP_AFTER)}:SIGSTOP")
    scene.fleet.adopt(sleeper)
    held: set[int] = set()

    async def stands_still() -> bool:
        held.update(await asyncio.to_thread(scene.fleet.owned, sleeper))
        return _stands_still(sleeper)

    with contextlib.suppress(AssertionError):
        await until(stands_still, POINT_TIMEOUT_S)
        return sleeper, held
    return sleeper, set()


def _stands_still(worker: Worker) -> bool:
    """Whether it is stopped; one that has ended is not."""
    if worker.poll() is not None:
        return False
    return Path(f"/proc/{worker.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"


async def rebalance(scene: Scene) -> None:
    """A worker joins and takes something over, or one leaves; there are always two to four."""
    count = len(scene.fleet.workers)
    if count <= WORKERS_MIN or (count < WORKERS_MAX and scene.random.random() < 0.5):
        await join(scene)
        scene.counts["joins"] += 1
    else:
        await leave(scene)
        scene.counts["leaves"] += 1
    scene.counts["rebalances"] += 1


async def join(scene: Scene) -> None:
    """One worker more, until it owns something."""
    newcomer = scene.fleet.add()

    async def shares() -> bool:
        return bool(await asyncio.to_thread(scene.fleet.owned, newcomer))

    await until(shares, JOIN_TIMEOUT_S, "a partition for a worker that joined")


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
