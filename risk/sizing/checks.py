"""Ranges of what goes into a sizing method; every error names the field, its value and what was expected."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

#: Least eigenvalue of a correlation matrix: below it some mix of the assets is as good as riskless, and what rounding
#: leaves of its risk no longer has eight digits. Shrink such a matrix first.
EIGENVALUE_MIN = 1e-8
SYMMETRY = 1e-9


def finite(name: str, value: float) -> float:
    """:raises ValueError: a nan or an infinity."""
    return _within(name, value, abs(value) < np.inf, "a finite number")


def positive(name: str, value: float) -> float:
    """:raises ValueError: not above 0, or infinite."""
    return _within(name, value, 0.0 < value < np.inf, "above 0 and finite")


def not_negative(name: str, value: float) -> float:
    """:raises ValueError: below 0, or infinite."""
    return _within(name, value, 0.0 <= value < np.inf, "at least 0 and finite")


def fraction(name: str, value: float) -> float:
    """:raises ValueError: not above 0 and at most 1."""
    return _within(name, value, 0.0 < value <= 1.0, "above 0 and at most 1")


def probability(name: str, value: float) -> float:
    """:raises ValueError: not from 0 to 1."""
    return _within(name, value, 0.0 <= value <= 1.0, "from 0 to 1")


def vector(name: str, values: ArrayLike, size: int | None = None) -> Vector:
    """Finite float64 [size >= 1].

    :raises ValueError: another shape or something that is not finite.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or not len(array) or size not in {None, len(array)}:
        raise ValueError(f"`{name}` has shape {array.shape}, expected ({'N' if size is None else size},)")
    if not np.isfinite(array).all():
        at = int(np.argmin(np.isfinite(array)))
        raise ValueError(f"`{name}[{at}]` is {array[at]}, expected a finite number")
    return array


def covariance_matrix(values: ArrayLike) -> Matrix:
    """Finite, symmetric and positive definite float64 [N, N]: no asset without risk, no riskless mix.

    :raises ValueError: it is not.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or array.shape[0] != array.shape[1] or not len(array):
        raise ValueError(f"`covariance` has shape {array.shape}, expected (N, N)")
    diagonal = vector("covariance diagonal", np.diag(array))
    if not np.isfinite(array).all() or (diagonal <= 0.0).any():
        raise ValueError(f"`covariance` has diagonal {diagonal}, expected finite entries and variances above 0")
    _check_definite(array / np.sqrt(np.outer(diagonal, diagonal)))
    return array


def _check_definite(correlation: Matrix) -> None:
    away = float(np.abs(correlation - correlation.T).max())
    if away > SYMMETRY:
        raise ValueError(f"`covariance` is {away:g} from symmetric (as correlation), expected at most {SYMMETRY:g}")
    least = float(np.linalg.eigvalsh(correlation)[0])
    if not least >= EIGENVALUE_MIN:
        raise ValueError(
            f"`covariance` has least eigenvalue {least:g} (as correlation), expected at least {EIGENVALUE_MIN:g}"
        )


def _within(name: str, value: float, holds: bool, expected: str) -> float:
    if not holds:
        raise ValueError(f"`{name}` is {value}, expected {expected}")
    return value
