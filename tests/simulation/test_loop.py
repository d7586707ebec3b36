"""Virtual time: it jumps, processes stop as a whole, and what can never end is noticed."""

from __future__ import annotations

import asyncio

import pytest

from tests.simulation.loop import Deadlock, Process, VirtualLoop, running


def test_time_jumps_to_the_next_timer() -> None:
    """An hour passes at once, and timers of one moment run in the order in which they were set."""
    loop, seen = VirtualLoop(), list[str]()

    async def main() -> float:
        for name in "abc":
            loop.call_later(3600.0, seen.append, name)
        await asyncio.sleep(3600.0)
        return loop.time()

    assert loop.run_until_complete(main()) == 3600.0
    assert seen == ["a", "b", "c"]


def test_threads_run_at_once() -> None:
    """``asyncio.to_thread`` gives its result without a thread."""
    assert VirtualLoop().run_until_complete(asyncio.to_thread(sum, (1, 2))) == 3


def test_a_stopped_process_does_nothing() -> None:
    """Neither tasks nor timers nor a cancellation move it; continued, it does what became due."""
    loop, process, seen = VirtualLoop(), Process("p"), list[object]()

    async def work() -> None:
        try:
            async with asyncio.timeout(2.0):
                await asyncio.sleep(10.0)
        except TimeoutError:
            seen.append((loop.time(), running()))

    async def main() -> None:
        task = loop.create_task(work(), context=process.context)
        await asyncio.sleep(1.0)
        loop.stop_process(process)
        await asyncio.sleep(100.0)
        assert not seen
        loop.continue_process(process)
        await task

    loop.run_until_complete(main())
    assert seen == [(101.0, process)]


def test_a_deadlock_is_noticed() -> None:
    """If nothing can happen any more, waiting for it ends."""
    loop = VirtualLoop()
    with pytest.raises(Deadlock):
        loop.run_until_complete(loop.create_future())
