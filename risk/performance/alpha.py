"""Alpha: the intercept against a benchmark."""

from __future__ import annotations

from math import expm1, log1p

from numpy.typing import ArrayLike

from risk.performance.available import NotAvailable, Result, too_short
from risk.performance.beta import slope
from risk.performance.equity import LOG_MAX
from risk.performance.minima import RATIO_MIN
from risk.performance.returns import DAYS_A_YEAR, check_periods, check_rate, paired


def alpha(
    returns: ArrayLike,
    benchmark: ArrayLike,
    risk_free: float = 0.0,
    periods: float = DAYS_A_YEAR,
    *,
    observations_min: int = RATIO_MIN,
) -> Result:
    """Intercept a of r - rf = a + beta (m - rf) by least squares, compounded to a year: (1 + a)^periods - 1.

    ``risk_free`` is a decimal a period. Equal to empyrical's; :func:`risk.performance.jensen.jensens_alpha` multiplies
    by the periods where this compounds.
    """
    intercept = intercept_of(returns, benchmark, risk_free, observations_min)
    return intercept if isinstance(intercept, NotAvailable) else compounded(intercept, check_periods(periods))


def compounded(intercept: float, periods: float) -> Result:
    """(1 + a)^periods - 1, where that is a number."""
    if intercept <= -1.0:
        return NotAvailable(f"an intercept of {intercept:g} a period does not compound")
    exponent = periods * log1p(intercept)
    return expm1(exponent) if exponent < LOG_MAX else NotAvailable("compounds beyond what a float holds")


def intercept_of(returns: ArrayLike, benchmark: ArrayLike, risk_free: float, observations_min: int) -> Result:
    """Least squares intercept a period."""
    own, other = paired(returns, benchmark)
    check_rate("risk_free", risk_free)
    refused = too_short(len(own), observations_min, 2)
    if refused:
        return refused
    exposure = slope(own, other)
    if isinstance(exposure, NotAvailable):
        return exposure
    return float((own - risk_free).mean()) - exposure * float((other - risk_free).mean())
