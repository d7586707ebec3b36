"""From single bars to closed rows to estimates."""

from __future__ import annotations

from collections.abc import Container

import numpy as np

from risk.estimators.rows import Cell, Rows
from risk.estimators.sampler import ReturnSampler, Sampled
from risk.estimators.settings import MarketConfig
from schemas.market import Bar

_NAN = float("nan")


class BarSeries:
    """What is remembered of a symbol between its bars: the end of the last one (-1: none) and its return sampler."""

    __slots__ = ("sampler", "time_ns")

    def __init__(self, config: MarketConfig) -> None:
        self.sampler = ReturnSampler(config.return_max, config.gap_max, config.split_tolerance)
        self.time_ns = -1


class BarFeed:
    """Rows of bars and the panel of estimators that they feed. ``version`` counts the changes of estimates;
    ``negative`` has the symbols whose prices may be zero or below."""

    def __init__(self, config: MarketConfig, negative: Container[str] = ()) -> None:
        self.panel = config.panel()
        self.version = 0
        self._rows = Rows()
        self._period_ns = config.bar_period_ns
        self._negative = negative

    def refusal(self, bar: Bar, last_ns: int) -> str | None:
        """Why a bar can't be taken after the symbol's last one, or ``None``."""
        time_ns = bar.event_time_ns
        if self._period_ns is not None and bar.period_ns != self._period_ns:
            return "bar_period"
        if time_ns <= last_ns:
            return "bar_repeated" if time_ns == last_ns else "bar_out_of_order"
        return self._rows.refusal(bar.symbol, time_ns)

    def rows_missed(self, series: BarSeries) -> int | None:
        """Closed rows since the symbol's last believed close; ``None`` if there was none."""
        closed = self._rows.number if self._rows.closed else self._rows.number - 1
        return None if series.sampler.row < 0 else max(0, closed - series.sampler.row)

    def take(self, bar: Bar, series: BarSeries, index: int) -> str | None:
        """Put a bar that was not refused into its row; why its close is not believed, if so.

        A bar whose close is not believed still has reported, with neither return nor volume: its row does not wait.
        """
        rows, time_ns = self._rows, bar.event_time_ns
        if time_ns > rows.time_ns:
            if not rows.closed:
                self._close()
            rows.begin(time_ns)
        self._period_ns, series.time_ns = bar.period_ns, time_ns
        series.sampler.negative = bar.symbol in self._negative
        valid = series.sampler.negative or bar.low > 0
        close = float(bar.close)
        value, doubt = series.sampler.update(close, rows.number) if valid else Sampled(_NAN, "price_invalid")
        if rows.add(index, Cell(value, _NAN if doubt else float(bar.volume))):
            self._close()
        return doubt

    def _close(self) -> None:
        """Let the estimators have the current row, or have it again."""
        rows = self._rows
        returns, volumes = np.full((2, self.panel.history.size), _NAN)
        for index, cell in rows.cells.items():
            returns[index], volumes[index] = cell
        take = self.panel.amend if rows.closed else self.panel.update
        take(returns, volumes, rows.time_ns)
        rows.closed = True
        self.version += 1
