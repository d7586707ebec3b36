"""Tracking error."""

from __future__ import annotations

from math import sqrt

from numpy.typing import ArrayLike

from risk.performance.available import Result, too_short
from risk.performance.minima import DEVIATION_MIN
from risk.performance.returns import DAYS_A_YEAR, check_periods, paired, standard_deviation


def tracking_error(
    returns: ArrayLike, benchmark: ArrayLike, periods: float = DAYS_A_YEAR, *, observations_min: int = DEVIATION_MIN
) -> Result:
    """sd(r - m, ddof 1) * sqrt(periods), a decimal a year.

    >>> round(tracking_error([0.01, 0.03], [0.0, 0.0], periods=2), 12)
    0.02
    """
    own, other = paired(returns, benchmark)
    scale = sqrt(check_periods(periods))
    return too_short(len(own), observations_min, 2) or standard_deviation(own - other) * scale
