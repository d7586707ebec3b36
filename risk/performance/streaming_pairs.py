"""Metrics against a benchmark, one pair of returns at a time."""

from __future__ import annotations

from math import sqrt

import msgspec

from risk.performance.alpha import compounded
from risk.performance.available import NotAvailable, Result, ratio, too_short
from risk.performance.beta import FLAT
from risk.performance.minima import DEVIATION_MIN, RATIO_MIN
from risk.performance.returns import DAYS_A_YEAR, check_periods, check_rate, checked
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
        refused = too_short(other.count, RATIO_MIN, 2)
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
        return too_short(self.moments.count, DEVIATION_MIN, 2) or self.moments.deviation * sqrt(self.periods)


class StreamingInformationRatio(StreamingTrackingError):
    """:func:`risk.performance.information_ratio.information_ratio` of the pairs so far."""

    @property
    def value(self) -> Result:
        """Active return over tracking error, annualised."""
        refused = too_short(self.moments.count, RATIO_MIN, 2)
        return refused or ratio(self.moments.mean * sqrt(self.periods), self.moments.deviation, "no tracking error")


class Regression(Streaming):
    """What treynor, jensen and alpha rest on: the least squares line of the excess returns so far; ``risk_free`` is a
    decimal a period."""

    risk_free: float = 0.0
    periods: float = float(DAYS_A_YEAR)
    own: Moments = msgspec.field(default_factory=Moments)
    pairs: CoMoments = msgspec.field(default_factory=CoMoments)

    def __post_init__(self) -> None:
        self.risk_free = check_rate("risk_free", self.risk_free)
        self.periods = check_periods(self.periods)

    def update(self, value: float, benchmark: float) -> None:
        """Take one return of each, decimals; a pair with a nan is none."""
        own, other = checked(value) - self.risk_free, checked(benchmark, "benchmark") - self.risk_free
        self.pairs.update(own, other)
        self.own.update(own + 0.0 * other)

    @property
    def slope(self) -> Result:
        """Beta; exactly 0 for constant returns."""
        refused = too_short(self.own.count, RATIO_MIN, 2)
        if refused:
            return refused
        other = self.pairs.other
        if not other.deviation:
            return NotAvailable(FLAT)
        return ratio(self.pairs.products, other.squares, FLAT) if self.own.deviation else 0.0

    @property
    def intercept(self) -> Result:
        """Alpha a period."""
        slope = self.slope
        return slope if isinstance(slope, NotAvailable) else self.own.mean - slope * self.pairs.other.mean


class StreamingTreynor(Regression):
    """:func:`risk.performance.treynor.treynor_ratio` of the pairs so far."""

    @property
    def value(self) -> Result:
        """Excess return a year for each unit of beta."""
        slope = self.slope
        return slope if isinstance(slope, NotAvailable) else ratio(self.own.mean * self.periods, slope, "no beta")


class StreamingJensen(Regression):
    """:func:`risk.performance.jensen.jensens_alpha` of the pairs so far."""

    @property
    def value(self) -> Result:
        """A decimal a year."""
        intercept = self.intercept
        return intercept if isinstance(intercept, NotAvailable) else intercept * self.periods


class StreamingAlpha(Regression):
    """:func:`risk.performance.alpha.alpha` of the pairs so far."""

    @property
    def value(self) -> Result:
        """A decimal a year, compounded."""
        intercept = self.intercept
        return intercept if isinstance(intercept, NotAvailable) else compounded(intercept, self.periods)
