"""From a weight to a quantity."""

from __future__ import annotations

from risk.sizing.checks import finite, not_negative, positive


def quantity_of(weight: float, equity: float, price: float) -> float:
    """weight * equity / price: units of the instrument; ``price`` is money a unit, in the currency of the equity.

    >>> quantity_of(0.25, 100_000.0, 50.0)
    500.0

    :raises ValueError: a negative weight, a price or equity that is not positive.
    """
    quantity = not_negative("weight", weight) * positive("equity", equity) / positive("price", price)
    return finite("weight * equity / price", quantity)
