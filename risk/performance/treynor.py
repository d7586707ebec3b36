"""Treynor ratio."""

from __future__ import annotations

from numpy.typing import ArrayLike

from risk.performance.available import NotAvailable, Result, ratio, too_short
from risk.performance.beta import slope
from risk.performance.minima import RATIO_MIN
from risk.performance.returns import DAYS_A_YEAR, check_periods, check_rate, paired


def treynor_ratio(
    returns: ArrayLike,
    benchmark: ArrayLike,
    risk_free: float = 0.0,
    periods: float = DAYS_A_YEAR,
    *,
    observations_min: int = RATIO_MIN,
) -> Result:
    """(Rp - Rf) / beta, a decimal a year for each unit of beta (Treynor 1965).

    Rp and Rf are arithmetic: the mean a period times ``periods``. ``risk_free`` is a decimal a period. With a negative
    beta its sign says nothing of merit.

    >>> round(treynor_ratio([0.02, 0.04], [0.01, 0.02], periods=1, observations_min=2), 12)
    0.015
    """
    own, other = paired(returns, benchmark)
    excess = (own - check_rate("risk_free", risk_free)) * check_periods(periods)
    refused = too_short(len(own), observations_min, 2)
    if refused:
        return refused
    exposure = slope(own, other)
    return exposure if isinstance(exposure, NotAvailable) else ratio(float(excess.mean()), exposure, "no beta")
