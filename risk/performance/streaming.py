"""Metrics that take one return at a time, where that gives exactly what all returns at once give.

Each has ``update``, ``value``, and bytes that bring its state back bit by bit. A nan is a period without a return; what
is out of range raises and changes nothing. Settings are checked at construction, and so when decoding. Some
have files of their own and are named here.
"""

from __future__ import annotations

from math import isnan, sqrt

import msgspec

from risk.performance.available import Result, ratio, too_short
from risk.performance.minima import DESCRIPTION_MIN, DEVIATION_MIN, RATIO_MIN
from risk.performance.returns import DAYS_A_YEAR, check_periods, check_rate, checked
from risk.performance.running import Moments, Streaming
from risk.performance.sharpe import FLAT
from risk.performance.streaming_drawdown import StreamingDrawdown
from risk.performance.streaming_moments import StreamingKurtosis, StreamingSkewness
from risk.performance.streaming_pairs import (
    StreamingAlpha,
    StreamingBeta,
    StreamingInformationRatio,
    StreamingJensen,
    StreamingTrackingError,
    StreamingTreynor,
)
from risk.performance.streaming_ratios import StreamingCalmar, StreamingOmega, StreamingSortino, StreamingUlcer
from risk.performance.streaming_tail import StreamingHistoricalVar, StreamingTailRatio

__all__ = [
    "StreamingAlpha",
    "StreamingBeta",
    "StreamingCalmar",
    "StreamingDownside",
    "StreamingDrawdown",
    "StreamingHistoricalVar",
    "StreamingHitRate",
    "StreamingInformationRatio",
    "StreamingJensen",
    "StreamingKurtosis",
    "StreamingMean",
    "StreamingOmega",
    "StreamingSharpe",
    "StreamingSkewness",
    "StreamingSortino",
    "StreamingTailRatio",
    "StreamingTrackingError",
    "StreamingTreynor",
    "StreamingUlcer",
    "StreamingVolatility",
]

_YEAR = float(DAYS_A_YEAR)


class StreamingMean(Streaming):
    """Arithmetic mean, a decimal a period: mean += (r - mean) / n.

    >>> mean = StreamingMean()
    >>> for r in (1.0, 2.0):
    ...     mean.update(r)
    >>> mean.value
    1.5
    """

    moments: Moments = msgspec.field(default_factory=Moments)

    def update(self, value: float) -> None:
        """Take one return, a decimal."""
        self.moments.update(checked(value))

    @property
    def value(self) -> Result:
        """The mean so far."""
        return too_short(self.moments.count, DESCRIPTION_MIN, 1) or self.moments.mean


class StreamingVolatility(Streaming):
    """:func:`risk.performance.volatility.annual_volatility` of the returns so far."""

    periods: float = _YEAR
    moments: Moments = msgspec.field(default_factory=Moments)

    def __post_init__(self) -> None:
        self.periods = check_periods(self.periods)

    def update(self, value: float) -> None:
        """Take one return, a decimal."""
        self.moments.update(checked(value))

    @property
    def value(self) -> Result:
        """Volatility, a decimal a year."""
        return too_short(self.moments.count, DEVIATION_MIN, 2) or self.moments.deviation * sqrt(self.periods)


class StreamingSharpe(Streaming):
    """:func:`risk.performance.sharpe.sharpe_ratio` of the returns so far; ``risk_free`` is a decimal a period."""

    risk_free: float = 0.0
    periods: float = _YEAR
    moments: Moments = msgspec.field(default_factory=Moments)

    def __post_init__(self) -> None:
        self.risk_free = check_rate("risk_free", self.risk_free)
        self.periods = check_periods(self.periods)

    def update(self, value: float) -> None:
        """Take one return, a decimal."""
        self.moments.update(checked(value) - self.risk_free)

    @property
    def value(self) -> Result:
        """Sharpe ratio, annualised."""
        refused = too_short(self.moments.count, RATIO_MIN, 2)
        return refused or ratio(self.moments.mean * sqrt(self.periods), self.moments.deviation, FLAT)


class StreamingDownside(Streaming):
    """:func:`risk.performance.downside.downside_deviation` of the returns so far; ``mar`` is a decimal a period."""

    mar: float = 0.0
    periods: float = _YEAR
    count: int = 0
    mean_square: float = 0.0

    def __post_init__(self) -> None:
        self.mar = check_rate("mar", self.mar)
        self.periods = check_periods(self.periods)

    def update(self, value: float) -> None:
        """Take one return, a decimal."""
        seen = checked(value)
        if not isnan(seen):
            below = min(seen - self.mar, 0.0)
            self.count += 1
            self.mean_square += (below * below - self.mean_square) / self.count

    @property
    def value(self) -> Result:
        """Downside deviation, a decimal a year."""
        return too_short(self.count, DESCRIPTION_MIN, 1) or sqrt(self.mean_square) * sqrt(self.periods)


class StreamingHitRate(Streaming):
    """:func:`risk.performance.hit_rate.hit_rate` of the returns so far; ``threshold`` is a decimal a period."""

    threshold: float = 0.0
    count: int = 0
    hits: int = 0

    def __post_init__(self) -> None:
        self.threshold = check_rate("threshold", self.threshold)

    def update(self, value: float) -> None:
        """Take one return, a decimal."""
        seen = checked(value)
        self.count += not isnan(seen)
        self.hits += seen > self.threshold

    @property
    def value(self) -> Result:
        """Share of the observations above the threshold."""
        return too_short(self.count, DESCRIPTION_MIN, 1) or self.hits / self.count
