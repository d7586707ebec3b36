"""Ticks to marks: the latest market state of each symbol, handed out at a pace instead of with every print. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from risk.estimators.time_guard import TimeGuard
from risk.exact import ZERO, add
from schemas.market import Bar, FxRate, IndexLevel, Mark, MarkKind, Quote, Trade
from streams.bars import BarBuilder

Tick = Trade | Quote | Bar | IndexLevel | FxRate
OUT_OF_ORDER = "out of order"
TIME_JUMP = "time jump"


class Conflater:
    """Market state by symbol.

    ``bar_period_ns`` > 0 builds bars of event time out of trades, for feeds without bars. ``known`` holds marks that
    others have made, where a symbol goes on that this conflater has not seen or that was elsewhere in the meantime.
    ``guard`` holds ticks back that lie far ahead of all others; without one, whoever calls must know that they do not.
    """

    def __init__(
        self,
        bar_period_ns: int = 0,
        known: Mapping[str, Mark] = MappingProxyType({}),
        guard: TimeGuard[Tick] | None = None,
    ) -> None:
        self._guard, self._now_ns = guard, 0
        self._marks: dict[str, Mark] = {}
        self._known = known
        self._dirty: set[str] = set()
        self._bar_times: dict[str, int] = {}
        self._builder = BarBuilder(bar_period_ns) if bar_period_ns else None
        self.refused: Counter[str] = Counter()

    def add(self, tick: Tick) -> list[Mark | Bar]:
        """Take a tick in; gives what must go out at once. A bar passes through with the mark before it; a tick whose
        time goes back (a bar whose time does not go on) is refused and counted."""
        if self._guard is None:
            return self._take(tick)
        self._now_ns = self._now_ns or max((mark.event_time_ns for mark in self._known.values()), default=0)
        passing = self._guard.passing(tick, tick.symbol, tick.event_time_ns, self._now_ns)
        if not passing:
            self.refused[TIME_JUMP] += 1
        return [out for each in passing for out in self._take(each)]

    def _take(self, tick: Tick) -> list[Mark | Bar]:
        self._now_ns = max(self._now_ns, tick.event_time_ns)
        if self._is_late(tick):
            self.refused[OUT_OF_ORDER] += 1
            return []
        if isinstance(tick, Bar):
            return self._close(tick)
        bar = self._builder.add(tick) if self._builder is not None and isinstance(tick, Trade) else None
        closed = self._close(bar) if bar is not None else []
        before = self._mark(tick.symbol)
        self._marks[tick.symbol] = msgspec.structs.replace(before, version=before.version + 1, **_changes(before, tick))
        self._dirty.add(tick.symbol)
        return closed

    def flush(self) -> list[Mark]:
        """The marks that changed since the last flush, by symbol."""
        marks = [self._marks[symbol] for symbol in sorted(self._dirty)]
        self._dirty.clear()
        return marks

    def _mark(self, symbol: str) -> Mark:
        own, known = self._marks.get(symbol), self._known.get(symbol)
        if own is None or (known is not None and known.version > own.version):
            return known or Mark(symbol=symbol, event_time_ns=0, version=0)
        return own

    def _is_late(self, tick: Tick) -> bool:
        if isinstance(tick, Bar):
            return tick.event_time_ns <= self._bar_times.get(tick.symbol, -1)
        mark = self._mark(tick.symbol)
        latest = (mark.quote_time_ns or 0) if isinstance(tick, Quote) else mark.event_time_ns
        return tick.event_time_ns < latest

    def _close(self, bar: Bar) -> list[Mark | Bar]:
        """A closed bar: the volume since begins again at zero."""
        self._bar_times[bar.symbol] = bar.event_time_ns
        mark = self._mark(bar.symbol)
        if not mark.volume:
            return [bar]
        self._marks[bar.symbol] = msgspec.structs.replace(mark, volume=ZERO, version=mark.version + 1)
        waiting = bar.symbol in self._dirty
        self._dirty.add(bar.symbol)
        return [mark, bar] if waiting else [bar]


def _changes(before: Mark, tick: Trade | Quote | IndexLevel | FxRate) -> dict[str, Any]:
    match tick:
        case Trade():
            return {
                "price": tick.price,
                "volume": add(before.volume, tick.quantity),
                "event_time_ns": tick.event_time_ns,
            }
        case Quote():
            time_ns = max(before.event_time_ns, 0 if before.price is not None else tick.event_time_ns)
            return {"bid": tick.bid, "ask": tick.ask, "quote_time_ns": tick.event_time_ns, "event_time_ns": time_ns}
        case IndexLevel():
            return {"kind": MarkKind.INDEX, "price": tick.level, "event_time_ns": tick.event_time_ns}
        case FxRate():
            return {"kind": MarkKind.FX, "price": tick.rate, "event_time_ns": tick.event_time_ns}
