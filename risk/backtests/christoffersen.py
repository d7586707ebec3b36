"""Christoffersen's tests: do exceptions come in clusters, and is their number right."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from risk.backtests.kupiec import kupiec
from risk.backtests.result import TestResult, log_likelihood
from risk.var.errors import VarError


class Transitions(NamedTuple):
    """Days without and with an exception, by what the day before was: ``calm_hit`` is an exception after none."""

    calm_calm: int
    calm_hit: int
    hit_calm: int
    hit_hit: int


def transitions(hits: ArrayLike) -> Transitions:
    """Counts over exceptions [T] (0, 1 or bool), chronological.

    >>> transitions([0, 1, 1, 0])
    Transitions(calm_calm=0, calm_hit=1, hit_calm=1, hit_hit=1)

    :raises VarError: not one axis of zeros and ones.
    """
    marks = np.asarray(hits)
    if marks.ndim != 1 or not np.isin(marks, (0, 1)).all():
        raise VarError(f"`hits` has shape {marks.shape}, expected one axis of 0 and 1")
    flags = marks.astype(np.int64)
    counts = np.bincount(2 * flags[:-1] + flags[1:], minlength=4)
    return Transitions(*(int(count) for count in counts))


def independence(counts: Transitions) -> TestResult:
    """LR of a first-order Markov chain of exceptions against independent ones ~ chi2(1) (Christoffersen 1998).

    >>> result = independence(Transitions(932, 53, 53, 4))
    >>> round(result.statistic, 5), round(result.p_value, 5)
    (0.25866, 0.61104)

    :raises VarError: a negative count.
    """
    if min(counts) < 0:
        raise VarError(f"`counts` is {tuple(counts)}, expected none below 0")
    calm, after = counts.calm_calm + counts.calm_hit, counts.hit_calm + counts.hit_hit
    hits, rest = counts.calm_hit + counts.hit_hit, counts.calm_calm + counts.hit_calm
    free = log_likelihood(counts.calm_hit, counts.calm_calm, counts.calm_hit / max(calm, 1))
    free += log_likelihood(counts.hit_hit, counts.hit_calm, counts.hit_hit / max(after, 1))
    tied = log_likelihood(hits, rest, hits / max(hits + rest, 1))
    return TestResult.of("christoffersen_independence", -2.0 * (tied - free), 1)


def conditional_coverage(hits: ArrayLike, confidence: float) -> TestResult:
    """Kupiec's LR plus that of independence ~ chi2(2): the number of exceptions [T] and their order together.

    :raises VarError: no observation, not zeros and ones, or a confidence out of range.
    """
    counts = transitions(hits)
    marks = np.asarray(hits)
    coverage = kupiec(int(marks.sum()), len(marks), confidence)
    return TestResult.of("conditional_coverage", coverage.statistic + independence(counts).statistic, 2)
