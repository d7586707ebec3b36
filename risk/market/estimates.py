"""What closed bars say: estimates of each symbol and of all together, and the history that they rest on."""

from __future__ import annotations

from risk.estimators.bars import BarFeed, BarSeries
from risk.estimators.garch import GarchParameters
from risk.estimators.residuals import filtered
from risk.estimators.settings import MarketConfig
from risk.market.arrays import MarketArrays, Matrix
from risk.market.symbol import Seen
from schemas.market import Bar
from schemas.presets import VarMethod

_NAN = float("nan")


class MarketEstimates(MarketArrays):
    """T rows of history: ``returns`` [T, N] holds the last closed ones, each column contiguous, nan where a symbol had
    no bar; ``filtered`` [T, N] the same at today's volatility. When a row of bars closes is said at
    :class:`risk.estimators.rows.Rows`. All bars must have one period: the configured one, else that of the first bar.

    ``bars_version`` counts the changes of estimates; ``turbulence`` is that of the last closed row with enough
    instruments (nan until there was one).
    """

    returns: Matrix
    filtered: Matrix

    def __init__(self, config: MarketConfig) -> None:
        super().__init__(config)
        self.bars_version = 0
        #: Symbols without a believed bar for more than ``bars_missed_max`` rows: nothing is known of them any more.
        self.stopped: frozenset[str] = frozenset()
        #: The model of the GARCH parameters that were taken last, by symbol; of others they are those of the settings.
        self.garch_models: dict[str, str] = {}
        self.turbulence, self.turbulence_time_ns = _NAN, 0
        self._feed = BarFeed(config, self._negative)

    def scenarios(self, method: VarMethod) -> Matrix:
        """Return rows [T, N] that scenario VaR is taken over: as they were, or at today's volatility."""
        return self.filtered if method == "filtered_historical" else self.returns

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

    def refit_garch(self, index: int, parameters: GarchParameters, model: str, time_ns: int) -> None:
        """Go on with GARCH parameters that were fitted at this time, from what they make of the symbol's history.

        :raises ValueError: no return of the symbol is known.
        """
        self._feed.panel.refit(index, parameters)
        self._columns.own["garch_time_ns"][index] = time_ns
        self.garch_models[self.symbols[index]] = model
        self.version += 1
        self._publish()

    def _publish(self) -> None:
        panel, config, own = self._feed.panel, self.config, self._columns.own
        minima = config.observations_min, config.correlation_observations_min, config.volume_observations_min
        for name, values in panel.estimates(*minima):
            own[name][(slice(len(values)),) * values.ndim] = values
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

    def _add(self, symbol: str) -> Seen:
        for history in (self._feed.panel.history, self._feed.panel.residuals):
            history.resize(len(self.symbols) + 1)
        return super()._add(symbol)

    def _expose(self) -> None:
        super()._expose()
        self._show_rows()

    def _show_rows(self) -> None:
        panel = self._feed.panel
        self.returns, self.filtered = panel.history.view, filtered(panel.residuals.view, self.variance)
