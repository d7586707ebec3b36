"""Yang's and Zhang's variance from open, high, low and close, with the move between bars."""

from __future__ import annotations

from math import isnan
from typing import ClassVar

from risk.estimators.ranges import LogBar, RangeEstimator
from risk.estimators.rolling import RollingMoments

_NAN = float("nan")


class YangZhang(RangeEstimator):
    """V_o + k V_c + (1 - k) V_rs over n bars, k = 0.34 / (1.34 + (n + 1) / (n - 1)) (Yang, Zhang 2000), per bar.

    V_o and V_c are the sample variances of ln(O_t / C_{t-1}) and ln(C_t / O_t), V_rs the mean of Rogers' and
    Satchell's (1991) u (u - c) + d (d - c). Independent of drift and of opening jumps. A bar without one before it
    (the first, and the one that confirms a jump) gives no overnight return and is left out. See
    :class:`risk.estimators.ranges.RangeEstimator`.

    >>> from risk.estimators.ranges import Ohlc
    >>> yang_zhang = YangZhang(window=2)
    >>> for time_ns, move in enumerate((0.0, 1.0, 3.0), start=1):
    ...     refusal = yang_zhang.update(Ohlc(100.0 + move, 104.0, 99.0, 101.0, time_ns))
    >>> round(yang_zhang.variance, 9)
    0.001281869
    """

    __slots__ = ("closes", "opens", "ranges")

    STATE: ClassVar[tuple[str, ...]] = (*RangeEstimator.STATE, "opens", "closes", "ranges")

    def __init__(self, window: int, return_max: float = 0.9) -> None:
        super().__init__(window, return_max)
        self.opens, self.closes, self.ranges = (RollingMoments(window) for _ in range(3))

    def _take(self, bar: LogBar) -> None:
        if isnan(bar.overnight):
            return
        self.opens.add(bar.overnight)
        self.closes.add(bar.close)
        self.ranges.add(bar.up * (bar.up - bar.close) + bar.down * (bar.down - bar.close))

    @property
    def variance(self) -> float:
        """Variance per bar; nan until the window is full."""
        count = self.window
        if self.opens.count < count:
            return _NAN
        k = 0.34 / (1.34 + (count + 1) / (count - 1))
        return self.opens.variance + k * self.closes.variance + (1.0 - k) * self.ranges.mean
