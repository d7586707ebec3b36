"""The measures that are computed beside the decisions."""

from __future__ import annotations

from risk.background import Measure
from risk.garch_refit import GarchRefit
from risk.market_analysis import MarketAnalysis
from risk.stress.simulation import StressSimulation


def scheduled_measures() -> tuple[Measure, ...]:
    """One of each, for one market view."""
    return (StressSimulation(), MarketAnalysis(), GarchRefit())
