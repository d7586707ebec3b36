"""Tasks that live and die together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

from streams.appender import LostOwnership

#: A cancellation can be lost, where what a task waited for came in the same turn of the loop: it is said again.
AGAIN_S = 1.0
T = TypeVar("T")


class CancelledByNobody(Exception):
    """Work was cancelled, and nobody asked for that: a library cancelled something that it waited for itself."""


async def unbroken(work: Callable[..., Awaitable[T]], *arguments: Any) -> T:
    """What the work gives. A task that ends cancelled is held to have been told so, and nobody misses it.

    :raises CancelledByNobody: it was not.

    >>> async def loses():
    ...     lost = asyncio.ensure_future(asyncio.sleep(60))
    ...     lost.cancel()
    ...     await lost
    >>> asyncio.run(unbroken(loses))
    Traceback (most recent call last):
    streams.tasks.CancelledByNobody: loses was cancelled, and nobody asked for that
    """
    try:
        return await work(*arguments)
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        name = getattr(work, "__qualname__", repr(work))
        raise CancelledByNobody(f"{name} was cancelled, and nobody asked for that") from error


async def end_all(tasks: Iterable[asyncio.Future[Any]]) -> None:
    """Cancel, and wait until all have ended; how they did is left to who asks them.

    >>> async def stubborn():
    ...     try:
    ...         await asyncio.sleep(60)
    ...     except asyncio.CancelledError:
    ...         await asyncio.sleep(60)
    >>> async def both():
    ...     task = asyncio.ensure_future(stubborn())
    ...     await asyncio.sleep(0)
    ...     await end_all([task])
    ...     return task.cancelled()
    >>> asyncio.run(both())
    True
    """
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=AGAIN_S)


async def first_to_end(*works: Awaitable[Any]) -> None:
    """Run until the first ends, cancel the others, and raise what ended it.

    >>> async def fails():
    ...     raise ValueError("the first")
    >>> asyncio.run(first_to_end(asyncio.sleep(60), fails()))
    Traceback (most recent call last):
    ValueError: the first
    """
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end_all(tasks)
    failures = [task.exception() for task in tasks if not task.cancelled()]
    errors = [error for error in failures if error is not None]
    if errors:
        raise next((error for error in errors if not isinstance(error, LostOwnership)), errors[0])
