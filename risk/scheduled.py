"""The measures that are computed beside the decisions."""

from __future__ import annotations

import numpy as np

from risk.background import Measure
from risk.garch_refit import SYMBOLS_MAX, GarchRefit
from risk.market import MarketState
from risk.market_analysis import MarketAnalysis
from risk.stopped import StoppedSymbols
from risk.stress.simulation import StressSimulation


def scheduled_measures(garch_symbols_max: int | None = SYMBOLS_MAX) -> tuple[Measure, ...]:
    """One of each, for one market view; a job refits the GARCH of so many symbols (``None``: of all that are due)."""
    return (StressSimulation(), MarketAnalysis(), GarchRefit(garch_symbols_max), StoppedSymbols())


def measured(market: MarketState) -> int:
    """Of how many symbols all of them are known, however old: fitted GARCH parameters, the test of clustering, a place
    among the simulated returns; none before the correlations of the market are."""
    analysis, count = market.analysis, len(market.symbols)
    if np.isnan(analysis.correlation_break):
        return 0
    known = (market.garch_time_ns[:count] > 0) | (not market.config.garch_refit_bars)
    for there in (~np.isnan(analysis.clustering), market.simulated.known):
        known &= np.pad(there, (0, count - len(there)))  # a symbol that came later is in neither
    return int(known.sum())
