"""The market as every worker sees it: latest marks by symbol, and what closed bars say of their returns.

Marks carry prices, quotes, volume, index levels and exchange rates; only bars feed estimates, so a bad tick can't
poison them. Refused data changes nothing but the count of its reason in :attr:`MarketState.refused`.
"""

from __future__ import annotations

from collections import Counter
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk.estimators.bars import BarFeed, BarSeries
from risk.estimators.columns import Columns
from risk.estimators.garch import GarchParameters
from risk.estimators.quote_filter import QuoteFilter
from risk.estimators.residuals import filtered
from risk.estimators.settings import MarketConfig
from risk.estimators.tick_filter import TickFilter, TickRule
from risk.estimators.time_guard import TimeGuard
from risk.latest import Latest
from risk.measures.analysis import Analysis
from risk.sightings import RecentPrices
from risk.stress.scenario_set import SHIPPED, ScenarioSet
from risk.stress.simulated import Simulated
from schemas.market import Bar, Mark, MarkKind
from schemas.presets import VarMethod
from schemas.reference import Instrument

__all__ = ["MarketConfig", "MarketState"]

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Times = NDArray[np.int64]

VIX = "VIX"
TIME_JUMP = "mark_time_jump"
_NAN = float("nan")
_INFINITY = float("inf")
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


class _Seen:
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


