"""Waiting for the worker: as long as anything moves, however slow the machine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

#: Longer than a worker that was thrown out of its group takes to be back: session and rebalance time-out, and a join.
STILL_S = 60.0
_LOOK_S = 0.01
#: What counts of the time between two looks: who was suspended has not looked.
_PASSED_MAX_S = 5.0
Look = Callable[[], Awaitable[object]]


class Behind(RuntimeError):
    """The worker did not do what it had to, and nothing else moved either; the message says what is missing."""


class Patience:
    """Waits for one thing at a time. ``pulse`` is anything that changes whenever the worker gets on."""

    def __init__(self, pulse: Callable[[], object], still_s: float = STILL_S) -> None:
        self._pulse, self._still_s = pulse, still_s
        self._since_s = 0.0
        #: What is waited for, and how far it is; empty while nothing is.
        self.what: Callable[[], str] = str

    @property
    def waited_s(self) -> float:
        """How long it is waited for by now."""
        return time.monotonic() - self._since_s if self.what() else 0.0

    async def until(self, done: Callable[[], bool], what: Callable[[], str], look: Look | None = None) -> None:
        """Wait until it is done; ``look`` is called before each look but the first.

        :raises Behind: nothing moved for a minute.
        """
        self.what, self._since_s = what, time.monotonic()
        try:
            await self._until(done, look)
        finally:
            self.what = str

    async def _until(self, done: Callable[[], bool], look: Look | None) -> None:
        pulse, still_s, seen_s = self._pulse(), 0.0, time.monotonic()
        while not done():
            passed_s, seen_s = time.monotonic() - seen_s, time.monotonic()
            still_s += min(passed_s, _PASSED_MAX_S)
            if (now := self._pulse()) != pulse:
                pulse, still_s = now, 0.0
            elif still_s > self._still_s:
                raise Behind(f"nothing came from the worker for {self._still_s:.0f} s, expected {self.what()}")
            await asyncio.sleep(_LOOK_S)
            if look is not None:
                await look()
