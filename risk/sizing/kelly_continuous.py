"""Kelly for one asset whose returns are normal over short times."""

from __future__ import annotations

from math import sqrt

from risk.sizing.checks import finite, positive
from risk.sizing.checks import fraction as checked_fraction
from risk.sizing.shrinkage import estimate_shrinkage


def kelly_continuous(
    drift: float, risk_free: float, volatility: float, fraction: float = 1.0, years: float | None = None
) -> float:
    """max(0, (mu - r) / sigma^2) * fraction: the weight in the asset, above 1 with leverage (Merton 1969; Thorp 2006).

    All decimals a year. If mu was estimated over so many ``years``, the weight shrinks by :func:`estimate_shrinkage`
    with the standard error sigma / sqrt(years); ``None`` takes mu as known.

    >>> round(kelly_continuous(0.08, 0.02, 0.20), 12)
    1.5

    :raises ValueError: a parameter out of range.
    """
    edge = finite("drift", drift) - finite("risk_free", risk_free)
    sigma = positive("volatility", volatility)
    share = checked_fraction("fraction", fraction)
    if years is not None:
        share *= estimate_shrinkage(edge, sigma / sqrt(positive("years", years)))
    return finite("drift / volatility^2", max(0.0, edge) / sigma / sigma * share)


def growth_rate(weight: float, drift: float, risk_free: float, volatility: float) -> float:
    """r + w (mu - r) - w^2 sigma^2 / 2, the expected log growth a year at weight w; largest at full Kelly.

    >>> round(growth_rate(1.5, 0.08, 0.02, 0.20), 12)
    0.065
    """
    return risk_free + weight * (drift - risk_free) - 0.5 * (weight * volatility) ** 2


def growth_share(fraction: float) -> float:
    """fraction (2 - fraction): the part of full Kelly's excess growth that a fraction of it keeps.

    >>> growth_share(0.5)
    0.75
    """
    return fraction * (2.0 - fraction)
