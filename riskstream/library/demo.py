"""The demo's data as a library: real prices, an invented book."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from riskstream.library.data import PortfolioData, portfolio_data
from riskstream.library.facade import RiskLibrary

ACCOUNT = "quant"
#: Money in each of the 20 stocks.
STAKE = 150_000.0


def open_demo() -> RiskLibrary:
    """The risk of one account over the data that comes with the product; no broker, no network.

    Prices are real: adjusted daily closes of 20 US stocks and the S&P 500, 2012 to 2022. The book is invented: 5
    million USD, 150,000 of it in each stock, whole shares. Volumes and spreads are assumed, and the last level of the
    VIX is the stand-in of :mod:`riskstream.demo.history`.
    """
    return RiskLibrary(demo_data())


@cache
def demo_data() -> PortfolioData:
    """The account and the market of :func:`open_demo`."""
    from riskstream.demo.history import load
    from riskstream.demo.reference import accounts, instruments

    history = load()
    days = pd.DatetimeIndex(pd.to_datetime(list(history.dates)))
    prices = pd.DataFrame(history.closes, index=days, columns=list(history.symbols))
    known = {each.symbol: each for each in instruments()}
    account = next(each for each in accounts() if each.account_id == ACCOUNT)
    shares = np.floor(STAKE / prices.iloc[-1])
    adv = np.array([float(known[symbol].adv or 0) for symbol in prices.columns])
    return portfolio_data(
        prices,
        shares,
        cash=float(account.cash["USD"]) - float(shares @ prices.iloc[-1]),
        instruments=[known[symbol] for symbol in prices.columns],
        limits=account.limits,
        preset=account.preset,
        account_id=account.account_id,
        short_allowed=account.short_allowed,
        volumes=pd.DataFrame(np.outer(history.volume_factor, adv).round(), index=days, columns=prices.columns),
        benchmark=pd.Series(history.spx, index=days, name="S&P 500"),
        vix=float(history.vix[-1]),
    )
