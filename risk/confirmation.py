"""What an account was worth lately, at the recent prices of what it has now. See :mod:`risk.sightings`."""

from __future__ import annotations

from risk.market import MarketState
from risk.sightings import Range, exactly
from risk.state import AccountState, PartitionState


def confirmed_equity(account: AccountState, state: PartitionState, market: MarketState) -> Range | None:
    """Equity with each position and balance at its worst, its middle and its best recent price, in base currency;
    ``None`` while one of the prices has not been seen often and long enough.

    A loss at ``high`` is one that no single print makes, and a gain at ``low`` likewise.
    """
    base, recent, equity = account.definition.base_currency, market.recent, exactly(0.0)
    parts = [(exactly(float(amount)), currency) for currency, amount in account.cash.items() if amount]
    for symbol, holding in account.holdings.items():
        if not holding.quantity:
            continue
        instrument, price = state.instruments.get(symbol), recent.price(symbol)
        if instrument is None or price is None:
            return None
        units = float(holding.quantity) * float(instrument.multiplier)
        parts.append((price.scaled(units), instrument.currency))
    for value, currency in parts:
        rate = recent.rate(currency, base)
        if rate is None:
            return None
        equity = equity.plus(value if currency == base else value.times(rate))
    return equity
