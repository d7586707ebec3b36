"""Mean and variance of the last n values, without ever subtracting a value that leaves."""

from __future__ import annotations

from typing import Any

from risk.estimators.scalar import check_count

_NAN = float("nan")
Moments = tuple[int, float, float]
_NONE: Moments = (0, 0.0, 0.0)


class RollingMoments:
    """Moments of a window in amortised O(1): two stacks, each of which only ever adds.

    New values are added to the back; when the front runs empty the back is turned over into running moments from
    newest to oldest, of which each departure takes one off. Moments are joined as in Chan, Golub, LeVeque (1979). So no
    sum is ever reduced, an outlier leaves no residue, and drift cannot build up.

    >>> window = RollingMoments(2)
    >>> for x in (1e9, 1.0, 3.0):
    ...     window.add(x)
    >>> window.mean, window.variance
    (2.0, 2.0)
    """

    __slots__ = ("_back", "_front", "_total", "window")

    def __init__(self, window: int) -> None:
        check_count("window", window, 2)
        self.window = window
        self._front: list[Moments] = []
        self._back: list[float] = []
        self._total = _NONE

    def add(self, value: float) -> None:
        """Push a value; the oldest leaves a full window."""
        if len(self._front) + len(self._back) == self.window:
            if not self._front:
                self._turn()
            self._front.pop()
        self._back.append(value)
        self._total = _with(self._total, value)

    def _turn(self) -> None:
        running = _NONE
        for value in reversed(self._back):
            running = _with(running, value)
            self._front.append(running)
        self._back.clear()
        self._total = _NONE

    @property
    def moments(self) -> Moments:
        """Count, mean and sum of squared deviations."""
        return _joined(self._front[-1], self._total) if self._front else self._total

    @property
    def count(self) -> int:
        """Values in the window."""
        return len(self._front) + len(self._back)

    @property
    def mean(self) -> float:
        """nan while empty."""
        count, mean, _ = self.moments
        return mean if count else _NAN

    @property
    def variance(self) -> float:
        """Sample variance (divisor n - 1); nan below two values."""
        count, _, squares = self.moments
        return squares / (count - 1) if count > 1 else _NAN

    def dump(self) -> list[Any]:
        """The state, for :meth:`load`."""
        return [self._front, self._back, self._total]

    def load(self, state: list[Any]) -> None:
        """Take over what :meth:`dump` gave."""
        front, back, total = state
        self._front, self._back = [(n, mean, squares) for n, mean, squares in front], list(back)
        self._total = (total[0], total[1], total[2])


def _with(moments: Moments, value: float) -> Moments:
    count, mean, squares = moments
    delta = value - mean
    mean += delta / (count + 1)
    return count + 1, mean, squares + delta * (value - mean)


def _joined(one: Moments, other: Moments) -> Moments:
    if not other[0]:
        return one
    count, delta = one[0] + other[0], other[1] - one[1]
    share = other[0] / count
    return count, one[1] + delta * share, one[2] + other[2] + delta * delta * one[0] * share
