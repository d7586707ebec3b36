"""Volatility clustering: how far variance now stands above its long run."""

from __future__ import annotations

from math import isnan


def clustering_ratio(variance: float, long_run: float) -> float:
    """Recent variance over unconditional variance, dimensionless: about 1 when volatility is ordinary.

    ``variance`` is the EWMA variance (RiskMetrics, lambda 0.94, an effective sample of 32 bars), ``long_run`` the
    Welford variance of all bars, both per bar. Volatility clusters when large moves follow large moves (Engle 1982);
    the short window then stands far above the long one. nan where either is unknown or the long run is zero.

    >>> clustering_ratio(0.0009, 0.0001)
    9.0
    """
    if isnan(variance) or not long_run > 0.0:
        return float("nan")
    return variance / long_run


def is_clustering(variance: float, long_run: float, threshold: float = 4.0) -> bool:
    """Whether the ratio lies above ``threshold``; 4 is twice the ordinary volatility. Unknown is not False: it raises.

    :raises ValueError: the ratio is not available, or the threshold is not above 1.
    """
    if not threshold > 1.0:
        raise ValueError(f"`threshold` is {threshold}, expected more than 1")
    ratio = clustering_ratio(variance, long_run)
    if isnan(ratio):
        raise ValueError(f"`variance` is {variance} and `long_run` {long_run}, expected both to be known")
    return ratio > threshold
