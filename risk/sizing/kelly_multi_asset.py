"""Kelly for several assets at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import nnls

from risk.sizing.checks import Vector, covariance_matrix, finite, positive, vector
from risk.sizing.checks import fraction as checked_fraction


def kelly_multi_asset(
    drifts: ArrayLike, risk_free: float, covariance: ArrayLike, fraction: float = 1.0, years: float | None = None
) -> Vector:
    """Weights [N] >= 0 that maximise w'(mu - r) - w'Sigma w / 2, times ``fraction`` (Thorp 2006).

    Without the sign constraint that is Sigma^-1 (mu - r); with it, the convex programme min |L'w - L^-1 (mu - r)| over
    w >= 0, Sigma = LL', solved by active sets (scipy's ``nnls``), hence exactly 0 where an asset has no place. All
    decimals a year; the weights may sum to more than 1.

    If mu was estimated over so many ``years``, all weights shrink by max(0, 1 - n / (years * S^2)), S^2 = w'Sigma w of
    full Kelly and n its assets held: S^2 of estimates is n / years too large (:func:`estimate_shrinkage` is n = 1).

    >>> kelly_multi_asset([0.08, -0.02], 0.02, [[0.04, 0.0], [0.0, 0.01]]).round(12)
    array([1.5, 0. ])

    :raises ValueError: a parameter out of range; a covariance that is not positive definite.
    """
    sigma = covariance_matrix(covariance)
    edge = vector("drifts", drifts, len(sigma)) - finite("risk_free", risk_free)
    share = checked_fraction("fraction", fraction)
    weights = _most_growth(sigma, edge)
    if years is not None:
        share *= _shrinkage(weights, sigma, positive("years", years))
    return weights * share


def _most_growth(sigma: Vector, edge: Vector) -> Vector:
    scale = np.sqrt(np.diag(sigma))
    lower = cholesky(sigma / np.outer(scale, scale), lower=True)
    wanted = solve_triangular(lower, edge / scale, lower=True)
    weights: Vector = nnls(lower.T, wanted, maxiter=50 * len(edge))[0] / scale
    return weights


def _shrinkage(weights: Vector, sigma: Vector, years: float) -> float:
    squared_sharpe = float(weights @ sigma @ weights)
    held = int(np.count_nonzero(weights))
    return max(0.0, 1.0 - held / (years * squared_sharpe)) if squared_sharpe > 0.0 else 0.0
