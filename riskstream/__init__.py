"""riskstream: an event-driven streaming risk processor.

:func:`consume` and what belongs to it are loaded when they are first asked for, so that ``import riskstream`` is quick.
So is :mod:`riskstream.library`: pre-trade checks, position sizes, VaR and stress over a portfolio, without a broker.
:mod:`riskstream.batch` has the formulas for Series and DataFrames.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from riskstream import batch
    from riskstream.consuming import (
        Consumer,
        Cursor,
        Cursors,
        Decided,
        FileCursors,
        GroupCursors,
        NoCursors,
        Start,
        consume,
    )
    from riskstream.library import (
        ComprehensiveVar,
        PortfolioData,
        PositionRisk,
        PositionSize,
        PreTradeReport,
        Rejection,
        RiskEngine,
        RiskLibrary,
        StressResults,
        StressTester,
        VarCalculator,
        open_demo,
        portfolio_data,
    )

__version__ = "0.1.0"
__all__ = [
    "Consumer",
    "Cursor",
    "Cursors",
    "Decided",
    "FileCursors",
    "GroupCursors",
    "NoCursors",
    "Start",
    "consume",
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
    "batch",
]
_CONSUMING = frozenset(__all__[:9])


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "batch":
        return import_module("riskstream.batch")
    home = "riskstream.consuming" if name in _CONSUMING else "riskstream.library"
    return getattr(import_module(home), name)
