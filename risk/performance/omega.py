"""Omega ratio."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from risk.performance.available import Result, ratio, too_short
from risk.performance.minima import RATIO_MIN
from risk.performance.returns import check_rate, observed


def omega_ratio(returns: ArrayLike, threshold: float = 0.0, *, observations_min: int = RATIO_MIN) -> Result:
    """sum(max(r - threshold, 0)) / sum(max(threshold - r, 0)) (Keating, Shadwick 2002).

    ``threshold`` is a decimal a period; empyrical's ``required_return`` is one a year, decompounded.

    >>> omega_ratio([0.02, -0.01], observations_min=2)
    2.0
    """
    above = observed(returns) - check_rate("threshold", threshold)
    refused = too_short(len(above), observations_min, 2)
    losses = float(np.maximum(-above, 0.0).sum())
    return refused or ratio(float(np.maximum(above, 0.0).sum()), losses, "no return below the threshold")
