"""How long a book takes to sell, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from risk.measures.liquidity import days_to_liquidate, liquidation_cost
from risk.performance.available import NotAvailable
from riskstream.library.data import PortfolioData
from riskstream.library.stress_inputs import daily_values_of


@dataclass(frozen=True, eq=False, kw_only=True)
class BookLiquidity:
    """By symbol held: ``spreads`` relative, ``days`` to sell at ``participation`` of the volume, ``costs`` in money."""

    participation: float
    spreads: pd.Series[float]
    days: pd.Series[float]
    costs: pd.Series[float]

    @property
    def days_max(self) -> float:
        """Days until the slowest position is sold."""
        return float(self.days.max()) if len(self.days) else 0.0

    @property
    def cost(self) -> float:
        """Half the spread on all of it, money."""
        return float(self.costs.sum())


def book_liquidity(data: PortfolioData) -> BookLiquidity | NotAvailable:
    """Of today's positions, from the instruments' spreads and the smaller of their average volumes and those of the
    last 20 days; or which symbol's is not known: what can't be sold is not taken to be liquid."""
    held = {str(symbol): float(x) for symbol, x in data.exposures.items() if x != 0.0}
    daily, share = daily_values_of(data), data.limits.participation_max
    spreads = {symbol: data.instruments[symbol].spread_bps for symbol in held}
    for symbol in held:
        if spreads[symbol] is None:
            return NotAvailable(f"the spread of {symbol} is not known")
        if not daily.get(symbol, 0.0) > 0.0:
            return NotAvailable(f"the volume of {symbol} is not known")
    wide = {symbol: 1e-4 * (spread or 0.0) for symbol, spread in spreads.items()}
    return BookLiquidity(
        participation=share,
        spreads=pd.Series(wide, dtype=float),
        days=pd.Series({name: days_to_liquidate(x, daily[name], share) for name, x in held.items()}, dtype=float),
        costs=pd.Series({name: liquidation_cost(x, wide[name]) for name, x in held.items()}, dtype=float),
    )
