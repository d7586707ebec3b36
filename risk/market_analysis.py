"""The analysis of the whole market that layers 3, 8 and 9 hold orders to, renewed beside the decisions."""

from __future__ import annotations

from math import isnan
from typing import Any

import numpy as np

from risk.background import Job, Notice
from risk.market import MarketState
from risk.measures.analysis import analyse

#: Newest rows of the history that are analysed, as many as the limits were set by (docs/limits.md).
ROWS = 500
#: Renewed with new bars, yet not more often than that.
PAUSE_NS = 1_000_000_000
#: Renewed without new bars, so that its time says that it is alive.
REFRESH_NS = 3_600_000_000_000


class MarketAnalysis:
    """Measure of :mod:`risk.background`."""

    name = "market_analysis"

    def __init__(self) -> None:
        self._asked_ns = self._bars_version = 0

    def due(self, market: MarketState, now_ns: int) -> Job | None:
        """One over the newest rows, when they have changed or the last one is an hour old; at once where there were too
        few so far."""
        waited_ns = abs(now_ns - self._asked_ns)
        changed = market.bars_version != self._bars_version
        pause_ns = PAUSE_NS if not isnan(market.analysis.correlation_break) else 0
        if not market.bars_version or waited_ns < (pause_ns if changed else REFRESH_NS):
            return None
        self._asked_ns, self._bars_version = now_ns, market.bars_version
        return Job(self.name, analyse, (np.array(market.returns[-ROWS:]),))

    def accept(self, market: MarketState, result: Any, now_ns: int) -> list[Notice]:
        """Keep it, at the time at which it was asked for."""
        del now_ns
        market.take_analysis(result._replace(time_ns=self._asked_ns))
        return []
