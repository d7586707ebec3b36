"""An event loop without a clock: time jumps to the next timer. Its processes stop and go on as a whole."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar, copy_context
from typing import Any


class Deadlock(Exception):
    """Everything waits, and no timer will ever end it."""


class Process:
    """What an operating system calls one: stopped, nothing of it runs, neither tasks nor timers nor cleaning up; what
    became due meanwhile runs when it is continued."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.stopped = False
        self.context = _context_of(self)
        self.held: deque[asyncio.Handle] = deque()


_RUNNING: ContextVar[Process | None] = ContextVar("process", default=None)


def running() -> Process | None:
    """The process whose code runs now; ``None`` outside of all."""
    return _RUNNING.get()


def _context_of(process: Process) -> Context:
    context = copy_context()
    context.run(_RUNNING.set, process)
    return context


_AbstractLoop: Any = asyncio.AbstractEventLoop


class VirtualLoop(_AbstractLoop):  # type: ignore[misc]
    """What tasks, futures, timers and ``asyncio.to_thread`` need, which runs at once. The order of callbacks is that of
    their scheduling, that of timers their time, then their scheduling: the same program, the same history."""

    def __init__(self) -> None:
        self._now_s = 0.0
        self._ready: deque[tuple[Process | None, asyncio.Handle]] = deque()
        self._timers: list[tuple[float, int, Process | None, asyncio.Handle]] = []
        self._number = itertools.count()
        #: What callbacks raised, and nobody caught.
        self.errors: list[dict[str, Any]] = []

    def time(self) -> float:
        """Seconds since the loop began."""
        return self._now_s

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> asyncio.Handle:
        """Run in this turn or the next, within the process of the context."""
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append((_process(context), handle))
        return handle

    call_soon_threadsafe = call_soon

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Run at a time of this loop."""
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._timers, (when, next(self._number), _process(context), handle))
        return handle

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Run after so many seconds."""
        return self.call_at(self._now_s + delay, callback, *args, context=context)

    def create_future(self) -> asyncio.Future[Any]:
        """A future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(
        self, coro: Coroutine[Any, Any, Any], *, name: str | None = None, context: Context | None = None
    ) -> asyncio.Task[Any]:
        """A task of this loop, in the process of the context."""
        return asyncio.Task(coro, loop=self, name=name, context=context)

    def run_in_executor(self, executor: object, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        """No threads: at once."""
        done = self.create_future()
        done.set_result(func(*args))
        return done

    def get_debug(self) -> bool:
        """Never."""
        return False

    def is_running(self) -> bool:
        """Always, for whoever asks runs in it."""
        return True

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Keep what nobody caught."""
        self.errors.append(context)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """It is passed over when its time comes."""

    def stop_process(self, process: Process) -> None:
        """As by SIGSTOP, in the middle of whatever it does at its next await."""
        process.stopped = True

    def continue_process(self, process: Process) -> None:
        """As by SIGCONT."""
        process.stopped = False
        self._ready.extend((process, handle) for handle in process.held)
        process.held.clear()

    def run_until_complete(self, future: Any) -> Any:
        """Turn until the future or coroutine is done; gives its result.

        :raises Deadlock: nothing can happen any more.
        """
        with _current(self):
            main = asyncio.ensure_future(future, loop=self)
            while not main.done():
                self._turn()
            return main.result()

    def _turn(self) -> None:
        while not self._ready:
            if not self._timers:
                raise Deadlock(f"nothing can happen after {self._now_s:.3f} s")
            when, _, process, handle = heapq.heappop(self._timers)
            if not handle.cancelled():
                self._now_s = max(self._now_s, when)
                self._ready.append((process, handle))
        process, handle = self._ready.popleft()
        if process is not None and process.stopped:
            process.held.append(handle)
        elif not handle.cancelled():
            handle._run()


def _process(context: Context | None) -> Process | None:
    return _RUNNING.get() if context is None else context.get(_RUNNING)


@contextmanager
def _current(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    before = asyncio._get_running_loop()
    asyncio._set_running_loop(loop)
    try:
        yield
    finally:
        asyncio._set_running_loop(before)
