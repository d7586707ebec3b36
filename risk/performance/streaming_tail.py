"""Tail ratio, VaR and ES of the last returns, one return at a time: the window is kept in the order it came in and in
that of size, O(log n) to find a place and O(n) to move what is behind it."""

from __future__ import annotations

from bisect import bisect_left, insort
from math import floor, isnan

import msgspec

from risk.measures.var import observations_needed, tail_count
from risk.performance.available import NotAvailable, Result, ratio, too_short
from risk.performance.minima import RATIO_MIN
from risk.performance.returns import checked
from risk.performance.running import Streaming

WINDOW = 500


class Window(Streaming):
    """The last ``size`` observations: ``recent`` as they came, ``ordered`` by size."""

    size: int = WINDOW
    recent: list[float] = msgspec.field(default_factory=list)
    ordered: list[float] = msgspec.field(default_factory=list)

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError(f"`size` is {self.size}, expected at least 1")
        if len(self.recent) > self.size or sorted(self.recent) != self.ordered:
            raise ValueError(f"`ordered` has {len(self.ordered)}, expected the {len(self.recent)} recent ones in order")

    def update(self, value: float) -> None:
        """Take one observation; nan is none."""
        if isnan(value):
            return
        if len(self.recent) == self.size:
            del self.ordered[bisect_left(self.ordered, self.recent.pop(0))]
        self.recent.append(value)
        insort(self.ordered, value)

    def quantile(self, share: float) -> float:
        """numpy's default, interpolated linearly."""
        place = share * (len(self.ordered) - 1)
        low = min(floor(place), len(self.ordered) - 1)
        high = min(low + 1, len(self.ordered) - 1)
        return self.ordered[low] + (place - low) * (self.ordered[high] - self.ordered[low])


class StreamingTailRatio(Streaming):
    """:func:`risk.performance.tail_ratio.tail_ratio` of the returns in the window."""

    tail: float = 0.05
    window: Window = msgspec.field(default_factory=Window)

    def __post_init__(self) -> None:
        if not 0.0 < self.tail < 0.5:
            raise ValueError(f"`tail` is {self.tail}, expected above 0 and below 0.5")

    def update(self, value: float) -> None:
        """Take one return, a decimal."""
        self.window.update(checked(value))

    @property
    def value(self) -> Result:
        """The good tail over the bad one."""
        refused = too_short(len(self.window.recent), RATIO_MIN, 1)
        if refused:
            return refused
        return ratio(abs(self.window.quantile(1.0 - self.tail)), abs(self.window.quantile(self.tail)), "no bad tail")


class StreamingHistoricalVar(Streaming):
    """:func:`risk.measures.var.historical_var_es` of the returns in the window: positive losses, decimals.

    >>> var = StreamingHistoricalVar(confidence=0.9)
    >>> for r in range(-10, 10):
    ...     var.update(r / 100)
    >>> var.value, round(var.shortfall, 12)
    (0.08, 0.09)
    """

    confidence: float = 0.99
    window: Window = msgspec.field(default_factory=Window)

    def __post_init__(self) -> None:
        if not 0.0 < self.confidence < 1.0:
            raise ValueError(f"`confidence` is {self.confidence}, expected between 0 and 1")

    def update(self, value: float) -> None:
        """Take one return, a decimal."""
        self.window.update(checked(value))

    @property
    def value(self) -> Result:
        """VaR."""
        return self._refused() or -self.window.ordered[self._rank - 1]

    @property
    def shortfall(self) -> Result:
        """ES: the mean loss at or beyond that same VaR."""
        return self._refused() or -sum(self.window.ordered[: self._rank]) / self._rank

    @property
    def _rank(self) -> int:
        return tail_count(len(self.window.recent), self.confidence)

    def _refused(self) -> NotAvailable | None:
        return too_short(len(self.window.recent), 1, observations_needed(self.confidence))
