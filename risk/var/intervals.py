"""Confidence intervals of VaR and ES."""

from __future__ import annotations

from math import hypot, sqrt

import numpy as np

from risk.measures.var import normal_quantile
from risk.var.estimate import Interval
from risk.var.inputs import Vector

LEVEL = 0.95
ASYMPTOTIC = "asymptotic, normal"


def asymptotic(value: float, error: float, basis: str = ASYMPTOTIC, level: float = LEVEL) -> Interval:
    """value +- z * error, ``error`` the standard error."""
    half = normal_quantile(0.5 + 0.5 * level) * error
    return Interval(low=value - half, high=value + half, level=level, basis=basis)


def widened(interval: Interval, value: float, error: float, basis: str) -> Interval:
    """The interval of ``value`` with an independent, normal ``error`` beside its own: distances add in squares.

    >>> made = widened(Interval(low=-3.0, high=3.0, level=0.95, basis=""), 0.0, 4.0 / normal_quantile(0.975), "both")
    >>> round(made.low, 12), round(made.high, 12)
    (-5.0, 5.0)
    """
    half = normal_quantile(0.5 + 0.5 * interval.level) * error
    low, high = (hypot(value - end, half) for end in (interval.low, interval.high))
    return Interval(low=value - low, high=value + high, level=interval.level, basis=basis)


def order_ranks(observations: float, confidence: float, level: float = LEVEL) -> tuple[int, int]:
    """Ranks, from the worst as 1, of the outcomes that enclose the quantile with a probability of about ``level``.

    The number of outcomes beyond the true quantile is binomial(T, 1 - confidence) whatever the distribution: the ranks
    are its two quantiles at (1 - level) / 2 from either end. A first rank of 0 says that no outcome is far enough out.

    >>> order_ranks(10_000, 0.99), order_ranks(10_000, 0.999)
    ((81, 120), (4, 17))
    """
    from scipy import stats

    beyond = stats.binom(round(observations), 1.0 - confidence)
    return int(beyond.ppf(0.5 - 0.5 * level)), int(beyond.ppf(0.5 + 0.5 * level))


def order_statistics(outcomes: Vector, confidence: float, level: float = LEVEL) -> Interval:
    """Distribution-free interval of the VaR from the order statistics of [T] outcomes, which must be independent."""
    first, last = order_ranks(len(outcomes), confidence, level)
    worst, best = max(first, 1), min(last, len(outcomes))
    ends = np.partition(outcomes, [worst - 1, best - 1])[[worst - 1, best - 1]]
    basis = "order statistics, distribution-free"
    if not first:
        basis += "; the upper end is the worst outcome, which the VaR may well exceed"
    return Interval(low=-float(ends[1]), high=-float(ends[0]), level=level, basis=basis)


def shortfall(outcomes: Vector, var: float, es: float, confidence: float) -> Interval:
    """Asymptotic interval of a historical ES (Manistre, Hancock 2005).

    Error^2 = (variance of the losses beyond VaR + confidence * (ES - VaR)^2) / (T * (1 - confidence)).
    """
    tail = outcomes[outcomes <= -var]
    spread = float(tail.var()) if len(tail) else 0.0
    count = len(outcomes) * (1.0 - confidence)
    return asymptotic(es, sqrt((spread + confidence * (es - var) ** 2) / count))
