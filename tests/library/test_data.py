"""A person's frames go in checked, and a wrong one says what is wrong with it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskstream.library import PortfolioData, portfolio_data
from riskstream.library.feed import account, close_times_ns, events
from schemas.market import Bar
from schemas.reference import Instrument

DAYS = pd.date_range("2024-01-02", periods=3)
PRICES = pd.DataFrame({"X": [10.0, 11.0, 9.9], "Y": [5.0, 5.0, 6.0]}, index=DAYS)


def changed(**cells: float) -> pd.DataFrame:
    """The prices with the last cell of some columns replaced."""
    table = PRICES.copy()
    for name, value in cells.items():
        table.loc[DAYS[-1], name] = value
    return table


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"prices": PRICES.to_numpy()}, "`prices` is a ndarray, expected a DataFrame"),
        ({"prices": PRICES.iloc[:1]}, r"`prices` has shape \(1, 2\), expected at least 2 days"),
        ({"prices": PRICES.reset_index(drop=True)}, "`prices.index` is a RangeIndex, expected dates"),
        ({"prices": PRICES.iloc[::-1]}, r"`prices.index\[1\]` is 2024-01-03 00:00:00, expected a day after 2024-01-04"),
        ({"prices": PRICES.set_axis([DAYS[0], DAYS[1], DAYS[1]])}, r"`prices.index\[2\]` is 2024-01-03"),
        ({"prices": PRICES.set_axis(["X", "X"], axis=1)}, "`prices` has 'X' twice"),
        ({"prices": changed(Y=float("nan"))}, r"`prices.loc\[2024-01-04, 'Y'\]` is nan, expected above 0"),
        ({"prices": changed(Y=float("inf"))}, r"`prices.loc\[2024-01-04, 'Y'\]` is inf, expected above 0"),
        ({"prices": changed(X=0.0)}, r"`prices.loc\[2024-01-04, 'X'\]` is 0.0, expected above 0"),
        ({"prices": changed(X=-3.0)}, r"`prices.loc\[2024-01-04, 'X'\]` is -3.0, expected above 0"),
        ({"positions": [1.0]}, "`positions` is a list, expected a mapping or Series"),
        ({"positions": {"Z": 1.0}}, "`positions` names 'Z', expected symbols of the prices: X, Y"),
        ({"positions": {"X": float("nan")}}, r"`positions\['X'\]` is nan, expected at most"),
        ({"positions": pd.Series([1.0, 2.0], index=["X", "X"])}, "`positions` has 'X' twice"),
        ({"cash": float("nan")}, "`cash` is nan, expected a finite number"),
        ({"preset": "bold"}, "`preset` is 'bold', expected one of standard, conservative"),
        ({"instruments": [Instrument(symbol="Z")]}, "`instruments` names 'Z', expected symbols of the prices"),
        (
            {"instruments": [Instrument(symbol="X"), Instrument(symbol="Y", currency="EUR")]},
            "`instruments` are in EUR, USD, expected one currency",
        ),
        ({"volumes": PRICES.iloc[1:]}, r"`volumes` has shape \(2, 2\), expected \(3, 2\)"),
        ({"benchmark": PRICES["X"].iloc[1:]}, "`benchmark` has 2 days, expected the 3 of the prices"),
    ],
)
def test_bad_input_is_named(arguments: dict[str, Any], message: str) -> None:
    """The message names the field, its value and what was expected."""
    with pytest.raises(ValueError, match=message):
        portfolio_data(**{"prices": PRICES, "positions": {"X": 1.0}, **arguments})


def test_money_follows_from_positions_and_prices() -> None:
    """Exposure is units times last close times multiplier; equity adds cash; the book's returns relate to it."""
    from decimal import Decimal

    data = portfolio_data(
        PRICES, {"X": 10, "Y": -1}, cash=50.0, instruments=[Instrument(symbol="X", multiplier=Decimal(2))]
    )
    assert data.exposures.to_dict() == {"X": pytest.approx(198.0), "Y": -6.0}
    assert data.equity == pytest.approx(242.0)
    expected = (np.array([0.1, -0.1]) * 198.0 + np.array([0.0, 0.2]) * -6.0) / 242.0
    assert np.allclose(data.book_returns, expected, rtol=0, atol=1e-15)


def test_a_book_without_equity_has_no_returns() -> None:
    """Returns of nothing are refused, not infinite."""
    with pytest.raises(ValueError, match=r"`equity` is -11.0, expected above 0"):
        _ = portfolio_data(PRICES, {}, cash=-11.0).book_returns


def test_the_engine_is_fed_the_same_closes(own: PortfolioData) -> None:
    """Bars carry the frame's closes at 21:00 UTC of their days, and the account its positions and cash."""
    bars = [event for event in events(own) if isinstance(event, Bar)]
    fed = pd.Series({(bar.event_time_ns, bar.symbol): float(bar.close) for bar in bars}).unstack()
    assert (fed.to_numpy() == own.prices.to_numpy()).all()
    assert list(fed.index) == close_times_ns(own.prices.index)
    assert pd.Timestamp(fed.index[0]) == own.prices.index[0] + pd.Timedelta(hours=21)
    assert {each.symbol: float(each.quantity) for each in account(own).positions} == own.positions.to_dict()
