"""Sharpe ratio."""

from __future__ import annotations

from math import sqrt

from numpy.typing import ArrayLike

from risk.performance.available import Result, ratio, too_short
from risk.performance.minima import RATIO_MIN
from risk.performance.returns import DAYS_A_YEAR, check_periods, check_rate, observed, standard_deviation

FLAT = "no dispersion"


def sharpe_ratio(
    returns: ArrayLike, risk_free: float = 0.0, periods: float = DAYS_A_YEAR, *, observations_min: int = RATIO_MIN
) -> Result:
    """mean(r - risk_free) / sd(r - risk_free, ddof 1) * sqrt(periods) (Sharpe 1994), the mean arithmetic.

    ``risk_free`` is a decimal a period. Equal to empyrical's; libraries that compound the mean give another number.

    >>> round(sharpe_ratio([0.01, 0.03], periods=1, observations_min=2), 12)
    1.414213562373
    >>> sharpe_ratio([0.01] * 20)
    NotAvailable(reason='no dispersion')
    >>> sharpe_ratio([0.01, 0.02])
    NotAvailable(reason='2 observations, at least 20 needed')
    """
    excess, scale = observed(returns) - check_rate("risk_free", risk_free), sqrt(check_periods(periods))
    refused = too_short(len(excess), observations_min, 2)
    return refused or ratio(float(excess.mean()) * scale, standard_deviation(excess), FLAT)
