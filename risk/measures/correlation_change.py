"""Whether correlations now are still those of before."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

Matrix = NDArray[np.float64]


class CorrelationChange(NamedTuple):
    """``statistic`` is chi-squared with ``degrees`` of freedom where nothing changed; ``standardised`` is
    (statistic - degrees) / sqrt(2 degrees), which does not grow with the number of assets."""

    statistic: float
    degrees: int
    standardised: float

    @property
    def p_value(self) -> float:
        """Probability of so large a statistic where nothing changed."""
        return float(chi2.sf(self.statistic, self.degrees))


def correlation_change(recent: Matrix, before: Matrix) -> CorrelationChange:
    """Test of equal correlation matrices (Jennrich 1970) of returns ``recent`` [T1, N] and ``before`` [T2, N].

    With R the pooled correlations, c = T1 T2 / (T1 + T2) and Z = sqrt(c) R^-1 (R1 - R2): tr(Z^2) / 2 - d' S^-1 d with
    d = diag(Z) and S = I + R o R^-1; N (N - 1) / 2 degrees of freedom. Assumes independent normal returns: heavy tails
    and changing volatility raise it, so its limit is a matter of calibration rather than of the table.

    >>> random = np.random.default_rng(1)
    >>> calm, common = random.normal(size=(440, 5)), random.normal(size=(60, 1))
    >>> broken = correlation_change(0.9 * common + 0.44 * random.normal(size=(60, 5)), calm)
    >>> same = correlation_change(random.normal(size=(60, 5)), calm)
    >>> same.degrees, same.p_value > 0.05, broken.standardised > 50.0
    (10, True, True)

    :raises ValueError: fewer than 2 assets, not the same in both, not more rows than assets, not all of it finite, or
        an asset that never moves.
    """
    _check("recent", recent)
    _check("before", before)
    if recent.shape[1] != before.shape[1]:
        raise ValueError(f"`before` has {before.shape[1]} assets, expected {recent.shape[1]} as `recent`")
    one, two = np.corrcoef(recent, rowvar=False), np.corrcoef(before, rowvar=False)
    rows = len(recent), len(before)
    pooled = (rows[0] * one + rows[1] * two) / sum(rows)
    inverse = np.linalg.inv(pooled)
    z = sqrt(rows[0] * rows[1] / sum(rows)) * inverse @ (one - two)
    diagonal = np.diagonal(z)
    weights = np.eye(len(z)) + pooled * inverse
    statistic = 0.5 * float(np.sum(z * z.T)) - float(diagonal @ np.linalg.solve(weights, diagonal))
    degrees = len(z) * (len(z) - 1) // 2
    return CorrelationChange(statistic, degrees, (statistic - degrees) / sqrt(2.0 * degrees))


def _check(name: str, returns: Matrix) -> None:
    if returns.ndim != 2 or returns.shape[1] < 2 or returns.shape[0] <= returns.shape[1]:
        raise ValueError(f"`{name}` has shape {returns.shape}, expected at least 2 columns and more rows than columns")
    if not np.isfinite(returns).all():
        raise ValueError(f"`{name}` has a value that is not finite, expected finite returns")
    if not (np.ptp(returns, axis=0) > 0.0).all():
        raise ValueError(f"`{name}` has a column that never moves, expected some variance in each")
