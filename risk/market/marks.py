"""What marks say: prices, quotes and volumes of instruments, levels of indices, exchange rates; and the time."""

from __future__ import annotations

from risk.estimators.settings import MarketConfig
from risk.estimators.time_guard import TimeGuard
from risk.latest import Latest
from risk.market.arrays import MarketArrays
from risk.market.symbol import Seen
from risk.sightings import RecentPrices
from schemas.market import Mark, MarkKind

VIX = "VIX"
TIME_JUMP = "mark_time_jump"
_INFINITY = float("inf")
Quoted = tuple[float, float]


class MarketMarks(MarketArrays):
    """``feed_time_ns`` is the largest time of a mark that was taken; ``levels`` has value and time of each index,
    ``recent`` what of prices and rates is confirmed."""

    def __init__(self, config: MarketConfig) -> None:
        super().__init__(config)
        self.feed_time_ns = 0
        self._levels, self._rates = (Latest(config.tick_rule(kind)) for kind in (MarkKind.INDEX, MarkKind.FX))
        self.levels = self._levels.values
        self.vix, self.vix_time_ns = float("nan"), 0
        self.recent = RecentPrices(config.mark_confirmations, config.mark_confirm_ns)
        self._times = TimeGuard[Mark](config.time_jump_max_ns, config.mark_confirmations)

    def fx(self, base: str, quote: str) -> tuple[float, int] | None:
        """Price of one ``base`` in ``quote`` and its time, from the direct rate or the inverse one, the newer."""
        if base == quote:
            return 1.0, self.now_ns
        rates = self._rates.values
        direct, inverse = rates.get(f"{base}/{quote}"), rates.get(f"{quote}/{base}")
        if inverse is None or (direct is not None and direct[1] >= inverse[1]):
            return direct
        return 1.0 / inverse[0], inverse[1]

    def apply_mark(self, mark: Mark) -> str | None:
        """Take the latest price, quote and volume of a symbol, a level of an index, or an exchange rate; why it was not
        taken, or ``None``."""
        time_ns = max(mark.event_time_ns, mark.quote_time_ns or 0)
        passing = self._times.passing(mark, mark.symbol, time_ns, self.feed_time_ns)
        refusal: str | None = TIME_JUMP
        for each in passing:
            refusal = self._take(each)
        if refusal is not None:
            self.refused[refusal] += 1
        return refusal

    def _take(self, mark: Mark) -> str | None:
        if mark.kind is MarkKind.INSTRUMENT:
            refusal = self._take_instrument(mark)
        else:
            refusal = (self._levels if mark.kind is MarkKind.INDEX else self._rates).take(mark)
        if refusal is not None:
            return refusal
        if mark.kind is MarkKind.INDEX and mark.symbol == VIX:
            self.vix, self.vix_time_ns = self.levels[VIX]
        self.recent.take(mark)
        self.version += 1
        self.feed_time_ns = max(self.feed_time_ns, mark.event_time_ns, mark.quote_time_ns or 0)
        self.now_ns = max(self.now_ns, self.feed_time_ns)
        return None

    def _take_instrument(self, mark: Mark) -> str | None:
        price = None if mark.price is None else float(mark.price)
        quote = None if mark.bid is None or mark.ask is None else (float(mark.bid), float(mark.ask))
        volume, time_ns, quote_time_ns = float(mark.volume), mark.event_time_ns, mark.quote_time_ns
        quote_time_ns = time_ns if quote_time_ns is None else quote_time_ns
        negative = mark.symbol in self._negative
        refusal = _malformed(price, quote, volume, -_INFINITY if negative else 0.0)
        if refusal is not None:
            return refusal
        seen = self._seen.get(mark.symbol) or self._add(mark.symbol)
        if (price is not None and time_ns < seen.price_time_ns) or (quote and quote_time_ns < seen.quote_time_ns):
            return "mark_older"
        refusal = None if price is None else self._take_price(seen, price, time_ns, negative)
        if refusal is not None:
            return refusal
        refusal = None if quote is None else self._take_quote(seen, quote, quote_time_ns, negative)
        if refusal is not None and price is None:
            return refusal
        if refusal is not None:  # the price is taken, and the last good quote grows old
            self.refused[refusal] += 1
        own, i = self._columns.own, seen.index
        own["mark_version"][i] = mark.version
        # a mark from before the last bar counts what that bar has already counted
        own["volume"][i] = volume if time_ns > seen.bars.time_ns else 0.0
        return None

    def _take_price(self, seen: Seen, price: float, time_ns: int, negative: bool) -> str | None:
        refusal = seen.doubt(price, time_ns, negative)
        if refusal is None:
            own, i = self._columns.own, seen.index
            own["price"][i] = price
            own["price_time_ns"][i] = seen.price_time_ns = time_ns
        return refusal

    def _take_quote(self, seen: Seen, quote: Quoted, time_ns: int, negative: bool) -> str | None:
        refusal = seen.doubt_quote(quote, time_ns, negative)
        if refusal is None:
            own, i = self._columns.own, seen.index
            own["bid"][i], own["ask"][i] = quote
            own["quote_time_ns"][i] = seen.quote_time_ns = time_ns
        return refusal


def _malformed(price: float | None, quote: Quoted | None, volume: float, above: float) -> str | None:
    if price is not None and not above < price < _INFINITY:
        return "price_invalid"
    if quote is not None and not above < quote[0] <= quote[1] < _INFINITY:
        return "quote_invalid"
    return None if 0.0 <= volume < _INFINITY else "volume_invalid"
