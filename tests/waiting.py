"""Waiting for a condition with a deadline, instead of sleeping and hoping."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

STEP_S = 0.02


def wait_until(condition: Callable[[], object], timeout_s: float = 10.0, what: str = "the condition") -> None:
    """Return when it holds.

    :raises AssertionError: it does not hold within the time.
    """
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come true within {timeout_s} s"
        time.sleep(STEP_S)


async def until(condition: Callable[[], Awaitable[bool]], timeout_s: float = 10.0, what: str = "the condition") -> None:
    """The same in an event loop."""
    deadline = time.monotonic() + timeout_s
    while not await condition():
        assert time.monotonic() < deadline, f"{what} did not come true within {timeout_s} s"
        await asyncio.sleep(STEP_S)


async def cancelled() -> None:
    """End as if cancelled, though nobody cancels the caller."""
    lost = asyncio.get_running_loop().create_future()
    lost.cancel()
    await lost
