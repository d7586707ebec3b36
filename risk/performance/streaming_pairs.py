"""Metrics against a benchmark, one pair of returns at a time."""

from __future__ import annotations

from math import sqrt

import msgspec

from risk.performance.available import Result, ratio, too_short
from risk.performance.beta import FLAT
from risk.performance.returns import DAYS_A_YEAR, check_periods, checked
from risk.performance.running import CoMoments, Moments, Streaming


class StreamingBeta(Streaming):
    """:func:`risk.performance.beta.beta` of the pairs so far."""

    moments: CoMoments = msgspec.field(default_factory=CoMoments)

    def update(self, value: float, benchmark: float) -> None:
        """Take one return of each, decimals; a pair with a nan is none."""
        self.moments.update(checked(value), checked(benchmark, "benchmark"))

    @property
    def value(self) -> Result:
        """Slope on the benchmark."""
        other = self.moments.other
        refused = too_short(other.count, 2, 2)
        if refused:
            return refused
        return ratio(self.moments.products, other.squares if other.deviation else 0.0, FLAT)


class StreamingTrackingError(Streaming):
    """:func:`risk.performance.tracking_error.tracking_error` of the pairs so far."""

    periods: float = float(DAYS_A_YEAR)
    moments: Moments = msgspec.field(default_factory=Moments)

    def __post_init__(self) -> None:
        self.periods = check_periods(self.periods)

    def update(self, value: float, benchmark: float) -> None:
        """Take one return of each, decimals; a pair with a nan is none."""
        self.moments.update(checked(value) - checked(benchmark, "benchmark"))

    @property
    def value(self) -> Result:
        """Standard deviation of the active return, a decimal a year."""
        return too_short(self.moments.count, 2, 2) or self.moments.deviation * sqrt(self.periods)
