"""Covariances that were put together from unequal samples, made positive semidefinite."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
#: Eigenvalues below this share of the mean one are rounding.
_ROUNDING = 1e-12
_STEPS_MAX = 1000


def repaired(covariance: Matrix) -> Matrix:
    """The same variances, and correlations without negative eigenvalues: clipped to zero and scaled back to ones on the
    diagonal (Rebonato, Jaeckel 1999). What is positive semidefinite already comes back as it is.

    >>> broken = np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.9], [0.0, 0.9, 1.0]])
    >>> fixed = repaired(4.0 * broken)
    >>> fixed.diagonal().round(12).tolist(), bool(np.linalg.eigvalsh(fixed)[0] > -1e-12)
    ([4.0, 4.0, 4.0], True)

    :raises ValueError: not [N, N], finite and symmetric with variances at least zero.
    """
    sd, correlation = _standardised(covariance)
    values, vectors = np.linalg.eigh(correlation)
    if values[0] >= -_ROUNDING:
        return covariance
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    root /= np.linalg.norm(root, axis=1, keepdims=True)
    fixed = (root @ root.T) * np.outer(sd, sd)
    np.fill_diagonal(fixed, np.diagonal(covariance))
    return np.asarray(0.5 * (fixed + fixed.T))


def nearest_correlation(matrix: Matrix, tolerance: float = 1e-10) -> Matrix:
    """The correlation matrix that is nearest in the Frobenius norm, by alternating projections with Dykstra's
    correction (Higham 2002).

    >>> nearest_correlation(np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])).round(4)
    array([[1.    , 0.7607, 0.1573],
           [0.7607, 1.    , 0.7607],
           [0.1573, 0.7607, 1.    ]])

    :raises ValueError: not [N, N], finite and symmetric with ones on the diagonal, or no convergence.
    """
    _, found = _standardised(matrix)
    correction = np.zeros_like(found)
    for _ in range(_STEPS_MAX):
        values, vectors = np.linalg.eigh(found - correction)
        positive = (vectors * np.maximum(values, 0.0)) @ vectors.T
        correction = positive - (found - correction)
        step = positive.copy()
        np.fill_diagonal(step, 1.0)
        if float(np.abs(step - found).max()) <= tolerance:
            return np.asarray(step)
        found = step
    raise ValueError(f"`matrix` has no nearest correlation after {_STEPS_MAX} steps, expected convergence")


def _standardised(covariance: Matrix) -> tuple[NDArray[np.float64], Matrix]:
    if covariance.ndim != 2 or covariance.shape[0] != covariance.shape[1] or not np.isfinite(covariance).all():
        raise ValueError(f"`covariance` has shape {covariance.shape}, expected [N, N] of finite numbers")
    if np.abs(covariance - covariance.T).max() > 1e-9 * np.abs(covariance).max():
        raise ValueError("`covariance` is not symmetric, expected the same on both sides of the diagonal")
    variances = np.diagonal(covariance)
    if (variances < 0.0).any():
        raise ValueError(f"`covariance` has a variance of {variances.min()}, expected at least 0")
    sd = np.sqrt(variances)
    scale = np.outer(sd, sd)
    correlation = np.divide(covariance, scale, out=np.zeros_like(covariance), where=scale > 0.0)
    np.fill_diagonal(correlation, 1.0)
    return sd, correlation
