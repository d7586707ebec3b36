"""What a book is like beside its risk: how concentrated, how liquid, in what market, and what its account earned."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from risk.book import Book
from risk.market import MarketState
from risk.measures.concentration import effective_number, herfindahl, top_share, weights_of
from risk.measures.liquidity import days_to_liquidate
from risk.state import AccountState
from risk.unit_value import average_volume
from schemas.reference import Instrument

#: How many of the largest exposures ``top5_share`` is of.
TOP = 5


def shape_of(
    account: AccountState, book: Book, market: MarketState, instruments: Mapping[str, Instrument]
) -> dict[str, Any]:
    """Fields of :class:`schemas.outputs.RiskMetrics`."""
    performance, unavailable = account.performance.values()
    return {
        **_concentration(book),
        "days_to_liquidate": _days(account, market, instruments),
        "liquidation_cost": known(book.cost),
        "market_correlation": known(market.analysis.average_correlation),
        "market_largest_share": known(market.analysis.largest_share),
        "performance": performance,
        "unavailable": unavailable,
    }


def known(value: float) -> float | None:
    """``None`` in place of nan."""
    return None if math.isnan(value) else value


def _concentration(book: Book) -> dict[str, float]:
    if not book.gross:
        return {}
    weights = weights_of(book.exposure)
    return {
        "herfindahl": herfindahl(weights),
        "effective_positions": effective_number(weights),
        "top5_share": top_share(weights, TOP),
    }


def _days(account: AccountState, market: MarketState, instruments: Mapping[str, Instrument]) -> float | None:
    """Until the slowest position is sold, at the participation that the limits allow; ``None`` where a volume is not
    known."""
    slowest = 0.0
    for symbol, holding in account.holdings.items():
        if holding.quantity:
            volume = average_volume(instruments[symbol], market) if symbol in instruments else math.nan
            if not volume > 0.0:
                return None
            days = days_to_liquidate(float(holding.quantity), volume, account.limits.participation_max)
            slowest = max(slowest, days)
    return slowest
