"""Skewness and kurtosis."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from risk.performance.available import NotAvailable, Result, too_short
from risk.performance.minima import MOMENT_MIN
from risk.performance.returns import Vector, observed, standard_deviation
from risk.performance.sharpe import FLAT


def skewness(returns: ArrayLike, *, observations_min: int = MOMENT_MIN) -> Result:
    """Third standardised moment, m3 / m2^1.5 with divisors T (g1, scipy's ``bias=True``): 0 if symmetric.

    >>> round(skewness([0.0, 0.0, 0.03], observations_min=3), 12)
    0.707106781187
    """
    values = observed(returns)
    return too_short(len(values), observations_min, 3) or _standardised(values, 3)


def kurtosis(returns: ArrayLike, *, observations_min: int = MOMENT_MIN) -> Result:
    """Excess kurtosis, m4 / m2^2 - 3 with divisors T (g2, scipy's ``fisher=True, bias=True``): 0 for a normal.

    >>> round(kurtosis([-0.01, 0.01, -0.01, 0.01], observations_min=4), 12)
    -2.0
    """
    values = observed(returns)
    fourth = too_short(len(values), observations_min, 4) or _standardised(values, 4)
    return fourth if isinstance(fourth, NotAvailable) else fourth - 3.0


def _standardised(values: Vector, power: int) -> Result:
    deviation = standard_deviation(values)
    if deviation == 0.0:
        return NotAvailable(FLAT)
    around = (values - values.mean()) / deviation
    scale = sqrt(len(values) / (len(values) - 1.0))
    return float(np.mean((around * scale) ** power))
