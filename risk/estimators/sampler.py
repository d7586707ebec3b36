"""From closes to returns: which close a return is measured against, and which closes are not believed."""

from __future__ import annotations

from typing import NamedTuple

_NAN = float("nan")


class Sampled(NamedTuple):
    """A simple return (nan: none), and why the bar was refused if it was."""

    value: float
    refusal: str | None = None


class ReturnSampler:
    """Simple returns close / close before - 1 of one symbol, bounded.

    A return beyond ``return_max`` (a split, a bad print) is refused and the last good close stays. When the next close
    agrees with the refused one instead of the last good one, the new level is believed from there on. A symbol that
    missed more than ``gap_max`` rows begins anew: a return over a long gap is none of one bar.

    >>> sampler = ReturnSampler(return_max=0.5, gap_max=3)
    >>> [round(sampler.update(close, row).value, 6) for row, close in enumerate((100.0, 101.0, 10.0, 102.01))]
    [nan, 0.01, nan, 0.01]
    """

    __slots__ = ("close", "doubted", "gap_max", "return_max", "row")

    def __init__(self, return_max: float, gap_max: int) -> None:
        if not 0.0 < return_max < 1.0:
            raise ValueError(f"`return_max` is {return_max}, expected above 0 and below 1")
        self.return_max, self.gap_max = return_max, gap_max
        self.close = self.doubted = _NAN
        self.row = -1

    def update(self, close: float, row: int) -> Sampled:
        """Take the close of a row (rows count up by one)."""
        gap = row - self.row - 1 > self.gap_max
        for base in (self.close, self.doubted):
            change = close / base - 1.0
            if abs(change) <= self.return_max:
                self.close, self.doubted, self.row = close, _NAN, row
                return Sampled(_NAN if gap else change)
        if self.close != self.close:  # the first close
            self.close, self.row = close, row
            return Sampled(_NAN)
        self.doubted = close
        return Sampled(_NAN, "return_beyond_bound")
