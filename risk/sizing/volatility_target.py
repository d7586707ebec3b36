"""Weight by volatility target."""

from __future__ import annotations

from risk.sizing.checks import finite, positive


def volatility_target(target: float, volatility: float) -> float:
    """target / sigma: the weight at which an asset or a book has the target volatility; both decimals a year.

    >>> volatility_target(0.10, 0.40)
    0.25

    :raises ValueError: one that is not above 0.
    """
    return finite("target / volatility", positive("target", target) / positive("volatility", volatility))
