"""The arrays over symbols that marks and bars are put into, and that everyone reads."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk.estimators.bars import BarSeries
from risk.estimators.columns import Columns
from risk.estimators.settings import MarketConfig
from risk.market.symbol import Seen
from schemas.market import MarkKind
from schemas.reference import Instrument

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Times = NDArray[np.int64]

_NAN = float("nan")
_COLUMNS = {
    "price": _NAN,
    "bid": _NAN,
    "ask": _NAN,
    "volume": 0.0,
    "mean_volume": _NAN,
    "mean": _NAN,
    "variance": _NAN,
    "forecast": _NAN,
    "long_run": _NAN,
    "price_time_ns": 0,
    "quote_time_ns": 0,
    "bar_time_ns": 0,
    "garch_time_ns": 0,
    "garch_due_ns": 0,
    "mark_version": 0,
    "observations": 0,
    "regime": 0,
}


class MarketArrays:
    """N symbols, in the order in which they were first seen.

    Arrays are read-only views of length N, to be read anew after every mark or bar. Of marks: ``price``, ``bid``,
    ``ask`` (nan: missing), ``price_time_ns``, ``quote_time_ns``, ``mark_version``, ``volume`` (units since the last
    bar). Of bars: ``bar_time_ns`` (end of the last one whose close was believed), ``mean_volume`` (units a bar),
    ``observations`` (number of returns), ``regime`` (0 calm, 1 elevated, 2 stressed), ``mean`` return, ``variance``
    (EWMA), ``forecast`` (GARCH(1,1)), ``long_run`` (unconditional), all four per bar, nan where there are too few or a
    symbol has stopped; ``covariance`` [N, N] is nan where a pair has too few common rows or one has stopped.
    ``garch_time_ns`` is when the fit of its GARCH parameters was last asked for and taken (0: missing),
    ``garch_due_ns`` the end of the bar since which there are returns enough for a fit (0: there are not).

    ``version`` counts what was taken, ``refused`` what was not, by reason; ``now_ns`` is the largest event time taken.
    """

    price: Vector
    bid: Vector
    ask: Vector
    volume: Vector
    mean_volume: Vector
    mean: Vector
    variance: Vector
    forecast: Vector
    long_run: Vector
    price_time_ns: Times
    quote_time_ns: Times
    bar_time_ns: Times
    garch_time_ns: Times
    garch_due_ns: Times
    mark_version: Times
    observations: Times
    regime: Times
    covariance: Matrix

    def __init__(self, config: MarketConfig) -> None:
        self.config = config
        self.version = self.now_ns = 0
        self.symbols: list[str] = []
        self.refused: Counter[str] = Counter()
        self._seen: dict[str, Seen] = {}
        self._negative = set(config.negative_price_symbols)
        self._columns = Columns(_COLUMNS, squares=("covariance",))

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._expose()  # a copy's views are of its own columns

    def index_of(self, symbol: str) -> int | None:
        """Position of a symbol in the arrays; ``None`` if no mark and no bar of it was taken."""
        seen = self._seen.get(symbol)
        return None if seen is None else seen.index

    def define(self, instrument: Instrument) -> None:
        """Learn what an instrument's prices may be; to be told before they come."""
        if instrument.negative_prices:
            self._negative.add(instrument.symbol)
        elif instrument.symbol not in self.config.negative_price_symbols:
            self._negative.discard(instrument.symbol)

    def may_be_negative(self, symbol: str) -> bool:
        """Whether its prices may be zero or below."""
        return symbol in self._negative

    def _add(self, symbol: str) -> Seen:
        rule = self.config.tick_rule(MarkKind.INSTRUMENT)
        seen = self._seen[symbol] = Seen(len(self.symbols), BarSeries(self.config), rule)
        self.symbols.append(symbol)
        self._columns.resize(len(self.symbols))
        self._expose()
        return seen

    def _expose(self) -> None:
        for name, view in self._columns.views():
            setattr(self, name, view)
