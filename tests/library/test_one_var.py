"""The same book has one VaR: that of layer 5 is that of the library, by every method that the engine offers."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import get_args

import msgspec
import numpy as np
import pandas as pd
import pytest

from risk.window import WINDOW
from riskstream.library import PortfolioData, RiskLibrary, VarCalculator, portfolio_data
from riskstream.library.feed import account, events
from riskstream.offline import Offline
from schemas.base import Side
from schemas.decisions import Check, Decision
from schemas.orders import OrderRequest
from schemas.presets import PRESETS, VarMethod

METHODS: tuple[VarMethod, ...] = get_args(VarMethod)


@cache
def data() -> PortfolioData:
    """Three stocks of 1,700 days with tails that Cornish-Fisher allows, one of them sold short."""
    moves = np.random.default_rng(3).standard_t(12, (1700, 3)) * [0.008, 0.012, 0.016]
    days = pd.bdate_range("2016-01-04", periods=1701)
    prices = pd.DataFrame(100.0 * np.cumprod(1.0 + np.vstack([np.zeros(3), moves]), axis=0), days, ["A", "B", "C"])
    return portfolio_data(prices.round(6), {"A": 1000, "B": 500, "C": -200}, cash=900_000.0, vix=15.0)


@cache
def engine() -> Offline:
    """It over that, with an account for each method."""
    offline = Offline(
        presets={method: msgspec.structs.replace(PRESETS["standard"], var_method=method) for method in METHODS}
        | PRESETS
    )
    for event in events(data()):
        offline.feed(event)
    for method in METHODS:
        offline.feed(msgspec.structs.replace(account(data()), account_id=method, preset=method))
    return offline


def checks(method: VarMethod) -> dict[str, Check]:
    """Of layer 5, for an order of the account that is judged by the method."""
    order = OrderRequest(
        order_id="o",
        account_id=method,
        symbol="A",
        side=Side.BUY,
        quantity=Decimal(10),
        event_time_ns=engine().market.now_ns,
    )
    (decision,) = engine().engine.decide(order, engine().market.now_ns)
    assert isinstance(decision, Decision)
    return {check.name: check for check in decision.layers[4].checks}


@pytest.mark.parametrize("method", METHODS)
def test_layer_5_is_the_librarys_default(method: VarMethod) -> None:
    """VaR and ES of the book with the order, by the method and by the normal one, to 1e-9 of them; the unit says how
    many returns they were taken over."""
    held = data().exposures.copy()
    held["A"] += 10.0 * data().prices["A"].iloc[-1]
    calculator, found = VarCalculator(data().returns, held), checks(method)
    expected = calculator.calculate_comprehensive_var_sync(0.99, method=method)
    var, shortfall = found[f"var_{method}"], found["expected_shortfall"]
    assert var.measure == pytest.approx(expected.var_value / data().equity, rel=1e-9)
    assert shortfall.measure == pytest.approx(expected.expected_shortfall / data().equity, rel=1e-9)
    assert expected.estimate.observations == expected.estimate.window == WINDOW
    assert var.unit == f"fraction of equity, {method} 99%, {WINDOW} returns"
    normal = calculator.calculate_comprehensive_var_sync(0.99, method="parametric_normal")
    assert found["var_parametric"].measure == pytest.approx(normal.var_value / data().equity, rel=1e-9)


def test_the_demos_book_has_one_var(demo: RiskLibrary) -> None:
    """The same over real prices, with twenty stocks."""
    held = demo.data.exposures.copy()
    held["KO"] += demo.data.prices["KO"].iloc[-1]
    expected = VarCalculator(demo.data.returns, held).calculate_comprehensive_var_sync(
        demo.data.limits.var_confidence_min, method="filtered_historical"
    )
    _, report = demo.risk_engine.check_pre_trade_risk_sync({"symbol": "KO", "side": "buy", "quantity": 1})
    (found,) = (check for check in report.layers[4].checks if check.name == "var_filtered_historical")
    assert found.measure == pytest.approx(expected.var_value / demo.data.equity, rel=1e-9)


def test_a_window_is_the_newest_returns() -> None:
    """Other windows give other figures; all returns are those of a window as long as they are, and a P&L series has one
    as well."""
    calculator = VarCalculator.of(data())
    half, whole, same = (
        calculator.calculate_comprehensive_var_sync(0.99, method="historical", window=window)
        for window in (500, None, 1700)
    )
    assert (half.estimate.observations, whole.estimate.observations) == (500, 1700)
    assert (half.estimate.window, whole.estimate.window) == (500, None)
    assert half.var_value != whole.var_value == same.var_value
    last = VarCalculator(data().returns[-500:], data().exposures)
    assert last.calculate_comprehensive_var_sync(0.99, method="historical").var_value == half.var_value
    pnl = data().returns @ data().exposures
    alone = VarCalculator(pnl).calculate_comprehensive_var_sync(0.99, method="historical", window=500)
    assert alone.var_value == pytest.approx(half.var_value, rel=1e-12)


@pytest.mark.parametrize("window", [0, -5, 1.5, True, "all"])
def test_what_is_no_window_is_refused(window: object) -> None:
    """Zero rows, parts of one and words; comparing refuses them for all methods at once."""
    with pytest.raises(ValueError, match="`window` is"):
        VarCalculator.of(data()).compare(window=window)  # type: ignore[arg-type]
