"""Kelly for a bet that wins or loses."""

from __future__ import annotations

from math import sqrt

from risk.sizing.checks import fraction as checked_fraction
from risk.sizing.checks import positive, probability
from risk.sizing.shrinkage import estimate_shrinkage


def kelly_binary(
    win_probability: float, payoff: float, fraction: float = 1.0, observations: float | None = None
) -> float:
    """max(0, p - (1 - p) / b) * fraction: the share of capital to stake (Kelly 1956).

    ``payoff`` b is won for each unit staked with probability p, else the stake is lost. ``fraction`` 0.5 is half Kelly.
    If p is the frequency in so many ``observations`` n, let q = (n p + 2) / (n + 4) (Agresti, Coull 1998: a run of wins
    is no certainty). The smaller of p and q is what the stake is made from, and it shrinks by
    :func:`estimate_shrinkage` with the standard error (1 + 1/b) sqrt(q (1 - q) / (n + 4)); ``None`` takes p as known.

    >>> round(kelly_binary(0.55, 1.5), 12), round(kelly_binary(0.6, 1.0, fraction=0.5), 12)
    (0.25, 0.1)

    :raises ValueError: a parameter out of range.
    """
    p, b = probability("win_probability", win_probability), positive("payoff", payoff)
    checked_fraction("fraction", fraction)
    error = 0.0
    if observations is not None:
        count = positive("observations", observations) + 4.0
        q = p + (2.0 - 4.0 * p) / count
        error = (1.0 + 1.0 / b) * sqrt(q * (1.0 - q) / count)
        p = min(p, q)
    stake = p - (1.0 - p) / b
    return stake * fraction * estimate_shrinkage(stake, error) if stake > 0.0 else 0.0
