"""Which times are believed that lie far ahead of all before them."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

Item = TypeVar("Item")
#: Of more that wait, the oldest are dropped.
WAITING_MAX = 1000


class TimeGuard(Generic[Item]):
    """Lets items pass in the order of their coming; one that is more than ``jump_max_ns`` ahead of the time so far
    waits until ``confirmations`` of different source or time agree that time went on.

    So one tick from the far future moves no clock, and a replay goes on after a pause of months. As soon as time goes
    on without them, those that wait are dropped.

    >>> guard = TimeGuard[str](jump_max_ns=10, confirmations=2)
    >>> guard.passing("stray", "AAA", 99, now_ns=5), guard.passing("good", "BBB", 6, now_ns=5)
    ([], ['good'])
    >>> guard.passing("one", "AAA", 99, now_ns=6), guard.passing("two", "BBB", 98, now_ns=6)
    ([], ['one', 'two'])
    """

    def __init__(self, jump_max_ns: int, confirmations: int) -> None:
        self._jump_max_ns, self._confirmations = jump_max_ns, confirmations
        self._waiting: deque[Item] = deque(maxlen=WAITING_MAX)
        self._agreeing: set[tuple[str, int]] = set()

    def passing(self, item: Item, source: str, time_ns: int, now_ns: int) -> list[Item]:
        """What may pass now that this item came; ``now_ns`` is the time so far, 0: none."""
        if not now_ns or time_ns - now_ns <= self._jump_max_ns:
            self._clear()
            return [item]
        if any(abs(time_ns - other_ns) > self._jump_max_ns for _, other_ns in self._agreeing):
            self._clear()
        self._agreeing.add((source, time_ns))
        self._waiting.append(item)
        if len(self._agreeing) < self._confirmations:
            return []
        items = list(self._waiting)
        self._clear()
        return items

    def _clear(self) -> None:
        self._waiting.clear()
        self._agreeing.clear()
