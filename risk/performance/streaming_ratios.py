"""Ratios of gains to losses and to drawdowns, one return at a time."""

from __future__ import annotations

from math import isnan, sqrt

import msgspec

from risk.performance.available import NotAvailable, Result, ratio, too_short
from risk.performance.equity import annualised
from risk.performance.minima import DESCRIPTION_MIN, RATIO_MIN
from risk.performance.returns import DAYS_A_YEAR, check_periods, check_rate, checked
from risk.performance.running import Moments, Streaming
from risk.performance.streaming_drawdown import StreamingDrawdown

_YEAR = float(DAYS_A_YEAR)


class StreamingSortino(Streaming):
    """:func:`risk.performance.sortino.sortino_ratio` of the returns so far; ``mar`` is a decimal a period."""

    mar: float = 0.0
    periods: float = _YEAR
    moments: Moments = msgspec.field(default_factory=Moments)
    mean_square: float = 0.0

    def __post_init__(self) -> None:
        self.mar = check_rate("mar", self.mar)
        self.periods = check_periods(self.periods)

    def update(self, value: float) -> None:
        """Take one return, a decimal."""
        above = checked(value) - self.mar
        self.moments.update(above)
        if not isnan(above):
            self.mean_square += (min(above, 0.0) ** 2 - self.mean_square) / self.moments.count

    @property
    def value(self) -> Result:
        """Sortino ratio, annualised."""
        refused = too_short(self.moments.count, RATIO_MIN, 2)
        scaled = self.moments.mean * sqrt(self.periods)
        return refused or ratio(scaled, sqrt(self.mean_square), "no return below the minimum acceptable")


class StreamingOmega(Streaming):
    """:func:`risk.performance.omega.omega_ratio` of the returns so far; ``threshold`` is a decimal a period."""

    threshold: float = 0.0
    count: int = 0
    gains: float = 0.0
    losses: float = 0.0

    def __post_init__(self) -> None:
        self.threshold = check_rate("threshold", self.threshold)

    def update(self, value: float) -> None:
        """Take one return, a decimal."""
        above = checked(value) - self.threshold
        if not isnan(above):
            self.count += 1
            self.gains += max(above, 0.0)
            self.losses += max(-above, 0.0)

    @property
    def value(self) -> Result:
        """Gains over losses."""
        return too_short(self.count, RATIO_MIN, 2) or ratio(self.gains, self.losses, "no return below the threshold")


class StreamingUlcer(Streaming):
    """:func:`risk.performance.ulcer.ulcer_index` of the returns so far."""

    drawdown: StreamingDrawdown = msgspec.field(default_factory=StreamingDrawdown)
    mean_square: float = 0.0

    def update(self, value: float) -> None:
        """Take one return, a decimal.

        :raises ValueError: a return below -1, or growth beyond what a float holds.
        """
        state = self.drawdown
        state.update(value)
        depth = 1.0 - state.equity / state.peak
        self.mean_square += (depth * depth - self.mean_square) / state.point

    @property
    def value(self) -> Result:
        """A fraction."""
        return too_short(self.drawdown.count, DESCRIPTION_MIN, 1) or sqrt(self.mean_square)


class StreamingCalmar(Streaming):
    """:func:`risk.performance.calmar.calmar_ratio` of the returns so far."""

    periods: float = _YEAR
    drawdown: StreamingDrawdown = msgspec.field(default_factory=StreamingDrawdown)

    def __post_init__(self) -> None:
        self.periods = check_periods(self.periods)

    def update(self, value: float) -> None:
        """Take one return, a decimal.

        :raises ValueError: a return below -1, or growth beyond what a float holds.
        """
        self.drawdown.update(value)

    @property
    def value(self) -> Result:
        """Growth a year over the deepest drawdown."""
        state = self.drawdown
        refused = too_short(state.count, RATIO_MIN, 2)
        if refused:
            return refused
        growth = annualised(state.equity, self.periods / state.count)
        return growth if isinstance(growth, NotAvailable) else ratio(growth, state.depth, "no drawdown")
