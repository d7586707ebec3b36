"""Value at risk and expected shortfall. Both are positive loss magnitudes; confidence is a decimal such as 0.99.

A negative VaR says that even that outcome is a gain; it is not floored, so that scaling and translation hold exactly.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, exp, floor, isnan, nan, pi, sqrt
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_STANDARD_NORMAL = NormalDist()
#: Keeps 250 * (1 - 0.9) at 25 where floating point has 24.999999999999993.
_RANK_TOLERANCE = 1e-9
#: Below zero by no more than this share of what was summed is rounding.
_ROUNDING = 1e-9


@lru_cache(maxsize=64)
def normal_quantile(confidence: float) -> float:
    """z of the standard normal, that is VaR / sigma at zero mean.

    >>> round(normal_quantile(0.99), 6)
    2.326348

    :raises ValueError: confidence not between 0 and 1.
    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"`confidence` is {confidence}, expected between 0 and 1")
    return _STANDARD_NORMAL.inv_cdf(confidence)


@lru_cache(maxsize=64)
def normal_es(confidence: float) -> float:
    """Expected shortfall / sigma of a normal at zero mean: phi(z) / (1 - confidence).

    >>> round(normal_es(0.975), 6)
    2.337803
    """
    z = normal_quantile(confidence)
    return exp(-0.5 * z * z) / sqrt(2.0 * pi) / (1.0 - confidence)


def parametric_var_es(sigma: float, confidence: float) -> tuple[float, float]:
    """Normal VaR and ES of a P&L with standard deviation ``sigma`` (money) and zero mean."""
    return normal_quantile(confidence) * sigma, normal_es(confidence) * sigma


def portfolio_variance(covariance: Matrix, exposure: Vector) -> float:
    """w' Sigma w; ``covariance`` [N, N] of returns, ``exposure`` [N] in money, the result in money squared."""
    return float(exposure @ covariance @ exposure)


def variance_after(variance: float, shift: float, covered: float, own: float) -> float:
    """Variance of a book after adding ``shift`` (money) in asset i, exact and in O(1).

    w'Sw + 2 d (Sw)_i + d^2 S_ii, with ``variance`` = w'Sw before, ``covered`` = (Sw)_i and ``own`` = S_ii.

    :func:`sound_variance` says what becomes of one below zero.

    >>> variance_after(4.0, 1.0, 0.5, 9.0), variance_after(4.0, 1.0, -9.0, 9.0)
    (14.0, nan)
    """
    cross, square = 2.0 * shift * covered, shift * shift * own
    return sound_variance(variance + cross + square, variance + abs(cross) + square)


def sound_variance(variance: float, scale: float) -> float:
    """The same; 0 where rounding took it below; nan where a covariance that is not positive semidefinite did, for then
    nothing is known of the risk. ``scale`` is the sum of the absolute terms that it was summed from."""
    if variance >= 0.0:
        return variance
    return 0.0 if variance >= -_ROUNDING * scale else nan


def quadratic_form(exposure: Vector, covered: Vector) -> float:
    """w' Sigma w, sound, from ``exposure`` w [N] and ``covered`` = Sigma w [N]."""
    return sound_variance(float(exposure @ covered), float(np.abs(exposure) @ np.abs(covered)))


def component_var(covariance: Matrix, exposure: Vector, confidence: float) -> Vector:
    """Each asset's part [N] of the normal VaR, w_i * z * (Sigma w)_i / sigma; the parts sum to it (Jorion, ch. 7).

    :raises ValueError: the book has no variance, so nothing to divide.
    """
    covered = covariance @ exposure
    variance = float(exposure @ covered)
    if not variance > 0.0:
        raise ValueError(f"`exposure` has variance {variance}, expected more than 0")
    parts: Vector = exposure * covered * (normal_quantile(confidence) / sqrt(variance))
    return parts


def tail_count(observations: int, confidence: float) -> int:
    """Rank, counted from the worst as 1, of the outcome that is the VaR: floor(T * (1 - confidence)) + 1.

    >>> tail_count(500, 0.99), tail_count(250, 0.9)
    (6, 26)
    """
    return floor(observations * (1.0 - confidence) + _RANK_TOLERANCE) + 1


def observations_needed(confidence: float) -> int:
    """Least T for a historical VaR: one outcome beyond it must be expected, T * (1 - confidence) >= 1.

    >>> observations_needed(0.99), observations_needed(0.999)
    (100, 1000)
    """
    return ceil(1.0 / (1.0 - confidence) - 1e-6)


class TailRisk(NamedTuple):
    """VaR and ES, positive losses in money."""

    var: float
    shortfall: float


def historical_var_es(outcomes: Vector, confidence: float) -> tuple[float, float]:
    """Historical VaR and ES of a P&L vector [T] (gains positive), in one partition, O(T).

    With k = floor(T * (1 - confidence)) + 1: VaR is the loss of the k-th worst outcome, the least loss x that at least
    the share ``confidence`` of outcomes does not exceed (numpy's quantile of the losses, ``method="inverted_cdf"``), an
    outcome that happened and never an interpolation. ES is the mean loss of the k worst, those at or beyond that same
    VaR (ties with it beyond rank k left out), hence ES >= VaR.

    >>> import numpy as np
    >>> historical_var_es(np.arange(-10.0, 10.0), 0.9)
    (8.0, 9.0)

    :raises ValueError: fewer than :func:`observations_needed` outcomes, where a number would be made up; or a nan.
    """
    count = len(outcomes)
    if isnan(outcomes @ outcomes):  # the quickest way to see one, which the partition would put among the gains
        raise ValueError(f"`outcomes` is nan at {int(np.isnan(outcomes).argmax())}, expected numbers")
    if count * (1.0 - confidence) < 1.0 - _RANK_TOLERANCE:
        raise ValueError(f"`outcomes` has {count} observations, expected at least {observations_needed(confidence)}")
    rank = tail_count(count, confidence)
    tail = np.partition(outcomes, rank - 1)[:rank]
    return -float(tail[-1]), -float(tail.sum()) / rank
