"""Equal risk contribution with budgets: weights whose parts of the volatility are as asked for."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import cho_factor, cho_solve

from risk.sizing.checks import Matrix, Vector, covariance_matrix, positive, vector

#: What contributions may miss of their budgets, as shares of the volatility.
TOLERANCE = 1e-8
#: What the solver aims at and what it accepts: rounding in a product with the covariance may add to it.
_AIM, _ACCEPTED = 1e-13, 1e-9
#: Newton decrement of x'Cx / 2 - sum b ln x over the least budget, below which whole steps converge quadratically and
#: stay positive (self-concordance; Nesterov 2004, theorem 4.1.14).
_NEAR = 0.25
_STEPS_MAX = 200


def risk_contributions(weights: ArrayLike, covariance: ArrayLike) -> Vector:
    """w_i (Sigma w)_i / sigma_p, shape [N], decimals a year (of the covariance); they sum to the volatility.

    >>> risk_contributions([0.5, 0.5], [[0.04, 0.0], [0.0, 0.04]]).round(6)
    array([0.070711, 0.070711])
    """
    sigma = covariance_matrix(covariance)
    w = vector("weights", weights, len(sigma))
    covered = sigma @ w
    parts: Vector = w * covered / positive("volatility", float(np.sqrt(w @ covered)))
    return parts


def risk_budget(covariance: ArrayLike, budgets: ArrayLike) -> Vector:
    """Weights [N] > 0, summing to 1, with contributions to volatility in the proportion of ``budgets`` [N] > 0.

    The unique minimum of x'Cx / 2 - sum b_i ln x_i, convex, C the correlation, by Newton's method; w = x / sigma
    normalised (Spinu 2013; Bruder, Roncalli 2012). Contributions hold to :data:`TOLERANCE`.

    >>> risk_budget([[0.01, 0.0], [0.0, 0.04]], [4.0, 1.0]).round(12)
    array([0.8, 0.2])

    :raises ValueError: a budget not above 0; a covariance that is not positive definite, or too close to singular.
    """
    sigma = covariance_matrix(covariance)
    shares = vector("budgets", budgets, len(sigma))
    if (shares <= 0.0).any():
        at = int(np.argmin(shares))
        raise ValueError(f"`budgets[{at}]` is {shares[at]}, expected above 0")
    scale = np.sqrt(np.diag(sigma))
    weights: Vector = _solve(sigma / np.outer(scale, scale), shares / shares.sum()) / scale
    total: Vector = weights / weights.sum()
    return total


def _solve(correlation: Matrix, budgets: Vector) -> Vector:
    x = np.sqrt(budgets / max(1.0, float(correlation.sum()) / len(budgets)))
    best, missed = x, _missed(correlation, budgets, x)
    for _ in range(_STEPS_MAX):
        if missed <= _AIM:
            break
        x = _newton_step(correlation, budgets, x)
        now = _missed(correlation, budgets, x)
        if now < missed:
            best, missed = x, now
        elif missed <= _ACCEPTED:
            break
    if missed > _ACCEPTED:
        raise ValueError(
            f"`covariance` leaves contributions {missed:g} from their budgets, "
            f"expected at most {_ACCEPTED:g}: too close to singular"
        )
    return best


def _missed(correlation: Matrix, budgets: Vector, x: Vector) -> float:
    parts = x * (correlation @ x)
    return float(np.abs(parts / parts.sum() - budgets).max())


def _newton_step(correlation: Matrix, budgets: Vector, x: Vector) -> Vector:
    """One Newton step, halved until it keeps every x positive and lowers the objective."""
    gradient = correlation @ x - budgets / x
    direction: Vector = -cho_solve(cho_factor(correlation + np.diag(budgets / x**2)), gradient)
    slope = float(gradient @ direction)
    if -slope < _NEAR**2 * float(budgets.min()):
        return x + direction
    here, length = _objective(correlation, budgets, x), 1.0
    while length > 1e-12:
        there: Vector = x + length * direction
        if (there > 0.0).all() and _objective(correlation, budgets, there) <= here + 1e-4 * length * slope:
            return there
        length *= 0.5
    return x


def _objective(correlation: Matrix, budgets: Vector, x: Vector) -> float:
    return float(0.5 * x @ correlation @ x - budgets @ np.log(x))
