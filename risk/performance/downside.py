"""Downside deviation."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from risk.performance.available import Result, too_short
from risk.performance.minima import DESCRIPTION_MIN
from risk.performance.returns import DAYS_A_YEAR, Vector, check_periods, check_rate, observed


def downside_deviation(
    returns: ArrayLike, mar: float = 0.0, periods: float = DAYS_A_YEAR, *, observations_min: int = DESCRIPTION_MIN
) -> Result:
    """sqrt(mean(min(r - mar, 0)^2)) * sqrt(periods): over all observations, not only those below.

    ``mar``, the minimum acceptable return, is a decimal a period (Sortino, van der Meer 1991). Equal to empyrical's
    ``downside_risk``; a library that takes the deviation of the negative returns alone gives another number.

    >>> round(downside_deviation([0.03, -0.04], periods=2), 12)
    0.04
    """
    above, scale = observed(returns) - check_rate("mar", mar), sqrt(check_periods(periods))
    return too_short(len(above), observations_min, 1) or semideviation(above) * scale


def semideviation(above: Vector) -> float:
    """sqrt(mean(min(x, 0)^2)) of [T >= 1]."""
    return sqrt(float(np.square(np.minimum(above, 0.0)).mean()))
