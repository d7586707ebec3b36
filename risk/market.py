"""The market as every worker sees it: latest marks by symbol, and what closed bars say of their returns.

Marks carry prices, quotes, volume, index levels and exchange rates; only bars feed estimates, so a bad tick can't
poison them. Refused data changes nothing but the count of its reason in :attr:`MarketState.refused`.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from risk.estimators.columns import Columns
from risk.estimators.rows import Cell, Rows
from risk.estimators.sampler import ReturnSampler
from risk.estimators.settings import MarketConfig
from schemas.market import Bar, Mark, MarkKind

__all__ = ["MarketConfig", "MarketState"]

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Times = NDArray[np.int64]

VIX = "VIX"
_NAN = float("nan")
_INFINITY = float("inf")
_COLUMNS = {
    "price": _NAN, "bid": _NAN, "ask": _NAN, "volume": 0.0, "mean_volume": _NAN, "variance": _NAN, "forecast": _NAN,
    "long_run": _NAN, "price_time_ns": 0, "quote_time_ns": 0, "mark_version": 0, "observations": 0,
}


class _Seen:
    """What is looked at before a mark or a bar of a symbol is taken; plain integers, as numpy's compare slowly."""

    __slots__ = ("bar_time_ns", "index", "price_time_ns", "quote_time_ns", "sampler")

    def __init__(self, index: int, sampler: ReturnSampler) -> None:
        self.index, self.sampler = index, sampler
        self.bar_time_ns = self.price_time_ns = self.quote_time_ns = 0


