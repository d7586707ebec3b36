"""Annual volatility."""

from __future__ import annotations

from math import sqrt

from numpy.typing import ArrayLike

from risk.performance.available import Result, too_short
from risk.performance.minima import DEVIATION_MIN
from risk.performance.returns import DAYS_A_YEAR, check_periods, observed, standard_deviation


def annual_volatility(
    returns: ArrayLike, periods: float = DAYS_A_YEAR, *, observations_min: int = DEVIATION_MIN
) -> Result:
    """sd(r, ddof 1) * sqrt(periods), a decimal a year; scaling by the square root supposes no autocorrelation.

    >>> annual_volatility([0.01, -0.01, 0.01], periods=3)
    0.02
    """
    values, scale = observed(returns), sqrt(check_periods(periods))
    return too_short(len(values), observations_min, 2) or standard_deviation(values) * scale
