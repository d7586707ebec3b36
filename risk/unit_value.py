"""What one unit of an instrument is worth in an account's currency, and how many are traded a day."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from risk.market import MarketState
from risk.state import AccountState
from schemas.reference import Instrument


class Unit(NamedTuple):
    """One unit of an instrument in base currency: at the market, per 1.0 of price, and the age of its inputs."""

    value: float
    per_price: float
    oldest_ns: int

    @property
    def size(self) -> float:
        """What exposures count: a long position gains when a price below zero rises, as when one above does."""
        return abs(self.value)


def unit_value(instrument: Instrument, account: AccountState, market: MarketState) -> Unit | None:
    """What one unit is worth; ``None`` if its price or its exchange rate is missing, or the price is zero, for nothing
    can be measured against that."""
    index = market.index_of(instrument.symbol)
    base = account.definition.base_currency
    rate = market.fx(instrument.currency, base)
    if index is None or rate is None or not abs(market.price[index]) > 0.0:
        return None
    per_price = float(instrument.multiplier) * rate[0]
    price_time = int(market.price_time_ns[index])
    oldest = price_time if instrument.currency == base else min(price_time, rate[1])
    return Unit(float(market.price[index]) * per_price, per_price, oldest)


def average_volume(instrument: Instrument, market: MarketState) -> float:
    """Units a day: the smaller of what reference data says and what was seen traded; nan if neither is known."""
    index = market.index_of(instrument.symbol)
    seen = float(market.mean_volume[index]) if index is not None else np.nan
    if instrument.adv is None:
        return seen if seen > 0 else np.nan
    told = float(instrument.adv)
    return seen if 0 < seen < told else told
