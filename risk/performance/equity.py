"""The equity curve of a series of returns, and its compound growth."""

from __future__ import annotations

from math import expm1, log

import numpy as np
from numpy.typing import ArrayLike

from risk.performance.available import NotAvailable, Result, too_short
from risk.performance.minima import DESCRIPTION_MIN
from risk.performance.returns import DAYS_A_YEAR, Vector, check_periods, observed, series

#: exp of more may overflow.
LOG_MAX = 700.0


def equity_curve(returns: ArrayLike) -> Vector:
    """Equity [T + 1] compounded from 1.0; a missing return leaves it where it was.

    >>> equity_curve([0.5, -0.5])
    array([1.  , 1.5 , 0.75])

    :raises ValueError: a return below -1, or growth beyond what a float holds.
    """
    factors = 1.0 + np.nan_to_num(series(returns))
    if (factors < 0.0).any():
        at = int(np.argmin(factors))
        raise ValueError(f"`returns[{at}]` is {factors[at] - 1.0}, expected at least -1")
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        curve: Vector = np.concatenate(([1.0], np.cumprod(factors)))
    if not np.isfinite(curve).all():
        raise ValueError("`returns` compound to infinity, expected growth that a float holds")
    return curve


def compound_growth(
    returns: ArrayLike, periods: float = DAYS_A_YEAR, *, observations_min: int = DESCRIPTION_MIN
) -> Result:
    """CAGR: prod(1 + r)^(periods / T) - 1, a decimal a year, T the observations; -1 once all is lost.

    >>> round(compound_growth([0.1, 0.1], periods=1), 12)
    0.1
    """
    count = len(observed(returns))
    return too_short(count, observations_min, 1) or annualised(
        float(equity_curve(returns)[-1]), check_periods(periods) / count
    )


def annualised(growth: float, power: float) -> Result:
    """growth^power - 1 for growth >= 0, unless that is beyond what a float holds."""
    if growth <= 0.0:
        return -1.0
    exponent = log(growth) * power
    return expm1(exponent) if exponent < LOG_MAX else NotAvailable("compounds beyond what a float holds")
