"""The four uses over one portfolio."""

from __future__ import annotations

from functools import cached_property

from riskstream.library.data import PortfolioData
from riskstream.library.position_size import PositionRisk
from riskstream.library.pre_trade import RiskEngine
from riskstream.library.stress import StressTester
from riskstream.library.value_at_risk import VarCalculator


class RiskLibrary:
    """Risk of one account over its data: pre-trade checks, position sizes, VaR and stress, each made when first used.

    >>> import pandas as pd
    >>> from riskstream.library import RiskLibrary, portfolio_data
    >>> prices = pd.DataFrame({"X": [10.0, 11.0, 9.9]}, index=pd.date_range("2024-01-02", periods=3))
    >>> library = RiskLibrary(portfolio_data(prices, {"X": 100}, cash=1000.0))
    >>> library.data.equity
    1990.0
    >>> round(library.stress_tester.run_comprehensive_stress_test_sync()["crash_10"], 9)
    99.0
    """

    def __init__(self, data: PortfolioData) -> None:
        self.data = data

    @cached_property
    def risk_engine(self) -> RiskEngine:
        """The ten layers; reading the history takes about a second for 20 symbols."""
        return RiskEngine(self.data)

    @property
    def position_risk(self) -> PositionRisk:
        """Position sizes, the ten layers among the limits."""
        return self.risk_engine.position_risk

    @cached_property
    def var_calculator(self) -> VarCalculator:
        """VaR and ES."""
        return VarCalculator.of(self.data)

    @cached_property
    def stress_tester(self) -> StressTester:
        """Stress losses."""
        return StressTester.of(self.data)
