"""Reverse stress: the most plausible move of the market that costs a given amount."""

from __future__ import annotations

from math import isfinite, sqrt
from statistics import NormalDist

import msgspec
import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


class ReverseStress(msgspec.Struct, frozen=True, kw_only=True):
    """The least shock that breaches ``loss`` (money).

    ``returns`` [N] simple returns at once, ``distance`` how many standard deviations of the book away that is (the
    Mahalanobis distance), ``probability`` of so much or more in one period if returns were normal, ``possible`` whether
    no long position would have to lose more than all (a return below -1).
    """

    loss: float
    returns: tuple[float, ...]
    distance: float
    probability: float
    possible: bool


def reverse_stress(exposures: Vector, covariance: Matrix, loss: float) -> ReverseStress:
    """Minimise sqrt(r' Sigma^-1 r) over r with w'r = -loss: r = -loss Sigma w / (w' Sigma w), at distance
    loss / sqrt(w' Sigma w) (Lagrange; Breuer et al., 2009). Holds for a singular Sigma too, within its range.

    :param exposures: w [N] in money.
    :param covariance: Sigma [N, N] of returns a period.
    :raises ValueError: a loss not above 0, shapes that don't fit, what is not finite, or a book without variance: no
        shock of the covariance makes it lose.

    >>> reverse_stress(np.array([100.0, 0.0]), np.diag([0.01, 0.04]), 20.0).returns
    (-0.2, 0.0)
    """
    if not (isfinite(loss) and loss > 0.0):
        raise ValueError(f"`loss` is {loss}, expected a finite amount above 0")
    if covariance.shape != (len(exposures), len(exposures)) or not np.isfinite(covariance).all():
        raise ValueError(f"`covariance` has shape {covariance.shape}, expected {(len(exposures),) * 2} finite numbers")
    if not np.isfinite(exposures).all():
        raise ValueError("`exposures` are not all finite, expected finite amounts")
    covered = covariance @ exposures
    variance = float(exposures @ covered)
    if not variance > 0.0:
        raise ValueError(f"`exposures` have variance {variance}, expected more than 0: no shock breaches the loss")
    returns = -loss * covered / variance + 0.0
    distance = loss / sqrt(variance)
    return ReverseStress(
        loss=loss,
        returns=tuple(returns.tolist()),
        distance=distance,
        probability=NormalDist().cdf(-distance),
        possible=bool((returns >= -1.0).all()),
    )
