"""Drawdowns with their dates, as indices into the equity curve: 0 before the first return, t after the t-th."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from risk.measures.drawdown import drawdowns
from risk.performance.available import NotAvailable, too_short
from risk.performance.equity import equity_curve
from risk.performance.minima import DESCRIPTION_MIN
from risk.performance.returns import Vector, observed


@dataclass(frozen=True, slots=True)
class Drawdown:
    """One way down from a peak.

    ``depth`` is a positive fraction of the peak; ``start`` the last point at the peak, ``trough`` the first deepest
    point, ``end`` the first back at the peak or above, ``None`` while under water. ``duration`` counts the periods
    from start to end, or to the last point there is.
    """

    depth: float
    start: int
    trough: int
    end: int | None
    duration: int


Day = TypeVar("Day")


@dataclass(frozen=True, slots=True)
class DatedDrawdown(Generic[Day]):
    """A :class:`Drawdown` whose points are days."""

    depth: float
    start: Day
    trough: Day
    end: Day | None
    duration: int


def dated(found: Drawdown, days: Sequence[Day]) -> DatedDrawdown[Day]:
    """With the days of the equity curve, one more than there are returns (those of the prices, say).

    >>> dated(max_drawdown([0.1, -0.5, 0.2]), ["Mon", "Tue", "Wed", "Thu"])
    DatedDrawdown(depth=0.5, start='Tue', trough='Wed', end=None, duration=2)

    :raises ValueError: fewer days than the drawdown spans.
    """
    last = found.start + found.duration
    if len(days) <= max(last, found.trough):
        raise ValueError(f"`days` has {len(days)}, expected more than {last}: one more than returns")
    end = None if found.end is None else days[found.end]
    return DatedDrawdown(found.depth, days[found.start], days[found.trough], end, found.duration)


def max_drawdown(returns: ArrayLike, *, observations_min: int = DESCRIPTION_MIN) -> Drawdown | NotAvailable:
    """The deepest drawdown of the compounded returns, which include open P&L; of equal ones the first.

    >>> max_drawdown([0.1, -0.5, 0.2, 1.0])
    Drawdown(depth=0.5, start=1, trough=2, end=4, duration=3)

    :raises ValueError: a return below -1.
    """
    refused = too_short(len(observed(returns)), observations_min, 1)
    if refused:
        return refused
    depths = drawdowns(equity_curve(returns))
    return _around(depths, int(np.argmax(depths)))


def current_drawdown(returns: ArrayLike, *, observations_min: int = DESCRIPTION_MIN) -> Drawdown | NotAvailable:
    """The drawdown that the last point is in, ``depth`` there and not at the trough; depth 0, duration 0 at a peak.

    >>> current_drawdown([0.25, -0.5, 0.5])
    Drawdown(depth=0.25, start=1, trough=2, end=None, duration=2)

    :raises ValueError: a return below -1.
    """
    refused = too_short(len(observed(returns)), observations_min, 1)
    if refused:
        return refused
    depths = drawdowns(equity_curve(returns))
    last, start = len(depths) - 1, _peak_before(depths, len(depths) - 1)
    trough = start + int(np.argmax(depths[start:]))
    return Drawdown(float(depths[-1]), start, trough, last if start == last else None, last - start)


def _peak_before(depths: Vector, point: int) -> int:
    return int(np.flatnonzero(depths[: point + 1] == 0.0)[-1])


def _around(depths: Vector, trough: int) -> Drawdown:
    start = _peak_before(depths, trough)
    recovered = np.flatnonzero(depths[trough:] == 0.0)
    end = trough + int(recovered[0]) if len(recovered) else None
    duration = (len(depths) - 1 if end is None else end) - start
    return Drawdown(float(depths[trough]), start, trough, end, duration)
