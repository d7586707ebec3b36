"""A calculation beside the naive one, and how long both take."""

from __future__ import annotations

import timeit
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

#: A round lasts about this long, and there are so many; the best counts, as all else is noise of the machine.
ROUND_S, ROUNDS = 0.01, 25


@dataclass(frozen=True, kw_only=True)
class Case:
    """``quick`` and ``naive`` answer the same question; ``aim_us`` is what ``quick`` may take, where there is an aim.

    ``rel`` is how far apart their answers may be; ``None`` where they are random or keep state of their own.
    """

    name: str
    quick: Callable[[], Any]
    naive: Callable[[], Any]
    against: str
    aim_us: float | None = None
    rel: float | None = 1e-9


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
    """Both, best of some rounds."""
    return Figure(
        name=case.name,
        quick_us=microseconds(case.quick),
        naive_us=microseconds(case.naive),
        against=case.against,
        aim_us=case.aim_us,
    )


def microseconds(call: Callable[[], Any]) -> float:
    """One call; of a long one a single round after the first."""
    once = timeit.timeit(call, number=1)
    if once > 20 * ROUND_S:
        return min(once, timeit.timeit(call, number=1)) * 1e6
    number = max(1, int(ROUND_S / max(timeit.timeit(call, number=1), 1e-7)))
    return min(timeit.repeat(call, number=number, repeat=ROUNDS)) / number * 1e6


def time_text(microseconds: float) -> str:
    """In the unit that fits.

    >>> time_text(0.234), time_text(1234.0), time_text(1.5e6)
    ('0.23 us', '1.23 ms', '1.50 s')
    """
    for scale, unit in ((1e6, "s"), (1e3, "ms")):
        if microseconds >= scale:
            return f"{microseconds / scale:.2f} {unit}"
    return f"{microseconds:.2f} us"
