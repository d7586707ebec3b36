"""Correlations in a covariance matrix of returns: of a trade with a book, within a book, and with other variances."""

from __future__ import annotations

from math import copysign, sqrt

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

#: Variances at or below this share of the scale they came from are rounding, not risk.
_ROUNDING = 1e-12


def trade_book_correlation(shift: float, own: float, covered: float, variance: float) -> float:
    """Correlation of the P&L of a trade with that of a book, in O(1).

    sign(d) * (Sigma w)_i / sqrt(S_ii * w'Sw), with ``shift`` = d the money traded in asset i, ``own`` = S_ii,
    ``covered`` = (Sigma w)_i and ``variance`` = w'Sw. Positive when the trade adds to what the book already bets on.
    0 where there is nothing to be correlated with (no trade, an empty or riskless book).

    >>> round(trade_book_correlation(-1.0, 0.04, 0.02, 0.09), 6)
    -0.333333
    """
    if not shift or own <= 0.0 or variance <= 0.0:
        return 0.0
    return max(-1.0, min(1.0, copysign(1.0, shift) * covered / sqrt(own * variance)))


def with_variances(covariance: Matrix, variances: Vector) -> Matrix:
    """D R D: the correlations R of ``covariance`` [N, N] with other ``variances`` [N]; nan where it is.

    RiskMetrics' two lambdas: a fast one for volatilities, a slower one for correlations, which need more observations.
    What is positive semidefinite stays so, up to rounding. An asset that has no variance of its own is uncorrelated.

    >>> with_variances(np.array([[4.0, 1.0], [1.0, 1.0]]), np.array([1.0, 9.0]))
    array([[1. , 1.5],
           [1.5, 9. ]])
    """
    own = np.diagonal(covariance)
    scale = np.sqrt(np.divide(variances, own, out=np.zeros_like(own), where=own > 0.0))
    scaled = covariance * np.multiply.outer(scale, scale)
    np.fill_diagonal(scaled, np.where(np.isnan(own), own, variances))
    return scaled


def average_correlation(covariance: Matrix) -> float:
    """Plain mean of the N(N-1)/2 pairwise correlations of ``covariance`` [N, N]; nan for fewer than two assets.

    :raises ValueError: an asset without variance, which has no correlation.
    """
    count = len(covariance)
    if count < 2:
        return float("nan")
    least = float(np.diagonal(covariance).min())
    if not least > 0.0:
        raise ValueError(f"`covariance` has a variance of {least}, expected more than 0")
    sd = np.sqrt(np.diagonal(covariance))
    correlation = covariance / np.outer(sd, sd)
    return float((correlation.sum() - np.trace(correlation)) / (count * (count - 1)))


def weighted_average_correlation(covariance: Matrix, exposure: Vector) -> float:
    """Average pairwise correlation of a held book, weighted by risk and signed by side.

    (w'Sw - sum (w sigma)^2) / ((sum |w| sigma)^2 - sum (w sigma)^2): pairs weigh |w_i sigma_i w_j sigma_j|, and a
    long against a short counts with the sign turned. 1 is one bet in many names, 0 independent, below 0 hedged.
    0 for fewer than two positions: they have no pair.
    """
    risk = exposure * np.sqrt(np.diagonal(covariance))
    alone = float(risk @ risk)
    together = float(np.abs(risk).sum()) ** 2
    pairs = together - alone
    if pairs <= _ROUNDING * together:
        return 0.0
    return (float(exposure @ covariance @ exposure) - alone) / pairs
