"""What a strategy sees, and what it gives: an order in the making."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np

from schemas.base import Side

CENT = Decimal("0.01")


class View(NamedTuple):
    """What a strategy sees: the step of the day, prices, its positions and equity, and 20-day returns by symbol."""

    step: int
    prices: dict[str, Decimal]
    positions: dict[str, Decimal]
    equity: float
    momentum: dict[str, float]
    random: np.random.Generator


class Draft(NamedTuple):
    """An order in the making. ``gap_ns`` is the time since the one before (``None``: spread evenly)."""

    symbol: str
    side: Side
    quantity: Decimal
    fields: dict[str, Any] = {}
    gap_ns: int | None = None
