"""Reverse stress: the most plausible move of the market that costs a given amount."""

from __future__ import annotations

from math import isfinite, sqrt
from statistics import NormalDist

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import optimize

#: Below this a residual is zero, and no shock keeps all constraints.
_TINY = 1e-12
#: How closely a shock must cost what it should.
_LOSS_TOLERANCE = 1e-6

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


class ReverseStress(msgspec.Struct, frozen=True, kw_only=True):
    """The least shock that breaches ``loss`` (money).

    ``returns`` [N] simple returns at once, none below -1; ``distance`` their Mahalanobis distance, how many standard
    deviations away they are; ``probability`` of so much or more in one period if returns were normal. ``possible`` is
    whether there is such a shock: if not, some return is below -1.
    """

    loss: float
    returns: tuple[float, ...]
    distance: float
    probability: float
    possible: bool


def reverse_stress(exposures: Vector, covariance: Matrix, loss: float) -> ReverseStress:
    """Minimise sqrt(r' Sigma^-1 r) over r >= -1 with w'r = -loss (Breuer et al., 2009).

    Where nothing would lose more than all: r = -loss Sigma w / (w' Sigma w), at distance loss / sqrt(w' Sigma w)
    (Lagrange). Else r = F z, F F' = Sigma, with the least z for which F z >= -1 and -w'F z >= loss, by non-negative
    least squares (Lawson, Hanson 1974, ch. 23). Both hold for a singular Sigma too, within its range.

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
    returns, distance = -loss * covered / variance + 0.0, loss / sqrt(variance)
    probability = NormalDist().cdf(-distance)
    if (returns < -1.0).any():
        within = _within(exposures, covariance, loss, distance)
        returns, distance = (returns, distance) if within is None else within
    return ReverseStress(
        loss=loss,
        returns=tuple(returns.tolist()),
        distance=distance,
        probability=probability,
        possible=bool((returns >= -1.0).all()),
    )


def _within(exposures: Vector, covariance: Matrix, loss: float, unit: float) -> tuple[Vector, float] | None:
    """The shock with no return below -1, and its distance; ``None`` if there is none: least distance programming, whose
    residual is zero where the constraints contradict each other. z is measured in ``unit``, the distance without
    bounds, so that it is of the order of one."""
    values, vectors = np.linalg.eigh(covariance)
    loads = vectors * np.sqrt(np.maximum(values, 0.0)) * unit
    bounds = np.vstack([-(exposures / loss) @ loads, loads])
    limits = np.concatenate([[1.0], -np.ones(len(exposures))])
    wanted = np.zeros(len(exposures) + 1)
    wanted[-1] = 1.0
    system = np.vstack([bounds.T, limits])
    residual = system @ optimize.nnls(system, wanted)[0] - wanted
    if not residual[-1] < -_TINY:
        return None
    moved = residual[:-1] / -residual[-1]
    returns: Vector = np.maximum(loads @ moved, -1.0)
    lost = -float(exposures @ returns)
    return (returns, unit * float(np.linalg.norm(moved))) if abs(lost - loss) <= _LOSS_TOLERANCE * loss else None
