"""Data to events: what the offline engine is fed so that it stands where the data ends."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from risk.window import WINDOW
from riskstream.library.data import PortfolioData, exact
from schemas.base import Event
from schemas.commands import Timer
from schemas.market import Bar, IndexLevel, Trade
from schemas.reference import Account, OpeningPosition

DAY_NS = 86_400_000_000_000
#: The last price is seen so often, a second apart: what lasts is made by confirmed prices only.
PRINTS, SECOND_NS = 3, 1_000_000_000
CLOSE_NS = 21 * 3_600_000_000_000
#: Days that are fed: all that the market view's history holds, and enough before them for its averages to forget where
#: they began (0.94^400 is below 1e-10).
DAYS = WINDOW + 400


def events(data: PortfolioData) -> Iterator[Event]:
    """Instruments, the account, the last days as bars that end at 21:00 UTC, the VIX, the last prices; and a
    timer, with which the account's day begins."""
    yield from data.instruments.values()
    yield account(data)
    prices = data.prices.iloc[-DAYS:]
    volumes = _volumes(data)[-DAYS:]
    times = close_times_ns(prices.index)
    closes = prices.to_numpy()
    for row, time_ns in enumerate(times):
        for column, symbol in enumerate(prices.columns):
            opened = closes[max(0, row - 1), column]
            yield _bar(symbol, opened, closes[row, column], volumes[row, column], time_ns)
    for time_ns in range(times[-1], times[-1] + PRINTS * SECOND_NS, SECOND_NS):
        yield from _last(data, time_ns)
        yield Timer(command_id="open", event_time_ns=time_ns)


def account(data: PortfolioData) -> Account:
    """The account as an event; positions at the last close, so that it starts without profit or loss."""
    currency = next(iter(data.instruments.values())).currency
    held = data.positions[data.positions != 0.0]
    return Account(
        account_id=data.account_id,
        base_currency=currency,
        cash={currency: exact(data.cash)},
        preset=data.preset,
        limits=None if data.limits == data.rules.limits else data.limits,
        short_allowed=data.short_allowed,
        positions=tuple(
            OpeningPosition(symbol=str(symbol), quantity=exact(quantity), price=exact(data.prices[symbol].iloc[-1]))
            for symbol, quantity in held.items()
        ),
    )


def close_times_ns(days: pd.Index[pd.Timestamp]) -> list[int]:
    """21:00 UTC of each day."""
    return [int(day) + CLOSE_NS for day in days.to_numpy().astype("datetime64[ns]").astype(np.int64)]


def _volumes(data: PortfolioData) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Volumes [T, N]; where none are given, the average every day."""
    if data.volumes is not None:
        return data.volumes.to_numpy()
    averages = [float(data.instruments[symbol].adv or 0.0) for symbol in data.prices.columns]
    return np.tile(averages, (len(data.prices), 1))


def _bar(symbol: str, opened: float, close: float, volume: float, time_ns: int) -> Bar:
    first, last = exact(opened), exact(close)
    return Bar(
        symbol=symbol,
        open=first,
        high=max(first, last),
        low=min(first, last),
        close=last,
        volume=exact(volume),
        period_ns=DAY_NS,
        event_time_ns=time_ns,
    )


def _last(data: PortfolioData, time_ns: int) -> Iterator[Event]:
    if data.vix is not None:
        yield IndexLevel(symbol="VIX", level=exact(data.vix), event_time_ns=time_ns)
    for symbol, price in data.prices.iloc[-1].items():
        yield Trade(symbol=str(symbol), price=exact(price), quantity=Decimal(1), event_time_ns=time_ns)
