"""Fixed risk to a stop."""

from __future__ import annotations

from risk.sizing.checks import finite, positive
from risk.sizing.checks import fraction as checked_fraction


def fixed_risk(equity: float, risk: float, entry: float, stop: float, multiplier: float = 1.0) -> float:
    """equity * risk / (|entry - stop| * multiplier): the quantity that loses that share of equity if the stop fills.

    ``risk`` is a decimal such as 0.01, ``equity`` money in the currency of the prices, ``multiplier`` units of the
    underlying a contract. A gap through the stop loses more.

    >>> fixed_risk(100_000.0, 0.01, entry=50.0, stop=48.0)
    500.0

    :raises ValueError: a parameter out of range, a stop at the entry.
    """
    distance = abs(finite("entry", entry) - finite("stop", stop)) * positive("multiplier", multiplier)
    if distance == 0.0:
        raise ValueError(f"`stop` is {stop}, expected away from the entry")
    quantity = positive("equity", equity) * checked_fraction("risk", risk) / distance
    return finite("equity * risk / |entry - stop|", quantity)
