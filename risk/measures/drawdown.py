"""Losses of equity against where it stood. Equity includes open P&L; losses are positive fractions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def loss_fraction(base: float, equity: float) -> float:
    """max(0, 1 - equity / base): the daily loss against start-of-day equity, the drawdown against the peak.

    >>> loss_fraction(200.0, 150.0)
    0.25

    :raises ValueError: base not positive: there is nothing that a fraction could be of.
    """
    if not base > 0.0:
        raise ValueError(f"`base` is {base}, expected more than 0")
    return max(0.0, 1.0 - equity / base)


def drawdowns(equity: Vector) -> Vector:
    """Drawdown at each point of an equity curve [T] against the running peak, shape [T]; above 1 where equity is
    below zero.

    >>> import numpy as np
    >>> drawdowns(np.array([100.0, 120.0, 90.0]))
    array([0.  , 0.  , 0.25])

    :raises ValueError: the curve does not begin above zero, or has a nan.
    """
    if len(equity) and not (equity[0] > 0.0 and np.isfinite(equity).all()):
        raise ValueError(f"`equity` begins at {equity[0]}, expected finite values from one above 0 on")
    peaks = np.maximum.accumulate(equity)
    losses: Vector = 1.0 - equity / peaks
    return losses


def max_drawdown(equity: Vector) -> float:
    """The largest of :func:`drawdowns`; 0 for an empty curve."""
    return float(drawdowns(equity).max()) if len(equity) else 0.0
