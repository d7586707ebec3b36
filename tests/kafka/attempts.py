"""Trying what may not succeed at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.waiting import until

#: The group may give a worker nothing: then another one is tried.
TRIES = 4


async def some_try(attempt: Callable[[], Awaitable[bool]]) -> bool:
    """Whether one of some attempts succeeds."""
    for _ in range(TRIES):
        if await attempt():
            return True
    return False


async def comes_true(condition: Callable[[], bool], timeout_s: float) -> bool:
    """Whether it does, within the time."""

    async def holds() -> bool:
        return condition()

    try:
        await until(holds, timeout_s)
    except AssertionError:
        return False
    return True
