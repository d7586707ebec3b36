"""Covariances of many assets from few returns, shrunk towards something simple."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Target = Literal["scaled_identity", "constant_correlation"]


class Shrunk(NamedTuple):
    """(1 - intensity) * sample + intensity * target, [N, N]; the intensity, in [0, 1], is estimated."""

    covariance: Matrix
    intensity: float


def ledoit_wolf(returns: Matrix, target: Target = "scaled_identity") -> Shrunk:
    """The linear shrinkage of least expected squared error, from ``returns`` [T, N] about their means (divisor T).

    ``scaled_identity``: the mean variance on the diagonal (Ledoit, Wolf 2004, J. Multivariate Analysis 88).
    ``constant_correlation``: the sample's variances, and the mean of its correlations between all (Ledoit, Wolf 2004,
    "Honey, I Shrunk the Sample Covariance Matrix").

    >>> few = np.random.default_rng(1).normal(size=(20, 30))
    >>> shrunk = ledoit_wolf(few)
    >>> bool(np.linalg.eigvalsh(shrunk.covariance)[0] > 0.0), shrunk.intensity > 0.5
    (True, True)

    :raises ValueError: not [T, N] with T >= 2 of finite numbers, an unknown target, or an asset that never moves.
    """
    if returns.ndim != 2 or len(returns) < 2 or not np.isfinite(returns).all():
        raise ValueError(f"`returns` has shape {returns.shape}, expected [T, N] of finite numbers with T >= 2")
    centred = returns - returns.mean(axis=0)
    sample = centred.T @ centred / len(returns)
    if not (np.diagonal(sample) > 0.0).all():
        raise ValueError("`returns` has a column that never moves, expected some variance in each")
    if target == "scaled_identity":
        return _to_identity(centred, sample)
    if target == "constant_correlation":
        return _to_constant_correlation(centred, sample)
    raise ValueError(f"`target` is {target!r}, expected scaled_identity or constant_correlation")


def shrunk_by(sample: Matrix, intensity: float, target: Target) -> Matrix:
    """A covariance [N, N] that was estimated in some other way, shrunk by a known intensity."""
    aim = _identity_aim(sample) if target == "scaled_identity" else _constant_correlation_aim(sample)[0]
    return _mixed(sample, aim, intensity).covariance


def _to_identity(centred: Matrix, sample: Matrix) -> Shrunk:
    aim = _identity_aim(sample)
    distance = float(np.sum((sample - aim) ** 2))
    noise = (float(np.mean(np.sum(centred**2, axis=1) ** 2)) - float(np.sum(sample**2))) / len(centred)
    return _mixed(sample, aim, min(1.0, noise / distance) if distance > 0.0 else 0.0)


def _identity_aim(sample: Matrix) -> Matrix:
    count = len(sample)
    return float(np.trace(sample)) / count * np.eye(count)


def _to_constant_correlation(centred: Matrix, sample: Matrix) -> Shrunk:
    rows = len(centred)
    sd = np.sqrt(np.diagonal(sample))
    aim, mean = _constant_correlation_aim(sample)
    noise = (centred**2).T @ (centred**2) / rows - sample**2
    skewed = (centred**3).T @ centred / rows - sd[:, None] ** 2 * sample
    np.fill_diagonal(skewed, 0.0)
    shared = float(np.trace(noise)) + mean * float(np.sum(np.outer(1.0 / sd, sd) * skewed))
    distance = float(np.sum((sample - aim) ** 2))
    intensity = (float(np.sum(noise)) - shared) / distance / rows if distance > 0.0 else 0.0
    return _mixed(sample, aim, max(0.0, min(1.0, intensity)))


def _constant_correlation_aim(sample: Matrix) -> tuple[Matrix, float]:
    """The sample's variances with the mean of its correlations between all, and that mean."""
    count, sd = len(sample), np.sqrt(np.diagonal(sample))
    scale = np.outer(sd, sd)
    mean = (float(np.sum(sample / scale)) - count) / (count * (count - 1)) if count > 1 else 0.0
    aim = mean * scale
    np.fill_diagonal(aim, sd**2)
    return aim, mean


def _mixed(sample: Matrix, aim: Matrix, intensity: float) -> Shrunk:
    return Shrunk((1.0 - intensity) * sample + intensity * aim, intensity)
