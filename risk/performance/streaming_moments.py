"""Skewness and kurtosis, one return at a time."""

from __future__ import annotations

from math import isnan, sqrt

from risk.performance.available import NotAvailable, Result, too_short
from risk.performance.minima import MOMENT_MIN
from risk.performance.returns import checked, resolved
from risk.performance.running import Streaming
from risk.performance.sharpe import FLAT


class HigherMoments(Streaming):
    """Mean and sums of powers around it, by the one-observation case of Pebay's formulas (Sandia 2008).

    >>> moments = HigherMoments()
    >>> for x in (0.0, 0.0, 3.0):
    ...     moments.update(x)
    >>> moments.mean, moments.squares, moments.cubes
    (1.0, 6.0, 6.0)
    """

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    cubes: float = 0.0
    fourths: float = 0.0

    def update(self, value: float) -> None:
        """Take one observation; nan is none."""
        if isnan(value):
            return
        n = self.count = self.count + 1
        delta = value - self.mean
        step = delta / n
        part = delta * step * (n - 1)
        self.mean += step
        self.fourths += part * step * step * (n * n - 3 * n + 3) + 6.0 * step * step * self.squares
        self.fourths -= 4.0 * step * self.cubes
        self.cubes += part * step * (n - 2) - 3.0 * step * self.squares
        self.squares += part

    def standardised(self, power_sum: float, power: int) -> Result:
        """mean((x - mean)^power) over the population deviation to that power."""
        if resolved(sqrt(self.squares / (self.count - 1)), self.mean) == 0.0:
            return NotAvailable(FLAT)
        deviation = sqrt(self.squares / self.count)
        return power_sum / self.count / deviation**power


class StreamingSkewness(HigherMoments):
    """:func:`risk.performance.moments.skewness` of the returns so far."""

    def update(self, value: float) -> None:
        """Take one return, a decimal."""
        HigherMoments.update(self, checked(value))

    @property
    def value(self) -> Result:
        """Third standardised moment."""
        return too_short(self.count, MOMENT_MIN, 3) or self.standardised(self.cubes, 3)


class StreamingKurtosis(HigherMoments):
    """:func:`risk.performance.moments.kurtosis` of the returns so far."""

    def update(self, value: float) -> None:
        """Take one return, a decimal."""
        HigherMoments.update(self, checked(value))

    @property
    def value(self) -> Result:
        """Excess kurtosis."""
        fourth = too_short(self.count, MOMENT_MIN, 4) or self.standardised(self.fourths, 4)
        return fourth if isinstance(fourth, NotAvailable) else fourth - 3.0
