"""From ticks to prices: which latest price is believed, and which waits until others agree."""

from __future__ import annotations

from math import isnan
from typing import NamedTuple

from risk.estimators.sampler import SPLITS

_NAN = float("nan")
#: Ratios closer to 1 than this are moves, even where they are near that of a split.
SPLIT_MOVE_MIN = 0.2


class TickRule(NamedTuple):
    """How far a price may move from one tick to the next (0.5: by half up, by a third down), how near to a split's
    ratio it must not come (0: splits are not looked for), and how many agreeing ticks over how long confirm a move."""

    return_max: float
    split_tolerance: float
    confirmations: int
    confirm_ns: int


class TickFilter:
    """The last believed price of one symbol (nan: none yet).

    A price that is further from it than the rule allows is refused. Once ``confirmations`` ticks of different times, at
    least ``confirm_ns`` from the first to the last, agree with each other instead, the last of them is believed. A tick
    that agrees with the believed price ends the doubt.

    ``negative`` prices cross zero, where ratios say nothing: their moves are measured against the largest price so far.

    >>> strict = TickFilter(TickRule(return_max=0.5, split_tolerance=0.02, confirmations=2, confirm_ns=5))
    >>> [strict.refusal(price, time_ns) for time_ns, price in enumerate((100.0, 1e6, 101.0, 202.0))]
    [None, 'mark_beyond_bound', None, 'mark_beyond_bound']
    >>> strict.refusal(203.0, 7), strict.refusal(203.0, 8), strict.price
    ('mark_beyond_bound', None, 203.0)
    """

    __slots__ = ("_count", "_doubted", "_last_ns", "_rule", "_scale", "_since_ns", "negative", "price")

    def __init__(self, rule: TickRule) -> None:
        self._rule, self.negative = rule, False
        self.price = self._doubted = _NAN
        self._scale = 0.0
        self._count = self._since_ns = self._last_ns = 0

    def refusal(self, price: float, time_ns: int, other: float = _NAN) -> str | None:
        """Take a finite price that is not older than the believed one; why it is not believed, or ``None``. One that is
        near an ``other`` is believed as well (nan: there is none)."""
        doubt = self._doubt(other if isnan(self.price) else self.price, price)
        if doubt is not None and not isnan(other):
            doubt = self._doubt(other, price)
        if doubt is not None and not self._confirms(price, time_ns):
            return doubt
        self.believe(price)
        return None

    def believe(self, price: float) -> None:
        """Go on from this price."""
        self.price, self._doubted, self._count = price, _NAN, 0
        self._scale = max(self._scale, abs(price))

    def _confirms(self, price: float, time_ns: int) -> bool:
        if not self._count or self._doubt(self._doubted, price) is not None:
            self._count, self._since_ns = 1, time_ns
        elif time_ns > self._last_ns:
            self._count += 1
        self._doubted, self._last_ns = price, time_ns
        return self._count >= self._rule.confirmations and time_ns - self._since_ns >= self._rule.confirm_ns

    def _doubt(self, base: float, price: float) -> str | None:
        if isnan(base):  # nothing to compare with
            return None
        bound, tolerance = self._rule.return_max, self._rule.split_tolerance
        if self.negative:
            return "mark_beyond_bound" if abs(price - base) > bound * max(self._scale, abs(base)) else None
        ratio = price / base
        if not 1.0 / (1.0 + bound) <= ratio <= 1.0 + bound:
            return "mark_beyond_bound"
        near = tolerance and abs(ratio - 1.0) > SPLIT_MOVE_MIN
        return "mark_split_like" if near and any(abs(ratio / each - 1.0) <= tolerance for each in SPLITS) else None
