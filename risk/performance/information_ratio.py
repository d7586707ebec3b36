"""Information ratio."""

from __future__ import annotations

from math import sqrt

from numpy.typing import ArrayLike

from risk.performance.available import Result, ratio, too_short
from risk.performance.minima import RATIO_MIN
from risk.performance.returns import DAYS_A_YEAR, check_periods, paired, standard_deviation


def information_ratio(
    returns: ArrayLike, benchmark: ArrayLike, periods: float = DAYS_A_YEAR, *, observations_min: int = RATIO_MIN
) -> Result:
    """mean(r - m) * periods / tracking error, that is mean / sd(ddof 1) * sqrt(periods) of the active return.

    empyrical's ``excess_sharpe`` is the same a period: it leaves out sqrt(periods).

    >>> round(information_ratio([0.01, 0.03], [0.0, 0.0], periods=2, observations_min=2), 12)
    2.0
    """
    own, other = paired(returns, benchmark)
    active, scale = own - other, sqrt(check_periods(periods))
    refused = too_short(len(active), observations_min, 2)
    return refused or ratio(float(active.mean()) * scale, standard_deviation(active), "no tracking error")
