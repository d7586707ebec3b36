"""A calculation beside the naive one: that both come to the same, and how long each takes."""

from __future__ import annotations

import timeit
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

#: A round lasts about this long, and there are so many, fewer of what alone takes longer; the median counts.
ROUND_S, ROUNDS, ROUNDS_MIN = 0.01, 25, 5


@dataclass(frozen=True, kw_only=True)
class Case:
    """``quick`` and ``naive`` answer the same question; ``aim_us`` is what ``quick`` may take, where there is an aim.

    Answers are a number, an array, or a tuple of them, of each of which ``rel`` is how far apart they may be, as a
    share of the largest element. Where ``quick`` is one step of many, ``answer`` is what all of them come to.
    """

    name: str
    quick: Callable[[], Any]
    naive: Callable[[], Any]
    against: str
    aim_us: float | None = None
    rel: float = 1e-9
    answer: Callable[[], Any] | None = None

    def check(self) -> None:
        """:raises AssertionError: the two come to something else."""
        found, expected = (self.answer or self.quick)(), self.naive()
        if not isinstance(expected, tuple):
            found, expected = (found,), (expected,)
        for one, other in zip(found, expected, strict=True):
            largest = float(np.abs(other).max())
            np.testing.assert_allclose(one, other, rtol=0.0, atol=self.rel * largest, err_msg=self.name)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """Microseconds a call; ``ratio`` is naive over quick."""

    name: str
    quick_us: float
    naive_us: float
    against: str
    aim_us: float | None

    @property
    def ratio(self) -> float:
        """How many times as long the naive one takes."""
        return self.naive_us / self.quick_us

    @property
    def met(self) -> bool | None:
        """Whether the aim is met; ``None`` without one."""
        return None if self.aim_us is None else self.quick_us <= self.aim_us


def measure(case: Case) -> Figure:
    """Both, in turn, so that what else the machine does meets both.

    :raises AssertionError: they come to something else.
    """
    case.check()
    calls = case.quick, case.naive
    numbers = [_calls_a_round(call) for call in calls]
    seconds = max(timeit.timeit(call, number=number) for call, number in zip(calls, numbers, strict=True))
    rounds = max(ROUNDS_MIN, min(ROUNDS, int(ROUNDS * 2 * ROUND_S / seconds)))
    times = [
        [timeit.timeit(call, number=number) / number * 1e6 for call, number in zip(calls, numbers, strict=True)]
        for _ in range(rounds)
    ]
    quick_us, naive_us = map(median, zip(*times, strict=True))
    return Figure(name=case.name, quick_us=quick_us, naive_us=naive_us, against=case.against, aim_us=case.aim_us)


def time_text(microseconds: float) -> str:
    """In the unit that fits.

    >>> time_text(0.234), time_text(1234.0), time_text(1.5e6)
    ('0.23 us', '1.23 ms', '1.50 s')
    """
    for scale, unit in ((1e6, "s"), (1e3, "ms")):
        if microseconds >= scale:
            return f"{microseconds / scale:.2f} {unit}"
    return f"{microseconds:.2f} us"


def _calls_a_round(call: Callable[[], Any]) -> int:
    """From the second call on, for the first warms caches."""
    call()
    return max(1, int(ROUND_S / max(min(timeit.repeat(call, number=1, repeat=3)), 1e-7)))
