"""What a matrix of returns says of the whole market, too slow for every order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from risk.measures.absorption import absorption_ratio
from risk.measures.arch_lm import LAGS, arch_lm
from risk.measures.correlation import average_correlation
from risk.measures.correlation_change import correlation_change

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

RECENT = 60
ROWS_MIN = 100
#: Of more symbols, those with the longest histories stand for the market.
CORE_MAX = 30
_NONE = np.zeros(0)


class Analysis(NamedTuple):
    """``correlation_break``: standardised statistic of Jennrich's test, the last 60 rows against those before;
    ``absorption`` ratio of a fifth of the eigenvectors; ``clustering`` [N]: Engle's LM statistic with 5 lags. nan where
    there are too few rows. ``time_ns`` is when it was asked for, 0: never. ``average_correlation`` is that of all
    pairs, ``largest_share`` what the largest eigenvalue is of all."""

    correlation_break: float = float("nan")
    absorption: float = float("nan")
    clustering: Vector = _NONE
    time_ns: int = 0
    average_correlation: float = float("nan")
    largest_share: float = float("nan")

    def clustering_of(self, index: int) -> float:
        """The statistic of one symbol; nan for one that came later."""
        return float(self.clustering[index]) if index < len(self.clustering) else float("nan")


def analyse(returns: Matrix) -> Analysis:
    """Of ``returns`` [T, N], oldest first, nan where a symbol has none.

    A market of one symbol has no correlation that could break and nothing to absorb: 0.
    """
    clustering = np.array([_clustering(column) for column in returns.T])
    core = _core(returns)
    if core.shape[1] < 2:
        alone = 0.0 if len(core) >= ROWS_MIN else float("nan")
        return Analysis(alone, alone, clustering)
    if len(core) < ROWS_MIN:
        return Analysis(clustering=clustering)
    change, covariance = correlation_change(core[-RECENT:], core[:-RECENT]).standardised, np.cov(core, rowvar=False)
    eigenvalues = np.linalg.eigvalsh(covariance)
    return Analysis(
        change,
        absorption_ratio(covariance),
        clustering,
        average_correlation=average_correlation(covariance),
        largest_share=float(eigenvalues[-1] / eigenvalues.sum()),
    )


def _clustering(column: Vector) -> float:
    values = column[~np.isnan(column)]
    if len(values) < ROWS_MIN or not np.ptp(values) > 0.0:
        return float("nan")
    return arch_lm(values, LAGS).statistic


def _core(returns: Matrix) -> Matrix:
    """Complete rows of the symbols with enough of a history that move; of too many, those with the longest."""
    counts = (~np.isnan(returns)).sum(axis=0)
    moves = np.nanmax(returns[-RECENT:], axis=0, initial=-1.0) > np.nanmin(returns[-RECENT:], axis=0, initial=1.0)
    chosen = np.flatnonzero((counts >= ROWS_MIN) & moves)
    chosen = chosen[np.argsort(-counts[chosen], kind="stable")][:CORE_MAX]
    rows = returns[:, chosen]
    complete: Matrix = rows[~np.isnan(rows).any(axis=1)]
    return complete
