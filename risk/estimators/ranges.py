"""What estimators from open, high, low and close share: the check of a bar, and the window."""

from __future__ import annotations

from abc import abstractmethod
from math import isfinite, isnan, log
from typing import ClassVar, NamedTuple

from risk.estimators.sampler import ReturnSampler
from risk.estimators.scalar import Scalar

_NAN = float("nan")


class Ohlc(NamedTuple):
    """Prices of one bar, and the time it ends."""

    open: float
    high: float
    low: float
    close: float
    time_ns: int


class LogBar(NamedTuple):
    """Log returns: the open since the close before (nan: not known), and high, low and close since the open."""

    overnight: float
    up: float
    down: float
    close: float


class RangeEstimator(Scalar):
    """Variance per bar from the prices within bars, over the last ``window`` of them; nan until there are so many.

    A bar is refused that is not finite, not positive (logarithms know no negative prices), not ordered
    low <= open, close <= high, not after the one before, that spans more than ``return_max`` either way, or whose
    close jumps as :class:`risk.estimators.sampler.ReturnSampler` says, in which case the next one that agrees is
    believed. Assumes a continuous price without drift unless a subclass says otherwise; few trades bias it downwards.
    """

    __slots__ = ("sampler", "time_ns", "window")

    PARAMETERS: ClassVar[tuple[str, ...]] = ("window", "return_max")
    STATE: ClassVar[tuple[str, ...]] = ("sampler", "time_ns")

    def __init__(self, window: int, return_max: float = 0.9) -> None:
        super().__init__(return_max)
        self.window, self.time_ns = window, -1
        self.sampler = ReturnSampler(return_max, gap_max=0)

    @property
    def return_max(self) -> float:
        """Simple returns beyond it are refused."""
        return self.bound

    def update(self, bar: Ohlc) -> str | None:
        """Take one closed bar."""
        reason = self._malformed(bar)
        if reason is not None:
            return self.refuse(reason)
        before, row = self.sampler.close, self.sampler.row + 1
        # after a close that was doubted, the one before it covers more than a bar, or is of another level
        doubted = not isnan(self.sampler.doubted)
        self.time_ns = bar.time_ns
        _, reason = self.sampler.update(bar.close, row)
        if reason is not None:
            return self.refuse(reason)
        overnight = _NAN if isnan(before) or doubted else log(bar.open / before)
        self._take(LogBar(overnight, log(bar.high / bar.open), log(bar.low / bar.open), log(bar.close / bar.open)))
        return None

    def _malformed(self, bar: Ohlc) -> str | None:
        if not (isfinite(bar.open) and isfinite(bar.high) and isfinite(bar.low) and isfinite(bar.close)):
            return "not_finite"
        if not bar.low > 0.0:
            return "price_invalid"
        if not bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high:
            return "bar_inconsistent"
        if bar.time_ns <= self.time_ns:
            return "bar_repeated" if bar.time_ns == self.time_ns else "bar_out_of_order"
        return "range_beyond_bound" if bar.high / bar.low - 1.0 > self.bound else None

    @abstractmethod
    def _take(self, bar: LogBar) -> None: ...
