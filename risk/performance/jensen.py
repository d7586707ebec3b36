"""Jensen's alpha."""

from __future__ import annotations

from numpy.typing import ArrayLike

from risk.performance.alpha import intercept_of
from risk.performance.available import NotAvailable, Result
from risk.performance.minima import RATIO_MIN
from risk.performance.returns import DAYS_A_YEAR, check_periods


def jensens_alpha(
    returns: ArrayLike,
    benchmark: ArrayLike,
    risk_free: float = 0.0,
    periods: float = DAYS_A_YEAR,
    *,
    observations_min: int = RATIO_MIN,
) -> Result:
    """Rp - [Rf + beta (Rm - Rf)], a decimal a year (Jensen 1968).

    Rp, Rm and Rf are arithmetic: the mean a period times ``periods``. ``risk_free`` is a decimal a period.

    >>> round(jensens_alpha([0.03, 0.05], [0.01, 0.02], periods=1, observations_min=2), 12)
    0.01
    """
    intercept = intercept_of(returns, benchmark, risk_free, observations_min)
    return intercept if isinstance(intercept, NotAvailable) else intercept * check_periods(periods)
