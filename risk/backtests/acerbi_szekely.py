"""Acerbi and Szekely's tests of expected shortfall."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from risk.measures.var import normal_es
from risk.var.errors import VarError
from risk.var.student import student_es

Vector = NDArray[np.float64]

#: Exceptions that are drawn at a time, about.
_DRAWS = 1_000_000


def z1(pnl: ArrayLike, var: ArrayLike, es: ArrayLike) -> float | None:
    """Mean of X / ES over the exceptions, plus 1: tests ES given VaR; below 0 says that ES is too small.

    Acerbi, Szekely 2014. ``pnl`` [T] with losses negative, ``var`` and ``es`` [T] or one number, positive. ``None``
    without an exception: there is nothing to test.

    >>> z1([-3.0, 1.0], 1.0, 2.0)
    -0.5

    :raises VarError: shapes that don't fit, a nan, or an ES that is not positive.
    """
    outcomes, limits, expected = _arrays(pnl, var, es)
    hits = outcomes < -limits
    return float(np.mean(outcomes[hits] / expected[hits])) + 1.0 if hits.any() else None


def z2(pnl: ArrayLike, var: ArrayLike, es: ArrayLike, confidence: float) -> float:
    """Sum of X / ES over the exceptions / (T (1 - confidence)), plus 1: tests ES and the exceptions' number at once.

    0 is expected, 1 without an exception; critical values in :func:`critical_value`, about -0.7 at 5 %.

    >>> z2([-3.0, 1.0], 1.0, 2.0, 0.5)
    -0.5

    :raises VarError: shapes that don't fit, a nan, an ES that is not positive, or a confidence outside 0 to 1.
    """
    outcomes, limits, expected = _arrays(pnl, var, es)
    if not 0.0 < confidence < 1.0:
        raise VarError(f"`confidence` is {confidence}, expected between 0 and 1")
    hits = outcomes < -limits
    return float(np.sum(outcomes[hits] / expected[hits])) / (len(outcomes) * (1.0 - confidence)) + 1.0


@lru_cache(maxsize=64)
def critical_value(
    significance: float = 0.05,
    observations: int = 250,
    confidence: float = 0.975,
    df: float | None = None,
    paths: int = 200_000,
    seed: int = 0,
) -> float:
    """Z2 below which a right model falls with probability ``significance``, by simulation.

    Outcomes are normal, or Student-t of ``df`` degrees. Only the tail is drawn: a binomial number of exceptions, each a
    quantile at a uniform share of the tail, which is the same distribution as T outcomes. Published for 250 days at
    97.5 %: -0.70 (5 %) and -1.76 (0.01 %); with 5 degrees -0.73 and -2.0. These are met to 0.01 and, with the 2,000,000
    paths or more that the far ones need, 0.04.

    :raises VarError: a share outside 0 to 1, a count below 1, or df not above 2.
    """
    for name, value in (("significance", significance), ("confidence", confidence)):
        if not 0.0 < value < 1.0:
            raise VarError(f"`{name}` is {value}, expected between 0 and 1")
    if min(observations, paths) < 1:
        raise VarError(f"`observations` is {observations} and `paths` {paths}, expected at least 1")
    return float(np.quantile(_simulated(observations, confidence, df, paths, seed), significance))


def _simulated(observations: int, confidence: float, df: float | None, paths: int, seed: int) -> Vector:
    """Z2 of each path [paths] under a right model."""
    generator, share = np.random.default_rng(seed), 1.0 - confidence
    counts = generator.binomial(observations, share, paths)
    size = max(1, int(_DRAWS / (observations * share)))
    parts = (counts[start : start + size] for start in range(0, paths, size))
    sums = np.concatenate([_sums(generator, part, confidence, df) for part in parts])
    statistics: Vector = sums / (observations * share) + 1.0
    return statistics


def _sums(generator: np.random.Generator, counts: NDArray[np.int64], confidence: float, df: float | None) -> Vector:
    """Sum of X / ES over as many exceptions as each path has."""
    from scipy import special

    levels = (1.0 - confidence) * (1.0 - generator.random(int(counts.sum())))
    if df is None:
        ratios = special.ndtri(levels) / normal_es(confidence)
    else:
        ratios = special.stdtrit(df, levels) * np.sqrt((df - 2.0) / df) / student_es(confidence, df)
    paths = np.repeat(np.arange(len(counts)), counts)
    return np.asarray(np.bincount(paths, weights=ratios, minlength=len(counts)), dtype=np.float64)


def _arrays(pnl: ArrayLike, var: ArrayLike, es: ArrayLike) -> tuple[Vector, Vector, Vector]:
    outcomes = np.asarray(pnl, dtype=np.float64)
    limits, expected = np.asarray(var, dtype=np.float64), np.asarray(es, dtype=np.float64)
    shapes = {limits.shape, expected.shape} - {()}
    if outcomes.ndim != 1 or not outcomes.size or shapes - {outcomes.shape}:
        raise VarError(f"`pnl` has shape {outcomes.shape}, `var` and `es` {shapes}, expected [T] and the same or one")
    if not all(np.isfinite(a).all() for a in (outcomes, limits, expected)) or not (expected > 0.0).all():
        raise VarError("`pnl`, `var` and `es` hold a nan, an infinity or an `es` of at most 0, expected none")
    return outcomes, np.broadcast_to(limits, outcomes.shape), np.broadcast_to(expected, outcomes.shape)
