"""Workers that stand still until others have taken their partitions over, and then go on as if nothing had been."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tests.kafka.attempts import comes_true, some_try
from tests.kafka.fleet import Worker
from tests.kafka.worker_faults import JOIN_TIMEOUT_S, POINT_TIMEOUT_S, WORKERS_MIN, leave
from tests.waiting import until

if TYPE_CHECKING:
    from tests.kafka.scene import Scene

#: Beyond the session time-out, and the rebalance that follows it.
TAKEOVER_TIMEOUT_S = 20.0
#: A zombie is woken so long after its session is over, at the earliest.
BEYOND_SESSION_S = 1.0
#: Batches that a worker has sent before it falls asleep with one under way.
_ASLEEP_AFTER = (30, 60)


async def zombie(scene: Scene) -> None:
    """A worker stands still until others have taken its partitions over, and then goes on as if nothing had been: by
    turns at a random moment, and with records under way."""
    asleep = (_asleep_under_way, _asleep_at_random)[scene.counts["zombies"] % 2]
    scene.tries.clear()
    if not await some_try(lambda: _is_replaced(scene, asleep)):
        tries = "; ".join(scene.tries)
        raise AssertionError(f"nobody took over from a sleeping worker: {tries}")
    scene.counts["zombies"] += 1


async def _is_replaced(scene: Scene, asleep: Callable[[Scene], Awaitable[tuple[Worker, set[int]]]]) -> bool:
    """Whether others claim what it held; it is woken in any case."""
    scene.fleet.fill(WORKERS_MIN)
    await scene.progress(200)
    sleeper, held = await asleep(scene)
    partitions = [scene.checker.partitions[number] for number in held]
    epochs = [partition.epoch for partition in partitions]
    wakes_at = time.monotonic() + scene.stage.settings.session_timeout_ms / 1000 + BEYOND_SESSION_S

    def claimed() -> bool:
        return any(partition.epoch > epoch for partition, epoch in zip(partitions, epochs, strict=True))

    try:
        replaced = bool(held) and await comes_true(claimed, TAKEOVER_TIMEOUT_S)
        words = await asyncio.to_thread(scene.fleet.words, sleeper)
        scene.tries.append(f"{sleeper.pid} slept with {sorted(held)}, {words}")
        if replaced:
            await scene.progress(50)
            await asyncio.sleep(wakes_at - time.monotonic())
    finally:
        sleeper.send_signal(signal.SIGCONT)
    return replaced


async def _asleep_at_random(scene: Scene) -> tuple[Worker, set[int]]:
    """One of the workers that own something, and what; after another fault it may take a while until one does."""
    owners: list[tuple[Worker, set[int]]] = []

    async def somebody_owns() -> bool:
        workers = tuple(scene.fleet.workers)
        held = await asyncio.gather(*[asyncio.to_thread(scene.fleet.owned, worker) for worker in workers])
        owners[:] = [(worker, numbers) for worker, numbers in zip(workers, held, strict=True) if numbers]
        return bool(owners)

    await until(somebody_owns, JOIN_TIMEOUT_S, "a worker that owns something")
    sleeper, held = scene.random.choice(owners)
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
