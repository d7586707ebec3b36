"""Monte Carlo VaR as it is written down first: all paths at once, all outcomes sorted."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from risk.var.simulated import KEPT_ROWS

#: Of the intervals.
LEVEL = 0.95


def simulated_at_once(rows: Any, held: Any, paths: int, confidence: float) -> tuple[Any, ...]:
    """VaR and ES, what each asset [N] adds to them (marginal, component, component of ES, incremental), and the ends of
    their intervals; the definitions, and the draws, of :class:`risk.var.monte_carlo.MonteCarlo`, whose figures by asset
    rest on the first 100,000 paths."""
    values, vectors = np.linalg.eigh(np.cov(rows.T))
    loads = (vectors * np.sqrt(values))[:, ::-1]
    returns = np.random.default_rng(0).standard_normal((paths, len(held))) @ loads.T
    ordered = np.sort(returns @ held)
    var, es = _tail(ordered, confidence)
    return (
        var,
        es,
        *_parts(returns[:KEPT_ROWS], held, confidence, var, es),
        *_intervals(rows, held, ordered, confidence),
    )


def _tail(ordered: Any, confidence: float) -> tuple[float, float]:
    count = _rank(ordered, confidence)
    return -ordered[count - 1], -ordered[:count].mean()


def _rank(outcomes: Any, confidence: float) -> int:
    return int(len(outcomes) * (1.0 - confidence) + 1e-9) + 1


def _parts(returns: Any, held: Any, confidence: float, var: float, es: float) -> tuple[Any, ...]:
    """By asset: the mean of the paths around the VaR, of those beyond it, and the VaR of the book without the asset."""
    outcomes, count = returns @ held, _rank(returns, confidence)
    order = np.argsort(outcomes)
    own, own_es = _tail(outcomes[order], confidence)
    around = order[count - count // 4 - 1 : count + count // 4]
    mean = returns[around].mean(axis=0)
    marginal = mean * (var / (mean @ held))
    beyond = -returns[order[:count]].mean(axis=0) * held * (es / own_es)
    without = [own - _tail(np.sort(outcomes - returns[:, i] * held[i]), confidence)[0] for i in range(len(held))]
    return marginal, marginal * held, beyond, np.array(without) * (var / own)


def _intervals(rows: Any, held: Any, ordered: Any, confidence: float) -> tuple[float, ...]:
    """Of VaR and ES: the simulation's error and, independent of it, that of the volatility."""
    count, share, z = len(ordered), 1.0 - confidence, stats.norm.ppf(0.5 + 0.5 * LEVEL)
    var, es = _tail(ordered, confidence)
    of_volatility = z * np.sqrt((stats.kurtosis(rows @ held) + 2.0) / (4.0 * len(rows)))
    first, last = stats.binom.ppf([0.5 - 0.5 * LEVEL, 0.5 + 0.5 * LEVEL], count, share).astype(int)
    of_tail = z * np.sqrt(
        (ordered[: _rank(ordered, confidence)].var() + confidence * (es - var) ** 2) / (count * share)
    )
    ends = ((var, -ordered[last - 1]), (var, -ordered[first - 1]), (es, es - of_tail), (es, es + of_tail))
    return tuple(
        figure + np.copysign(np.hypot(end - figure, figure * of_volatility), end - figure) for figure, end in ends
    )
