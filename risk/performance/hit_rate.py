"""Hit rate."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from risk.performance.available import Result, too_short
from risk.performance.minima import DESCRIPTION_MIN
from risk.performance.returns import check_rate, observed


def hit_rate(returns: ArrayLike, threshold: float = 0.0, *, observations_min: int = DESCRIPTION_MIN) -> Result:
    """Share of all observations strictly above ``threshold`` (a decimal a period); one that equals it is no hit.

    >>> hit_rate([0.01, 0.0, -0.01, 0.02])
    0.5
    """
    values = observed(returns)
    check_rate("threshold", threshold)
    return too_short(len(values), observations_min, 1) or int(np.count_nonzero(values > threshold)) / len(values)
