"""Deepest and current drawdown, one return at a time."""

from __future__ import annotations

from math import isinf, isnan

from risk.performance.available import NotAvailable, too_short
from risk.performance.drawdown import Drawdown
from risk.performance.minima import DESCRIPTION_MIN
from risk.performance.returns import checked
from risk.performance.running import Streaming


class StreamingDrawdown(Streaming):
    """:func:`risk.performance.drawdown.max_drawdown` and ``current_drawdown`` of the returns so far, bit for bit.

    >>> drawdown = StreamingDrawdown()
    >>> for r in (0.1, -0.5, 0.2):
    ...     drawdown.update(r)
    >>> drawdown.value
    Drawdown(depth=0.5, start=1, trough=2, end=None, duration=2)
    """

    count: int = 0
    point: int = 0
    equity: float = 1.0
    peak: float = 1.0
    peak_at: int = 0
    low: float = 0.0
    low_at: int = 0
    depth: float = 0.0
    start: int = 0
    trough: int = 0
    end: int | None = 0

    def update(self, value: float) -> None:
        """Take one return, a decimal.

        :raises ValueError: a return below -1, or growth beyond what a float holds.
        """
        change = checked(value)
        if change < -1.0:
            raise ValueError(f"`value` is {value}, expected at least -1")
        equity = self.equity if isnan(change) else self.equity * (1.0 + change)
        if isinf(equity):
            raise ValueError(f"`value` is {value}, which compounds to infinity, expected growth that a float holds")
        self.count += not isnan(change)
        self.point += 1
        self.equity, self.peak = equity, max(self.peak, equity)
        self._mark(1.0 - equity / self.peak)

    def _mark(self, depth: float) -> None:
        if depth == 0.0:
            self.peak_at = self.low_at = self.point
            self.low = 0.0
            self.end = self.point if self.end is None else self.end
        elif depth > self.low:
            self.low, self.low_at = depth, self.point
        if depth > self.depth:
            self.depth, self.start, self.trough, self.end = depth, self.peak_at, self.point, None

    @property
    def value(self) -> Drawdown | NotAvailable:
        """The deepest drawdown so far."""
        refused = too_short(self.count, DESCRIPTION_MIN, 1)
        last = self.point if self.end is None else self.end
        return refused or Drawdown(self.depth, self.start, self.trough, self.end, last - self.start)

    @property
    def current(self) -> Drawdown | NotAvailable:
        """The drawdown that the last point is in."""
        refused = too_short(self.count, DESCRIPTION_MIN, 1)
        end = self.point if self.peak_at == self.point else None
        now = 1.0 - self.equity / self.peak
        return refused or Drawdown(now, self.peak_at, self.low_at, end, self.point - self.peak_at)
