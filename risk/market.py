"""The market as every worker sees it: latest marks by symbol, and what closed bars say of their returns.

Marks carry prices, quotes, volume, index levels and exchange rates; only bars feed estimates, so a bad tick can't
poison them. Refused data changes nothing but the count of its reason in :attr:`MarketState.refused`.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from risk.estimators.panel import Panel
from risk.estimators.rows import Cell, Rows
from risk.estimators.sampler import ReturnSampler
from risk.estimators.turbulence import Turbulence
from schemas.market import Bar, Mark, MarkKind

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Times = NDArray[np.int64]

VIX = "VIX"
_NAN = float("nan")
_INFINITY = float("inf")
_FLOATS = {"price": _NAN, "bid": _NAN, "ask": _NAN, "volume": 0.0, "mean_volume": _NAN, "variance": _NAN,
           "forecast": _NAN, "long_run": _NAN}
_INTEGERS = ("price_time_ns", "quote_time_ns", "mark_version", "bar_time_ns", "observations")


class MarketConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the market view. Lambdas are decays per bar; ``*_min`` counts are numbers of returns."""

    lambda_volatility: float = 0.94
    lambda_correlation: float = 0.97
    garch_alpha: float = 0.10
    garch_beta: float = 0.88
    history: int = 500
    observations_min: int = 30
    correlation_observations_min: int = 60
    volume_observations_min: int = 20
    volume_half_life: float = 20.0
    turbulence_lambda: float = 0.99
    turbulence_shrinkage: float = 0.1
    turbulence_observations_min: int = 100
    return_max: float = 0.9
    gap_max: int = 3
    periods_per_year: int = 252
    bar_period_ns: int | None = None


