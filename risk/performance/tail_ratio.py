"""Tail ratio."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from risk.performance.available import Result, ratio, too_short
from risk.performance.minima import RATIO_MIN
from risk.performance.returns import observed


def tail_ratio(returns: ArrayLike, tail: float = 0.05, *, observations_min: int = RATIO_MIN) -> Result:
    """|quantile(1 - tail)| / |quantile(tail)|: above 1 if the good tail is the longer one.

    Quantiles interpolate linearly (numpy's default), as empyrical's do. By default as many observations as let one be
    expected in a tail of 5 %.

    :raises ValueError: tail not in (0, 0.5).
    """
    if not 0.0 < tail < 0.5:
        raise ValueError(f"`tail` is {tail}, expected above 0 and below 0.5")
    values = observed(returns)
    refused = too_short(len(values), observations_min, 1)
    if refused:
        return refused
    bad, good = np.abs(np.quantile(values, (tail, 1.0 - tail))).tolist()
    return ratio(good, bad, "no bad tail")
