"""Two portfolios: the demo's, and a small one of a person's own frames."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from riskstream.library import PortfolioData, RiskLibrary, open_demo, portfolio_data
from schemas.limits import LimitSet
from schemas.reference import Instrument


@pytest.fixture(scope="session")
def demo() -> RiskLibrary:
    """The library over the demo's data."""
    return open_demo()


@pytest.fixture(scope="session")
def own() -> PortfolioData:
    """Three stocks of 300 days, one of them sold short; liquid, with limits of its own."""
    random = np.random.default_rng(11)
    moves = random.standard_normal((300, 3)) * [0.01, 0.015, 0.02] + 0.0005
    prices = pd.DataFrame(
        100.0 * np.cumprod(1.0 + moves, axis=0),
        columns=["AAA", "BBB", "CCC"],
        index=pd.bdate_range("2023-01-02", periods=300),
    ).round(4)
    sectors = {"AAA": "technology", "BBB": "energy", "CCC": "financials"}
    instruments = [
        Instrument(symbol=symbol, sector=sector, adv=Decimal(5_000_000), spread_bps=2.0)
        for symbol, sector in sectors.items()
    ]
    return portfolio_data(
        prices,
        {"AAA": 1000, "BBB": 500, "CCC": -200},
        cash=900_000.0,
        instruments=instruments,
        limits=LimitSet(order_value_max=300_000.0),
        vix=15.0,
    )
