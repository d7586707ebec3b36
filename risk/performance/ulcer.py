"""Ulcer index."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from risk.measures.drawdown import drawdowns
from risk.performance.available import Result, too_short
from risk.performance.equity import equity_curve
from risk.performance.minima import DESCRIPTION_MIN
from risk.performance.returns import observed


def ulcer_index(returns: ArrayLike, *, observations_min: int = DESCRIPTION_MIN) -> Result:
    """sqrt(mean(D_t^2)), D_t the drawdown after each of the T returns (Martin, McCann 1989).

    A fraction (Martin shows percent); peaks count from the equity before the first return. A period without a return
    stays as far under water as it was, and counts.

    >>> ulcer_index([-0.5, 0.0])
    0.5

    :raises ValueError: a return below -1.
    """
    count = len(observed(returns))
    return too_short(count, observations_min, 1) or _root_mean_square(returns)


def _root_mean_square(returns: ArrayLike) -> float:
    return sqrt(float(np.square(drawdowns(equity_curve(returns))[1:]).mean()))
