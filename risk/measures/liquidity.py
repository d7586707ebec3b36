"""Liquidity: how wide the market is, and how long a position takes to sell."""

from __future__ import annotations

from math import inf, isfinite, isnan


def relative_spread(bid: float, ask: float) -> float | None:
    """(ask - bid) / |mid|, a fraction; ``None`` without a two-sided, uncrossed quote; infinite where it spans zero, as
    those of futures can: nothing is relative to that.

    >>> round(relative_spread(99.0, 101.0), 12)
    0.02
    """
    if isnan(bid + ask) or ask < bid:
        return None
    return inf if bid <= 0.0 <= ask else 2.0 * (ask - bid) / abs(ask + bid)


def adv_share(quantity: float, adv: float) -> float:
    """|quantity| / average daily volume (both in units).

    :raises ValueError: quantity not finite or ADV not positive.
    """
    if not isfinite(quantity):
        raise ValueError(f"`quantity` is {quantity}, expected a number")
    if not 0.0 < adv < inf:
        raise ValueError(f"`adv` is {adv}, expected more than 0")
    return abs(quantity) / adv


def days_to_liquidate(quantity: float, adv: float, participation: float) -> float:
    """|quantity| / (participation * ADV): days to sell while being that share (0..1] of the volume.

    >>> days_to_liquidate(1_000_000, 500_000, 0.2)
    10.0

    :raises ValueError: quantity not finite, ADV not positive or participation outside (0, 1].
    """
    if not 0.0 < participation <= 1.0:
        raise ValueError(f"`participation` is {participation}, expected above 0 and at most 1")
    return adv_share(quantity, adv) / participation


def liquidation_cost(value: float, spread: float) -> float:
    """Half the relative spread on |value|: what crossing it once costs, in money."""
    return 0.5 * spread * abs(value)