class MarketState:
    """Market state of all symbols; one per worker. N symbols, T rows of history.

    Arrays are read-only views of length N that hold until the next mark or bar: ``price``, ``bid``, ``ask`` (nan:
    missing), ``price_time_ns``, ``quote_time_ns`` (0: missing), ``mark_version``, ``volume`` (units
    since the last bar), ``mean_volume`` (units a bar), ``variance`` (EWMA), ``forecast`` (GARCH(1,1)), ``long_run``
    (unconditional), all three per bar and nan below ``observations_min``; ``observations`` counts returns.
    ``covariance`` [N, N] is nan where a pair has too few common rows; ``returns`` [T, N] is Fortran ordered, nan where
    a symbol had no bar. When a row of bars is closed says :class:`risk.estimators.rows.Rows`. Bars must all have one
    period: the configured one, else that of the first bar.
    """

    price: Vector
    bid: Vector
    ask: Vector
    volume: Vector
    mean_volume: Vector
    variance: Vector
    forecast: Vector
    long_run: Vector
    price_time_ns: Times
    quote_time_ns: Times
    mark_version: Times
    observations: Times
    covariance: Matrix
    returns: Matrix

    def __init__(self, config: MarketConfig | None = None) -> None:
        self.config = config = config or MarketConfig()
        self.version = self.bars_version = self.now_ns = 0
        self.symbols: list[str] = []
        self.refused: Counter[str] = Counter()
        self.levels: dict[str, tuple[float, int]] = {}
        self.vix, self.vix_time_ns = _NAN, 0
        self.turbulence, self.turbulence_time_ns = _NAN, 0
        self._seen: dict[str, _Seen] = {}
        self._rates: dict[str, tuple[float, int]] = {}
        self._rows = Rows()
        self._period_ns = config.bar_period_ns
        self._panel = config.panel()
        self._columns = Columns(_COLUMNS, squares=("covariance",))
        self._expose()

    def index_of(self, symbol: str) -> int | None:
        """Position of a symbol in the arrays; ``None`` if no mark and no bar of it was taken."""
        seen = self._seen.get(symbol)
        return None if seen is None else seen.index

    def fx(self, base: str, quote: str) -> tuple[float, int] | None:
        """Price of one ``base`` in ``quote`` and its time, from the direct rate or the inverse one, the newer."""
        if base == quote:
            return 1.0, self.now_ns
        direct, inverse = self._rates.get(f"{base}/{quote}"), self._rates.get(f"{quote}/{base}")
        if inverse is None or (direct is not None and direct[1] >= inverse[1]):
            return direct
        return 1.0 / inverse[0], inverse[1]

    # --- marks

    def apply_mark(self, mark: Mark) -> None:
        """Take the latest price, quote and volume of a symbol, a level of an index, or an exchange rate."""
        if mark.kind is MarkKind.INSTRUMENT:
            refusal = self._take_instrument(mark)
        elif mark.kind is MarkKind.INDEX:
            refusal = self._take_level(mark)
        else:
            refusal = self._take_latest(self._rates, mark)
        if refusal is not None:
            self.refused[refusal] += 1
            return
        self.version += 1
        self.now_ns = max(self.now_ns, mark.event_time_ns, mark.quote_time_ns or 0)

    def _take_level(self, mark: Mark) -> str | None:
        refusal = self._take_latest(self.levels, mark)
        if refusal is None and mark.symbol == VIX:
            self.vix, self.vix_time_ns = self.levels[VIX]
        return refusal

    def _take_latest(self, latest: dict[str, tuple[float, int]], mark: Mark) -> str | None:
        if mark.price is None:
            return "price_missing"
        value, (_, time_ns) = float(mark.price), latest.get(mark.symbol, (_NAN, 0))
        if not 0.0 < value < _INFINITY:
            return "price_invalid"
        if mark.event_time_ns < time_ns:
            return "mark_older"
        latest[mark.symbol] = value, mark.event_time_ns
        return None

    def _take_instrument(self, mark: Mark) -> str | None:
        price = None if mark.price is None else float(mark.price)
        quote = None if mark.bid is None or mark.ask is None else (float(mark.bid), float(mark.ask))
        volume, time_ns, quote_time_ns = float(mark.volume), mark.event_time_ns, mark.quote_time_ns
        quote_time_ns = time_ns if quote_time_ns is None else quote_time_ns
        refusal = _malformed(price, quote, volume)
        if refusal is not None:
            return refusal
        seen = self._seen.get(mark.symbol) or self._add(mark.symbol)
        if (price is not None and time_ns < seen.price_time_ns) or (quote and quote_time_ns < seen.quote_time_ns):
            return "mark_older"
        i, own = seen.index, self._columns.own
        if price is not None:
            own["price"][i] = price
            own["price_time_ns"][i] = seen.price_time_ns = time_ns
        if quote:
            own["bid"][i], own["ask"][i] = quote
            own["quote_time_ns"][i] = seen.quote_time_ns = quote_time_ns
        own["mark_version"][i] = mark.version
        # a mark from before the last bar counts what that bar has already counted
        own["volume"][i] = volume if time_ns > seen.bar_time_ns else 0.0
        return None

    # --- bars

    def apply_bar(self, bar: Bar) -> None:
        """Take one closed bar of a symbol."""
        time_ns, volume = bar.event_time_ns, float(bar.volume)
        refusal = self._misplaced(bar, volume)
        if refusal is not None:
            self.refused[refusal] += 1
            return
        rows, before = self._rows, self.bars_version
        seen = self._seen.get(bar.symbol) or self._add(bar.symbol)
        if time_ns > rows.time_ns:
            if not rows.closed:
                self._close_row()
            rows.begin(time_ns)
        self._period_ns, seen.bar_time_ns = bar.period_ns, time_ns
        self._columns.own["volume"][seen.index] = 0.0
        sampled = seen.sampler.update(float(bar.close), rows.number)
        if sampled.refusal is not None:
            self.refused[sampled.refusal] += 1
            volume = _NAN
        if rows.add(seen.index, Cell(sampled.value, volume)):
            self._close_row()
        self.version += sampled.refusal is None or self.bars_version != before
        self.now_ns = max(self.now_ns, time_ns)

    def _misplaced(self, bar: Bar, volume: float) -> str | None:
        if not 0.0 <= volume < _INFINITY:
            return "volume_invalid"
        if self._period_ns is not None and bar.period_ns != self._period_ns:
            return "bar_period"
        seen, time_ns = self._seen.get(bar.symbol), bar.event_time_ns
        if seen is not None and time_ns <= seen.bar_time_ns:
            return "bar_repeated" if time_ns == seen.bar_time_ns else "bar_out_of_order"
        return self._rows.refusal(bar.symbol, time_ns)

    def _close_row(self) -> None:
        """Let the estimators have the current row, or have it again."""
        rows = self._rows
        returns, volumes = np.full((2, len(self.symbols)), _NAN)
        for index, cell in rows.cells.items():
            returns[index], volumes[index] = cell
        take = self._panel.amend if rows.closed else self._panel.update
        take(returns, volumes, rows.time_ns)
        rows.closed = True
        self._publish()
        self.bars_version += 1

    def _publish(self) -> None:
        panel, config = self._panel, self.config
        minima = config.observations_min, config.correlation_observations_min, config.volume_observations_min
        for name, values in panel.estimates(*minima):
            self._columns.own[name][(slice(len(values)),) * values.ndim] = values
        self.returns = panel.history.view
        self.turbulence, self.turbulence_time_ns = panel.turbulence.value, panel.turbulence_time_ns

    def _add(self, symbol: str) -> _Seen:
        seen = _Seen(len(self.symbols), ReturnSampler(self.config.return_max, self.config.gap_max))
        self._seen[symbol] = seen
        self.symbols.append(symbol)
        self._columns.resize(len(self.symbols))
        self._panel.history.resize(len(self.symbols))
        self._expose()
        return seen

    def _expose(self) -> None:
        for name, view in self._columns.views():
            setattr(self, name, view)
        self.returns = self._panel.history.view


def _malformed(price: float | None, quote: tuple[float, float] | None, volume: float) -> str | None:
    if price is not None and not 0.0 < price < _INFINITY:
        return "price_invalid"
    if quote is not None and not 0.0 < quote[0] <= quote[1] < _INFINITY:
        return "quote_invalid"
    return None if 0.0 <= volume < _INFINITY else "volume_invalid"
