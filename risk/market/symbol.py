"""What the market view remembers of one symbol beside its columns."""

from __future__ import annotations

from math import isnan

from risk.estimators.bars import BarSeries
from risk.estimators.quote_filter import QuoteFilter
from risk.estimators.tick_filter import TickFilter, TickRule


class Seen:
    """What is looked at before a mark or a bar of a symbol is taken; plain integers, as numpy's compare slowly."""

    __slots__ = ("bars", "index", "price_time_ns", "quote_time_ns", "quotes", "ticks")

    def __init__(self, index: int, bars: BarSeries, rule: TickRule) -> None:
        self.index, self.bars, self.ticks, self.quotes = index, bars, TickFilter(rule), QuoteFilter(rule)
        self.price_time_ns = self.quote_time_ns = -1

    def doubt(self, price: float, time_ns: int, negative: bool) -> str | None:
        """Why a price is not believed; the first one is held against the last close."""
        ticks, close = self.ticks, self.bars.sampler.close
        if isnan(ticks.price) and not isnan(close):
            ticks.believe(close)
        ticks.negative = negative
        return ticks.refusal(price, time_ns)

    def doubt_quote(self, quote: tuple[float, float], time_ns: int, negative: bool) -> str | None:
        """Why a quote is not believed; it is held against the last price, or the last close before there is one."""
        price = self.bars.sampler.close if isnan(self.ticks.price) else self.ticks.price
        return self.quotes.refusal(quote, price, time_ns, negative)
