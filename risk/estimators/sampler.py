"""From closes to returns: which close a return is measured against, and which closes are not believed."""

from __future__ import annotations

from math import isfinite
from typing import Any, NamedTuple

_NAN = float("nan")
#: New for old shares: closes that fall to (or rise to) one of these parts look like a split, not like a return.
SPLITS = tuple(ratio for part in (2 / 3, 1 / 2, 1 / 3, 1 / 4, 1 / 5, 1 / 10) for ratio in (part, 1 / part))
#: How far from such a part, as a share of it.
SPLIT_TOLERANCE = 0.02
#: Prices have 12 places: of one that is closer to zero than this fewer than three are left, and its returns are steps.
PRICE_MIN = 1e-9
#: Where prices may be negative, one closer to zero than this share of the largest lately is no base of a return.
BASE_SHARE_MIN = 0.01
#: What the largest price of the past still counts after each close.
_FADE = 0.99


def split_like(change: float, tolerance: float = SPLIT_TOLERANCE) -> bool:
    """Whether a simple return is within a share of a split's ratio; with tolerance 0 none is.

    >>> split_like(-0.5), split_like(0.51), split_like(0.54), split_like(-0.1)
    (True, True, False, False)
    """
    far, ratio = tolerance > 0.0 and abs(change) > 0.2, 1.0 + change
    return far and any(abs(ratio / each - 1.0) <= tolerance for each in SPLITS)


class Sampled(NamedTuple):
    """A simple return (nan: none), and why the bar was refused if it was."""

    value: float
    refusal: str | None = None


class ReturnSampler:
    """Simple returns (close - before) / |before| of one symbol, bounded.

    A return beyond ``return_max`` (a bad print) or within ``split_tolerance`` of a split's ratio is refused and the
    last good close stays. When the next close agrees with the refused one instead of the last good one, the new level
    is believed from there on. A symbol that missed more than ``gap_max`` rows begins anew: a return over a long gap is
    none of one bar. Prices are positive, and not nearly zero (:data:`PRICE_MIN`). ``negative`` lets them be zero or
    below, as those of futures can be: a base of zero, or near it for what prices were (:data:`BASE_SHARE_MIN`), gives
    no return, and is counted; what follows it is held to its distance.

    >>> sampler = ReturnSampler(return_max=0.5, gap_max=3)
    >>> [round(sampler.update(close, row).value, 6) for row, close in enumerate((100.0, 101.0, 10.0, 102.01))]
    [nan, 0.01, nan, 0.01]
    >>> sampler.update(51.2, 4).refusal, sampler.update(51.712, 5)
    ('split_like', Sampled(value=0.010000000000000009, refusal=None))
    """

    __slots__ = ("close", "doubted", "gap_max", "largest", "negative", "return_max", "row", "split_tolerance")

    def __init__(
        self, return_max: float, gap_max: int, split_tolerance: float = SPLIT_TOLERANCE, negative: bool = False
    ) -> None:
        if not 0.0 < return_max < 1.0:
            raise ValueError(f"`return_max` is {return_max}, expected above 0 and below 1")
        if not 0.0 <= split_tolerance < 0.1:
            raise ValueError(f"`split_tolerance` is {split_tolerance}, expected at least 0 and below 0.1")
        self.return_max, self.gap_max = return_max, gap_max
        self.split_tolerance, self.negative = split_tolerance, negative
        self.close = self.doubted = _NAN
        self.largest, self.row = 0.0, -1

    def update(self, close: float, row: int) -> Sampled:
        """Take the close of a row (rows count up by one)."""
        refusal = self._malformed(close)
        if refusal is not None:
            return Sampled(_NAN, refusal)
        if self.close != self.close:  # the first close
            return self._believe(close, row, _NAN)
        doubt = self._doubt(self.close, close)
        if doubt is None:
            return self._believe(close, row, self.close)
        if self.doubted == self.doubted and self._doubt(self.doubted, close) is None:
            return self._believe(close, row, self.doubted)
        self.doubted = close
        return Sampled(_NAN, doubt)

    def _malformed(self, close: float) -> str | None:
        if not isfinite(close):
            return "not_finite"
        if not (close > 0.0 or self.negative):
            return "price_invalid"
        return "price_near_zero" if 0.0 < abs(close) < PRICE_MIN else None

    def _believe(self, close: float, row: int, base: float) -> Sampled:
        gap, change = row - self.row - 1 > self.gap_max, self._change(base, close)
        undefined = self._is_near_zero(base)
        self.close, self.doubted, self.row = close, _NAN, row
        self.largest = max(_FADE * self.largest, abs(close))
        return Sampled(_NAN if gap else change, "return_undefined" if undefined else None)

    def _is_near_zero(self, base: float) -> bool:
        return abs(base) <= (BASE_SHARE_MIN * self.largest if self.negative else 0.0)

    def _change(self, base: float, close: float) -> float:
        if self._is_near_zero(base):
            return _NAN
        return close / base - 1.0 if base > 0.0 else (close - base) / abs(base)

    def _doubt(self, base: float, close: float) -> str | None:
        """Why a close is not believed after this base, or ``None``."""
        if self._is_near_zero(base):
            return "return_beyond_bound" if abs(close - base) > self.return_max * self.largest else None
        if base * close < 0.0:
            return "return_across_zero"
        change = self._change(base, close)
        if abs(change) > self.return_max:
            return "return_beyond_bound"
        return "split_like" if split_like(change, self.split_tolerance) else None

    def dump(self) -> list[Any]:
        """The state, for :meth:`load`."""
        return [self.close, self.doubted, self.row, self.largest]

    def load(self, state: list[Any]) -> None:
        """Take over what :meth:`dump` gave."""
        self.close, self.doubted, self.row, self.largest = state
