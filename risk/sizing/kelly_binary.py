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
    If p is the frequency in so many ``observations``, the stake shrinks by :func:`estimate_shrinkage` with the standard
    error (1 + 1/b) sqrt(p (1 - p) / observations); ``None`` takes p as known.

    >>> round(kelly_binary(0.55, 1.5), 12), round(kelly_binary(0.6, 1.0, fraction=0.5), 12)
    (0.25, 0.1)

    :raises ValueError: a parameter out of range.
    """
    p, b = probability("win_probability", win_probability), positive("payoff", payoff)
    stake = p - (1.0 - p) / b
    checked_fraction("fraction", fraction)
    if stake <= 0.0:
        return 0.0
    if observations is None:
        return stake * fraction
    error = (1.0 + 1.0 / b) * sqrt(p * (1.0 - p) / positive("observations", observations))
    return stake * fraction * estimate_shrinkage(stake, error)
