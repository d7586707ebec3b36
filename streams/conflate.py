"""Ticks to marks: the latest market state of each symbol, handed out at a pace instead of with every print. Pure."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import msgspec

from risk.exact import ZERO, add
from schemas.market import Bar, FxRate, IndexLevel, Mark, MarkKind, Quote, Trade

Tick = Trade | Quote | Bar | IndexLevel | FxRate


class _Building(msgspec.Struct):
    """A bar of event time that trades are still building."""

    start_ns: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


class Conflater:
    """Market state by symbol. ``bar_period_ns`` > 0 builds bars of event time out of trades, for feeds without bars."""

    def __init__(self, bar_period_ns: int = 0) -> None:
        self._marks: dict[str, Mark] = {}
        self._dirty: set[str] = set()
        self._bar_period_ns = bar_period_ns
        self._bars: dict[str, _Building] = {}
        self.refused: Counter[str] = Counter()

    def add(self, tick: Tick) -> list[Mark | Bar]:
        """Take a tick in; gives what must go out at once. A bar passes through with the mark before it; a tick whose
        time goes back is refused and counted."""
        if isinstance(tick, Bar):
            return self._close(tick)
        before = self._marks.get(tick.symbol) or Mark(symbol=tick.symbol, event_time_ns=0, version=0)
        closed = self._build(tick) if isinstance(tick, Trade) else []
        latest = (before.quote_time_ns or 0) if isinstance(tick, Quote) else before.event_time_ns
        if tick.event_time_ns < latest:
            self.refused["out of order"] += 1
            return []
        self._marks[tick.symbol] = msgspec.structs.replace(before, version=before.version + 1, **_changes(before, tick))
        self._dirty.add(tick.symbol)
        return closed

    def flush(self) -> list[Mark]:
        """The marks that changed since the last flush, by symbol."""
        marks = [self._marks[symbol] for symbol in sorted(self._dirty)]
        self._dirty.clear()
        return marks

    def _close(self, bar: Bar) -> list[Mark | Bar]:
        """A closed bar: the volume since begins again at zero."""
        mark = self._marks.get(bar.symbol)
        if mark is None or not mark.volume:
            return [bar]
        self._marks[bar.symbol] = msgspec.structs.replace(mark, volume=ZERO, version=mark.version + 1)
        waiting = bar.symbol in self._dirty
        self._dirty.add(bar.symbol)
        return [mark, bar] if waiting else [bar]

    def _build(self, trade: Trade) -> list[Mark | Bar]:
        if not self._bar_period_ns:
            return []
        start = trade.event_time_ns - trade.event_time_ns % self._bar_period_ns
        bar = self._bars.get(trade.symbol)
        if bar is not None and start == bar.start_ns:
            bar.high, bar.low, bar.close = max(bar.high, trade.price), min(bar.low, trade.price), trade.price
            bar.volume = add(bar.volume, trade.quantity)
            return []
        if bar is not None and start < bar.start_ns:
            return []
        price = trade.price
        self._bars[trade.symbol] = _Building(start, price, price, price, price, trade.quantity)
        return [] if bar is None else self._close(self._finished(trade.symbol, bar))

    def _finished(self, symbol: str, bar: _Building) -> Bar:
        return Bar(
            symbol=symbol, open=bar.open, high=bar.high, low=bar.low, close=bar.close, volume=bar.volume,
            period_ns=self._bar_period_ns, event_time_ns=bar.start_ns + self._bar_period_ns,
        )


def _changes(before: Mark, tick: Trade | Quote | IndexLevel | FxRate) -> dict[str, Any]:
    match tick:
        case Trade():
            return {"price": tick.price, "volume": add(before.volume, tick.quantity),
                    "event_time_ns": tick.event_time_ns}
        case Quote():
            time_ns = max(before.event_time_ns, 0 if before.price is not None else tick.event_time_ns)
            return {"bid": tick.bid, "ask": tick.ask, "quote_time_ns": tick.event_time_ns, "event_time_ns": time_ns}
        case IndexLevel():
            return {"kind": MarkKind.INDEX, "price": tick.level, "event_time_ns": tick.event_time_ns}
        case FxRate():
            return {"kind": MarkKind.FX, "price": tick.rate, "event_time_ns": tick.event_time_ns}
