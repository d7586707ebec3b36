"""The covariance that is handed out: known where there are enough common rows, and positive semidefinite there."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from risk.estimators.base import Matrix, Vector
from risk.estimators.covariance import EwmaCovariance
from risk.measures.correlation import with_variances
from risk.measures.psd import repaired
from risk.measures.shrinkage import ledoit_wolf, shrunk_by

Shrinkage = Literal["none", "scaled_identity", "constant_correlation"]


def sound_covariance(
    estimator: EwmaCovariance, variances: Vector, observations_min: int, shrinkage: Shrinkage, history: Matrix
) -> Matrix:
    """Covariance [N, N] of the estimator's correlations and these EWMA variances [N], nan where a pair has fewer common
    rows than the minimum.

    Symbols of unequal history can make it indefinite: their largest complete block is repaired if need be (Rebonato,
    Jaeckel 1999). With ``shrinkage`` the block is shrunk to that target, as strongly as Ledoit and Wolf's estimate over
    as many of the last rows of ``history`` [T, N] as the EWMA is worth; a missing return counts as zero there.
    """
    covariance = with_variances(estimator.masked(observations_min), variances)
    block = complete_block(~np.isnan(covariance))
    within = np.ix_(block, block)
    if shrinkage != "none" and len(block) > 1:
        covariance[within] = _shrunk(covariance[within], shrinkage, _recent(history, estimator.lam)[:, block])
    counts = estimator.counts[within]
    if counts.size and (shrinkage != "none" or np.ptp(counts)):
        covariance[within] = _definite(covariance[within])
    return covariance


def complete_block(known: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Indices of a set of symbols, each pair of them known: those that lack most are left out one by one.

    >>> complete_block(np.array([[True, True, False], [True, True, True], [False, True, True]])).tolist()
    [1, 2]
    """
    inside = known.diagonal().copy()
    lacking = np.where(inside, (~known)[:, inside].sum(axis=1), 0)
    while lacking.any():
        worst = int(lacking.argmax())
        inside[worst] = False
        lacking = np.where(inside, lacking - ~known[:, worst], 0)
    return np.flatnonzero(inside)


def _definite(block: Matrix) -> Matrix:
    try:
        np.linalg.cholesky(block)
    except np.linalg.LinAlgError:
        return repaired(block)
    return block


def _recent(history: Matrix, lam: float) -> Matrix:
    worth = round((1.0 + lam) / (1.0 - lam))
    return np.nan_to_num(history[-worth:])


def _shrunk(block: Matrix, target: Literal["scaled_identity", "constant_correlation"], recent: Matrix) -> Matrix:
    """What does not move has no correlation to be shrunk, and stays as it is."""
    if len(recent) < 2:
        return block
    moving = np.flatnonzero((np.ptp(recent, axis=0) > 0.0) & (block.diagonal() > 0.0))
    within = np.ix_(moving, moving)
    if len(moving) > 1:
        block[within] = shrunk_by(block[within], ledoit_wolf(recent[:, moving], target).intensity, target)
    return block
