"""Bars of event time out of trades, for feeds that deliver none. Pure."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from risk.exact import add
from schemas.market import Bar, Trade


class _Building(msgspec.Struct):
    """A bar that is not closed yet."""

    start_ns: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


class BarBuilder:
    """One open bar per symbol, over [k * period, (k + 1) * period); the first trade after its end closes it.

    A period without trades has no bar.
    """

    def __init__(self, period_ns: int) -> None:
        if period_ns <= 0:
            raise ValueError(f"`period_ns` is {period_ns}, expected more than 0")
        self._period_ns = period_ns
        self._open: dict[str, _Building] = {}

    def add(self, trade: Trade) -> Bar | None:
        """Take a trade that is not older than the symbol's last one; the bar that it closes, if it does."""
        start_ns, price = trade.event_time_ns - trade.event_time_ns % self._period_ns, trade.price
        bar = self._open.get(trade.symbol)
        if bar is not None and start_ns == bar.start_ns:
            bar.high, bar.low, bar.close = max(bar.high, price), min(bar.low, price), price
            bar.volume = add(bar.volume, trade.quantity)
            return None
        self._open[trade.symbol] = _Building(start_ns, price, price, price, price, trade.quantity)
        return None if bar is None else self._finished(trade.symbol, bar)

    def _finished(self, symbol: str, bar: _Building) -> Bar:
        return Bar(
            symbol=symbol,
            open=bar.open,
            high=bar.high,
            low=bar.low,
            close=bar.close,
            volume=bar.volume,
            period_ns=self._period_ns,
            event_time_ns=bar.start_ns + self._period_ns,
        )