class MarketState:
    """Market state of all symbols; one per worker. N symbols, T rows of history.

    Arrays are read-only views of length N, to be read anew after every mark or bar: ``price``, ``bid``, ``ask`` (nan:
    missing), ``price_time_ns``, ``quote_time_ns``, ``bar_time_ns`` (end of the last bar whose close was believed),
    ``garch_time_ns`` (when the fit of its GARCH parameters was last asked for and taken; 0: missing), ``garch_due_ns``
    (end of the bar since which there are returns enough for a fit; 0: there are not), ``mark_version``,
    ``volume`` (units since the last bar), ``mean_volume`` (units a bar), ``mean`` return, ``variance`` (EWMA),
    ``forecast`` (GARCH(1,1)), ``long_run`` (unconditional), all four per bar, nan below ``observations_min`` and where
    a symbol has stopped (see :attr:`stopped`); ``regime`` (0 calm, 1 elevated, 2 stressed); ``observations`` counts
    returns. ``covariance`` [N, N] is nan where a pair has too few common rows or one has stopped; ``returns`` [T, N]
    holds the last closed rows, each column contiguous, nan where a symbol had no bar; ``filtered`` [T, N] the same at
    today's volatility. When a row of bars closes is said at :class:`risk.estimators.rows.Rows`. All bars must have one
    period: the configured one, else that of the first bar.

    ``version`` counts what was taken, ``bars_version`` the changes of estimates, ``refused`` what was not taken by
    reason; ``now_ns`` is the largest event time taken, ``feed_time_ns`` that of a mark. ``levels`` has value and time
    of each index, ``turbulence`` that of the last closed row with enough instruments (nan until there was one).
    ``stresses`` are the scenarios that books are held to, ``simulated`` the last simulation of joint returns,
    ``analysis`` the last one of correlations, absorption and clustering; ``recent`` what of prices and
    rates is confirmed.
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
    returns: Matrix
    filtered: Matrix

    def __init__(self, config: MarketConfig | None = None, stresses: ScenarioSet = SHIPPED) -> None:
        self.config = config = config or MarketConfig()
        #: Symbols without a believed bar for more than ``bars_missed_max`` rows: nothing is known of them any more.
        self.stopped: frozenset[str] = frozenset()
        self.version = self.bars_version = self.now_ns = self.feed_time_ns = 0
        self.symbols: list[str] = []
        self.refused: Counter[str] = Counter()
        self._levels, self._rates = (Latest(config.tick_rule(kind)) for kind in (MarkKind.INDEX, MarkKind.FX))
        self.levels = self._levels.values
        self.vix, self.vix_time_ns = _NAN, 0
        self.turbulence, self.turbulence_time_ns = _NAN, 0
        self.stresses, self.simulated, self.analysis = stresses, Simulated(), Analysis()
        self.recent = RecentPrices(config.mark_confirmations, config.mark_confirm_ns)
        #: The model of the GARCH parameters that were taken last, by symbol; of others they are those of the settings.
        self.garch_models: dict[str, str] = {}
        self._seen: dict[str, _Seen] = {}
        self._negative = set(config.negative_price_symbols)
        self._feed = BarFeed(config, self._negative)
        self._times = TimeGuard[Mark](config.time_jump_max_ns, config.mark_confirmations)
        self._columns = Columns(_COLUMNS, squares=("covariance",))
        self._expose()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._expose()  # a copy's views are of its own columns

    @property
    def benchmark(self) -> float | None:
        """The last level or price of the benchmark that the settings name; ``None`` if there is none."""
        name = self.config.benchmark
        index = self.index_of(name)
        level = self.levels[name][0] if name in self.levels else float(self.price[index]) if index is not None else 0.0
        return level if level > 0.0 else None

    def index_of(self, symbol: str) -> int | None:
        """Position of a symbol in the arrays; ``None`` if no mark and no bar of it was taken."""
        seen = self._seen.get(symbol)
        return None if seen is None else seen.index

    def fx(self, base: str, quote: str) -> tuple[float, int] | None:
        """Price of one ``base`` in ``quote`` and its time, from the direct rate or the inverse one, the newer."""
        if base == quote:
            return 1.0, self.now_ns
        rates = self._rates.values
        direct, inverse = rates.get(f"{base}/{quote}"), rates.get(f"{quote}/{base}")
        if inverse is None or (direct is not None and direct[1] >= inverse[1]):
            return direct
        return 1.0 / inverse[0], inverse[1]

    def clock_ns(self, event_time_ns: int) -> int:
        """Now on the event clock, where an event comes that says this time. One that is further ahead than the market's
        own time may jump is no sign that time went on."""
        believed = not self.now_ns or event_time_ns - self.now_ns <= self.config.time_jump_max_ns
        return max(self.now_ns, event_time_ns) if believed else self.now_ns

    def scenarios(self, method: VarMethod) -> Matrix:
        """Return rows [T, N] that scenario VaR is taken over: as they were, or at today's volatility."""
        return self.filtered if method == "filtered_historical" else self.returns

    def define(self, instrument: Instrument) -> None:
        """Learn what an instrument's prices may be; to be told before they come."""
        if instrument.negative_prices:
            self._negative.add(instrument.symbol)
        elif instrument.symbol not in self.config.negative_price_symbols:
            self._negative.discard(instrument.symbol)

    def may_be_negative(self, symbol: str) -> bool:
        """Whether its prices may be zero or below."""
        return symbol in self._negative

    # --- marks

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
        refusal = None if price is None else seen.doubt(price, time_ns, negative)
        if refusal is not None:
            return refusal
        i, own = seen.index, self._columns.own
        if price is not None:
            own["price"][i] = price
            own["price_time_ns"][i] = seen.price_time_ns = time_ns
        refusal = None if quote is None else self._take_quote(seen, quote, quote_time_ns, negative)
        if refusal is not None and price is None:
            return refusal
        if refusal is not None:  # the price is taken, and the last good quote grows old
            self.refused[refusal] += 1
        own["mark_version"][i] = mark.version
        # a mark from before the last bar counts what that bar has already counted
        own["volume"][i] = volume if time_ns > seen.bars.time_ns else 0.0
        return None

    def _take_quote(self, seen: _Seen, quote: tuple[float, float], time_ns: int, negative: bool) -> str | None:
        refusal = seen.doubt_quote(quote, time_ns, negative)
        if refusal is None:
            own, i = self._columns.own, seen.index
            own["bid"][i], own["ask"][i] = quote
            own["quote_time_ns"][i] = seen.quote_time_ns = time_ns
        return refusal

    def take_simulated(self, simulated: Simulated) -> None:
        """Keep a simulation of joint returns; books are valued anew."""
        self.simulated = simulated
        self.version += 1

    def take_analysis(self, analysis: Analysis) -> None:
        """Keep an analysis of the history."""
        self.analysis = analysis

    def refit_garch(self, index: int, parameters: GarchParameters, model: str, time_ns: int) -> None:
        """Go on with GARCH parameters that were fitted at this time, from what they make of the symbol's history.

        :raises ValueError: no return of the symbol is known.
        """
        self._feed.panel.refit(index, parameters)
        self._columns.own["garch_time_ns"][index] = time_ns
        self.garch_models[self.symbols[index]] = model
        self.version += 1
        self._publish()

    # --- bars

    def apply_bar(self, bar: Bar) -> None:
        """Take one closed bar of a symbol."""
        seen, feed = self._seen.get(bar.symbol), self._feed
        refusal = feed.refusal(bar, -1 if seen is None else seen.bars.time_ns)
        if refusal is not None:
            self.refused[refusal] += 1
            return
        seen = seen or self._add(bar.symbol)
        self._columns.own["volume"][seen.index] = 0.0
        doubt = feed.take(bar, seen.bars, seen.index)
        if doubt is not None:
            self.refused[doubt] += 1
        if doubt in {None, "return_undefined"}:
            self._columns.own["bar_time_ns"][seen.index] = bar.event_time_ns
        self.version += doubt is None or feed.version != self.bars_version
        self.now_ns = max(self.now_ns, bar.event_time_ns)
        if feed.version != self.bars_version:
            self.bars_version = feed.version
            self._publish()

    def _publish(self) -> None:
        panel, config = self._feed.panel, self.config
        minima = config.observations_min, config.correlation_observations_min, config.volume_observations_min
        for name, values in panel.estimates(*minima):
            self._columns.own[name][(slice(len(values)),) * values.ndim] = values
        own = self._columns.own
        due = (own["garch_due_ns"] == 0) & (own["observations"] >= config.garch_observations_min)
        own["garch_due_ns"][due] = own["bar_time_ns"][due]
        self._withdraw()
        self._show_rows()
        self.turbulence, self.turbulence_time_ns = panel.turbulence.value, panel.turbulence_time_ns

    def _withdraw(self) -> None:
        """Take back what the bars of a symbol said that has none any more; each stop is counted once."""
        stopped = frozenset(symbol for symbol, seen in self._seen.items() if self._has_stopped(seen.bars))
        self.refused.update("symbol_stopped" for _ in stopped - self.stopped)
        self.stopped = stopped
        gone = [self._seen[symbol].index for symbol in stopped]
        for name in ("variance", "forecast", "long_run"):
            self._columns.own[name][gone] = _NAN
        self._columns.own["covariance"][gone, :] = self._columns.own["covariance"][:, gone] = _NAN

    def _has_stopped(self, bars: BarSeries) -> bool:
        missed = self._feed.rows_missed(bars)
        return missed is not None and missed > self.config.bars_missed_max

    def _add(self, symbol: str) -> _Seen:
        rule = self.config.tick_rule(MarkKind.INSTRUMENT)
        seen = self._seen[symbol] = _Seen(len(self.symbols), BarSeries(self.config), rule)
        self.symbols.append(symbol)
        self._columns.resize(len(self.symbols))
        for history in (self._feed.panel.history, self._feed.panel.residuals):
            history.resize(len(self.symbols))
        self._expose()
        return seen

    def _expose(self) -> None:
        for name, view in self._columns.views():
            setattr(self, name, view)
        self._show_rows()

    def _show_rows(self) -> None:
        panel = self._feed.panel
        self.returns, self.filtered = panel.history.view, filtered(panel.residuals.view, self.variance)


def _malformed(price: float | None, quote: tuple[float, float] | None, volume: float, above: float) -> str | None:
    if price is not None and not above < price < _INFINITY:
        return "price_invalid"
    if quote is not None and not above < quote[0] <= quote[1] < _INFINITY:
        return "quote_invalid"
    return None if 0.0 <= volume < _INFINITY else "volume_invalid"
