"""riskstream as a library: pre-trade checks, position sizes, VaR and stress of one account, offline.

``open_demo()`` has them over the demo's data, ``RiskLibrary(portfolio_data(prices, positions, ...))`` over one's own;
each class also stands alone. Coroutines have synchronous twins that end in ``_sync``. Losses are positive money.
"""

from riskstream.library.data import PortfolioData, portfolio_data
from riskstream.library.demo import open_demo
from riskstream.library.facade import RiskLibrary
from riskstream.library.position_size import PositionRisk, PositionSize
from riskstream.library.pre_trade import PreTradeReport, Rejection, RiskEngine
from riskstream.library.stress import StressResults, StressTester
from riskstream.library.value_at_risk import ComprehensiveVar, VarCalculator

__all__ = [
    "ComprehensiveVar",
    "PortfolioData",
    "PositionRisk",
    "PositionSize",
    "PreTradeReport",
    "Rejection",
    "RiskEngine",
    "RiskLibrary",
    "StressResults",
    "StressTester",
    "VarCalculator",
    "open_demo",
    "portfolio_data",
]
