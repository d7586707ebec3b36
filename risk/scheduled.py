"""The measures that are computed beside the decisions."""

from __future__ import annotations

from risk.background import Measure
from risk.garch_refit import SYMBOLS_MAX, GarchRefit
from risk.market_analysis import MarketAnalysis
from risk.stopped import StoppedSymbols
from risk.stress.simulation import StressSimulation


def scheduled_measures(garch_symbols_max: int | None = SYMBOLS_MAX) -> tuple[Measure, ...]:
    """One of each, for one market view; a job refits the GARCH of so many symbols (``None``: of all that are due)."""
    return (StressSimulation(), MarketAnalysis(), GarchRefit(garch_symbols_max), StoppedSymbols())
