"""Workers end: killed, at a random moment or at a named point, or told to; and others join."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

from tests.kafka.attempts import comes_true, some_try
from tests.kafka.whereabouts import whereabouts
from tests.waiting import until

if TYPE_CHECKING:
    from tests.kafka.scene import Scene

WORKERS_MIN, WORKERS_MAX = 2, 4
JOIN_TIMEOUT_S, EXIT_TIMEOUT_S, POINT_TIMEOUT_S = 40.0, 20.0, 40.0
#: How often a point may be passed before it kills: rare ones at once, and poison is rare enough to be waited for.
_PASSAGES = {"after_claim": 2, "mid_snapshot": 2, "after_manifest": 2, "after_bury": 1, "before_cursor": 20}
_TIMEOUTS_S = {"after_bury": 80.0}


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
    if not await some_try(lambda: _dies_at(scene, f"{point}:{passages}", timeout_s)):
        raise AssertionError(f"no worker came to {point}:{passages}")
    scene.fleet.fill(WORKERS_MIN)
    scene.counts["kills"] += 1
    scene.counts["kills_at_points"] += 1
    scene.counts[f"at_{point}"] += 1


async def _dies_at(scene: Scene, fault_at: str, timeout_s: float) -> bool:
    """Whether the group gives the new worker something to do, so that it comes to the point."""
    scene.fleet.fill(WORKERS_MIN)  # one that was tried in vain has taken the place of another
    await leave(scene)
    worker = scene.fleet.add_faulty(fault_at)
    if not await comes_true(lambda: worker.poll() is not None, timeout_s):
        worker.kill()
        worker.wait()
        return False
    if worker.returncode != -signal.SIGKILL:  # it ended by itself before it came there
        scene.fleet.note_end(worker)
        return False
    return True


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
    if not await comes_true(lambda: leaver.poll() is not None, EXIT_TIMEOUT_S):
        stands = await whereabouts(scene.stage, [leaver])
        raise AssertionError(f"a worker did not end within {EXIT_TIMEOUT_S} s of SIGTERM: {stands}")
    if leaver.returncode not in {0, -signal.SIGTERM}:  # the latter: before it was up
        scene.fleet.note_end(leaver)
