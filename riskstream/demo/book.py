"""What the demo's accounts know of themselves: cash and positions from their own fills."""

from __future__ import annotations

from decimal import Decimal

from schemas.orders import Fill
from schemas.reference import Account


class Book:
    """Cash and positions of one account in one currency."""

    def __init__(self, account: Account) -> None:
        self.cash = account.cash.get(account.base_currency, Decimal(0))
        self.positions: dict[str, Decimal] = {each.symbol: each.quantity for each in account.positions}

    def fill(self, fill: Fill) -> None:
        """Take one fill into account."""
        change = fill.side.sign * fill.quantity
        self.positions[fill.symbol] = self.positions.get(fill.symbol, Decimal(0)) + change
        self.cash -= change * fill.price + fill.commission

    def equity(self, prices: dict[str, Decimal]) -> float:
        """Cash and positions at the given prices."""
        return float(self.cash + sum(held * prices[symbol] for symbol, held in self.positions.items()))
