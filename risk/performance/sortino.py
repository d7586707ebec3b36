"""Sortino ratio."""

from __future__ import annotations

from math import sqrt

from numpy.typing import ArrayLike

from risk.performance.available import Result, ratio, too_short
from risk.performance.downside import semideviation
from risk.performance.minima import RATIO_MIN
from risk.performance.returns import DAYS_A_YEAR, check_periods, check_rate, observed


def sortino_ratio(
    returns: ArrayLike, mar: float = 0.0, periods: float = DAYS_A_YEAR, *, observations_min: int = RATIO_MIN
) -> Result:
    """mean(r - mar) * periods / downside deviation, the mean arithmetic and the deviation over all observations.

    ``mar``, the minimum acceptable return, is a decimal a period. Equal to empyrical's.

    >>> sortino_ratio([0.01, 0.02], observations_min=2)
    NotAvailable(reason='no return below the minimum acceptable')
    """
    above, scale = observed(returns) - check_rate("mar", mar), sqrt(check_periods(periods))
    refused = too_short(len(above), observations_min, 2)
    return refused or ratio(float(above.mean()) * scale, semideviation(above), "no return below the minimum acceptable")
