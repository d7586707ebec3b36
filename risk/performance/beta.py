"""Beta to a benchmark."""

from __future__ import annotations

from numpy.typing import ArrayLike

from risk.performance.available import NotAvailable, Result, ratio, too_short
from risk.performance.minima import RATIO_MIN
from risk.performance.returns import Vector, paired, standard_deviation

FLAT = "no dispersion of the benchmark"


def beta(returns: ArrayLike, benchmark: ArrayLike, *, observations_min: int = RATIO_MIN) -> Result:
    """cov(r, m) / var(m), the slope of ordinary least squares; the divisor of both cancels, a risk-free rate too.

    >>> beta([0.02, -0.04, 0.06], [0.01, -0.02, 0.03], observations_min=3)
    2.0
    """
    own, other = paired(returns, benchmark)
    return too_short(len(own), observations_min, 2) or slope(own, other)


def slope(own: Vector, other: Vector) -> Result:
    """Least squares slope of ``own`` on ``other``, both [T >= 2]; exactly 0 for a constant ``own``."""
    if standard_deviation(other) == 0.0:
        return NotAvailable(FLAT)
    if standard_deviation(own) == 0.0:
        return 0.0
    around = other - other.mean()
    return ratio(float(around @ (own - own.mean())), float(around @ around), FLAT)