class MarketState:
    """Market state of all symbols; one per worker. N symbols, T rows of history.

    Arrays are read-only views of length N that hold until the next mark or bar: ``price``, ``bid``, ``ask`` (nan:
    missing), ``price_time_ns``, ``quote_time_ns``, ``bar_time_ns`` (0: missing), ``mark_version``, ``volume`` (units
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
    bar_time_ns: Times
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
        self._index: dict[str, int] = {}
        self._rates: dict[str, tuple[float, int]] = {}
        self._samplers: list[ReturnSampler] = []
        self._rows = Rows()
        self._period_ns = config.bar_period_ns
        self._panel = _panel(config)
        self._own: dict[str, NDArray[Any]] = _empty(16)
        self._expose()

    def index_of(self, symbol: str) -> int | None:
        """Position of a symbol in the arrays; ``None`` if no mark and no bar of it was taken."""
        return self._index.get(symbol)

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
        self._advance(max(mark.event_time_ns, mark.quote_time_ns or 0))

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
        quote = _quote(mark)
        refusal = _malformed(price, quote, float(mark.volume)) or self._older(mark, quote)
        if refusal is not None:
            return refusal
        i, own = self._index_for(mark.symbol), self._own
        if price is not None:
            own["price"][i] = price
            own["price_time_ns"][i] = mark.event_time_ns
        if quote is not None:
            own["bid"][i], own["ask"][i], own["quote_time_ns"][i] = quote
        own["mark_version"][i] = mark.version
        # a mark from before the last bar counts what that bar has already counted
        own["volume"][i] = float(mark.volume) if mark.event_time_ns > own["bar_time_ns"][i] else 0.0
        return None

    def _older(self, mark: Mark, quote: tuple[float, float, int] | None) -> str | None:
        i = self._index.get(mark.symbol)
        if i is None:
            return None
        own = self._own
        price_goes_back = mark.price is not None and mark.event_time_ns < own["price_time_ns"][i]
        quote_goes_back = quote is not None and quote[2] < own["quote_time_ns"][i]
        return "mark_older" if price_goes_back or quote_goes_back else None

    # --- bars

    def apply_bar(self, bar: Bar) -> None:
        """Take one closed bar of a symbol."""
        time_ns, volume = bar.event_time_ns, float(bar.volume)
        refusal = self._misplaced(bar, volume)
        if refusal is not None:
            self.refused[refusal] += 1
            return
        i, rows = self._index_for(bar.symbol), self._rows
        before = self.bars_version
        if time_ns > rows.time_ns:
            if not rows.closed:
                self._close_row()
            rows.begin(time_ns)
        self._period_ns = bar.period_ns
        self._own["bar_time_ns"][i] = time_ns
        self._own["volume"][i] = 0.0
        sampled = self._samplers[i].update(float(bar.close), rows.number)
        if sampled.refusal is not None:
            self.refused[sampled.refusal] += 1
            volume = _NAN
        if rows.add(i, Cell(sampled.value, volume)):
            self._close_row()
        self.version += sampled.refusal is None or self.bars_version != before
        self._advance(time_ns)

    def _misplaced(self, bar: Bar, volume: float) -> str | None:
        if not 0.0 <= volume < _INFINITY:
            return "volume_invalid"
        if self._period_ns is not None and bar.period_ns != self._period_ns:
            return "bar_period"
        i = self._index.get(bar.symbol)
        last_ns = int(self._own["bar_time_ns"][i]) if i is not None else 0
        if bar.event_time_ns <= last_ns:
            return "bar_repeated" if bar.event_time_ns == last_ns else "bar_out_of_order"
        return self._rows.refusal(bar.symbol, bar.event_time_ns)

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
        """Copy estimates that have enough observations to the public arrays."""
        panel, own, config = self._panel, self._own, self.config
        count = panel.moments.size
        seen = panel.moments.counts
        enough = seen >= config.observations_min
        own["observations"][:count] = seen
        own["variance"][:count] = np.where(enough, panel.variance.variance, _NAN)
        own["forecast"][:count] = np.where(enough, panel.garch.variance, _NAN)
        own["long_run"][:count] = np.where(enough, panel.moments.variance, _NAN)
        with_volume = panel.volume.counts >= config.volume_observations_min
        own["mean_volume"][:count] = np.where(with_volume, panel.volume.mean, _NAN)
        own["covariance"][:count, :count] = panel.covariance.masked(config.correlation_observations_min)
        self.returns = panel.history.view
        self.turbulence, self.turbulence_time_ns = panel.turbulence.value, panel.turbulence_time_ns

    # --- symbols and arrays

    def _advance(self, time_ns: int) -> None:
        if time_ns > self.now_ns:
            self.now_ns = time_ns

    def _index_for(self, symbol: str) -> int:
        index = self._index.get(symbol)
        if index is None:
            index = self._index[symbol] = len(self.symbols)
            self.symbols.append(symbol)
            self._samplers.append(ReturnSampler(self.config.return_max, self.config.gap_max))
            self._panel.history.resize(len(self.symbols))
            self._expose()
        return index

    def _expose(self) -> None:
        """Renew the public views, growing what is behind them by doubling."""
        count = len(self.symbols)
        if count > len(self._own["price"]):
            larger = _empty(2 * count)
            for name, array in self._own.items():
                larger[name][tuple(slice(n) for n in array.shape)] = array
            self._own = larger
        for name, array in self._own.items():
            view = array[(slice(count),) * array.ndim]
            view.flags.writeable = False
            setattr(self, name, view)
        self.returns = self._panel.history.view


def _panel(config: MarketConfig) -> Panel:
    return Panel(
        lambda_volatility=config.lambda_volatility, lambda_correlation=config.lambda_correlation,
        lambda_volume=0.5 ** (1.0 / config.volume_half_life), alpha=config.garch_alpha, beta=config.garch_beta,
        turbulence=Turbulence(config.turbulence_lambda, config.turbulence_shrinkage,
                              config.turbulence_observations_min, size=0),
        rows=config.history,
    )


def _empty(capacity: int) -> dict[str, NDArray[Any]]:
    floats = {name: np.full(capacity, fill) for name, fill in _FLOATS.items()}
    integers = {name: np.zeros(capacity, dtype=np.int64) for name in _INTEGERS}
    return floats | integers | {"covariance": np.full((capacity, capacity), _NAN)}


def _quote(mark: Mark) -> tuple[float, float, int] | None:
    if mark.bid is None or mark.ask is None:
        return None
    time_ns = mark.event_time_ns if mark.quote_time_ns is None else mark.quote_time_ns
    return float(mark.bid), float(mark.ask), time_ns


def _malformed(price: float | None, quote: tuple[float, float, int] | None, volume: float) -> str | None:
    if price is not None and not 0.0 < price < _INFINITY:
        return "price_invalid"
    if quote is not None and not 0.0 < quote[0] <= quote[1] < _INFINITY:
        return "quote_invalid"
    return None if 0.0 <= volume < _INFINITY else "volume_invalid"
