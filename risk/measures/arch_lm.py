"""Engle's Lagrange multiplier test: do large moves follow large moves?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

Vector = NDArray[np.float64]
LAGS = 5


class ArchLm(NamedTuple):
    """``statistic`` is chi-squared with ``lags`` degrees of freedom where variance is constant."""

    statistic: float
    lags: int

    @property
    def p_value(self) -> float:
        """Probability of so large a statistic where variance is constant."""
        return float(chi2.sf(self.statistic, self.lags))


def arch_lm(returns: Vector, lags: int = LAGS) -> ArchLm:
    """n R^2 of the regression of squared demeaned ``returns`` [T] on a constant and their ``lags`` last values (Engle
    1982), n = T - lags.

    >>> calm = np.random.default_rng(1).normal(size=500)
    >>> stormy = calm * np.repeat([1.0, 4.0], 250)
    >>> arch_lm(calm).p_value > 0.05, arch_lm(stormy).p_value < 1e-6
    (True, True)

    :raises ValueError: lags below 1, fewer than 10 returns a lag, one that is not finite, or returns that never move.
    """
    if lags < 1:
        raise ValueError(f"`lags` is {lags}, expected at least 1")
    if len(returns) < 10 * lags or not np.isfinite(returns).all():
        raise ValueError(f"`returns` has {len(returns)} values, expected at least {10 * lags}, all finite")
    squares = (returns - returns.mean()) ** 2
    if not np.ptp(squares) > 0.0:
        raise ValueError("`returns` never moves, expected some variance")
    squares = squares / squares.mean()  # for the numbers' sake; the statistic knows no scale
    target = squares[lags:]
    columns = [squares[lags - lag : -lag] for lag in range(1, lags + 1)]
    design = np.column_stack([np.ones(len(target)), *columns])
    fitted = design @ np.linalg.lstsq(design, target, rcond=None)[0]
    about = target - target.mean()
    explained = 1.0 - float(np.sum((target - fitted) ** 2) / (about @ about))
    return ArchLm(len(target) * explained, lags)
