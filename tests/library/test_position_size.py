"""Sizes are the smallest of what :mod:`risk.sizing` says and what every limit allows."""

from __future__ import annotations

from decimal import Decimal
from math import floor, sqrt
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest

from risk.sizing.fixed_risk import fixed_risk
from risk.sizing.kelly_binary import kelly_binary
from risk.sizing.kelly_continuous import kelly_continuous
from risk.sizing.kelly_multi_asset import kelly_multi_asset
from risk.sizing.maximum import maximum_by_limits, maximum_by_liquidity
from risk.sizing.risk_budget import risk_budget
from risk.sizing.risk_parity import risk_parity
from risk.sizing.volatility_target import volatility_target
from risk.var.methods import value_at_risk
from riskstream.library import PortfolioData, PositionRisk, RiskEngine, RiskLibrary, StressTester, portfolio_data
from riskstream.library.sizing_methods import SIZING_METHODS
from schemas.reference import Instrument

VALUE, PRICE = 1_000_000.0, 100.0


@pytest.fixture
def sizes(own: PortfolioData) -> PositionRisk:
    """Over the small portfolio, without the layers."""
    return PositionRisk(own)


def ewma(returns: np.ndarray[Any, Any]) -> float:
    """Annual EWMA volatility, written as a loop."""
    variance = weight = 0.0
    for value in returns:
        variance, weight = 0.94 * variance + 0.06 * value**2, 0.94 * weight + 0.06
    return sqrt(variance / weight * 252)


def expected_weight(data: PortfolioData, method: str) -> float:
    """What the functions of :mod:`risk.sizing` say for AAA, bought."""
    rows = data.returns.to_numpy() * np.array([1.0, 1.0, -1.0])  # CCC is held short
    drifts, covariance, years = rows.mean(axis=0) * 252, np.cov(rows, rowvar=False) * 252, len(rows) / 252
    return {
        "kelly_criterion": lambda: kelly_continuous(drifts[0], 0.0, sqrt(covariance[0, 0]), 0.5, years),
        "kelly_binary": lambda: kelly_binary(0.55, 1.5, 0.5),
        "kelly_multi_asset": lambda: float(kelly_multi_asset(drifts, 0.0, covariance, 0.5, years)[0]),
        "volatility_target": lambda: volatility_target(0.10, ewma(rows[:, 0])),
        "risk_parity": lambda: float(risk_parity(covariance)[0]),
        "risk_budget": lambda: float(risk_budget(covariance, [3.0, 1.0, 1.0])[0]),
        "fixed_risk": lambda: fixed_risk(VALUE, 0.01, PRICE, 95.0) * PRICE / VALUE,
    }[method]()


PARAMETERS: dict[str, dict[str, Any]] = {
    "kelly_binary": {"win_probability": 0.55, "payoff": 1.5},
    "risk_budget": {"budgets": {"AAA": 3, "BBB": 1, "CCC": 1}},
    "fixed_risk": {"stop_price": 95.0},
}


@pytest.mark.parametrize("method", SIZING_METHODS)
async def test_every_method_is_the_cores(sizes: PositionRisk, own: PortfolioData, method: str) -> None:
    """The method's candidate is its function's weight in shares, less what is held; coroutine equals twin."""
    arguments = {
        "symbol": "AAA",
        "account_value": VALUE,
        "entry_price": PRICE,
        "method": method,
        **PARAMETERS.get(method, {}),
    }
    result = await sizes.calculate_optimal_position_size(**arguments)
    assert result == sizes.calculate_optimal_position_size_sync(**arguments)
    shares = expected_weight(own, method) * VALUE / PRICE
    wanted = shares if method == "fixed_risk" else max(0.0, shares - 1000.0)
    assert result.candidates[method] == pytest.approx(wanted, rel=1e-9)
    smallest = min(result.candidates.values())
    assert result.recommended_shares == floor(smallest)
    assert result.candidates[result.binding] == smallest


def test_every_limit_is_a_candidate(sizes: PositionRisk, own: PortfolioData) -> None:
    """Each cap equals its function, and buying the VaR's cap takes the book's normal VaR to its limit."""
    result = sizes.calculate_optimal_position_size_sync("AAA", VALUE, PRICE)
    gross = float(own.exposures.abs().sum())
    caps = maximum_by_limits(1, PRICE, 1000.0, VALUE, gross, own.limits) | {
        "adv_share_max": own.limits.adv_share_max * 5e6,
        "liquidation_days_max": maximum_by_liquidity(
            1, 1000.0, 5e6, own.limits.participation_max, own.limits.liquidation_days_max
        ),
    }
    assert {name: result.candidates[name] for name in caps} == caps
    after = own.exposures.copy()
    after["AAA"] += result.candidates["var_max"] * PRICE
    var = value_at_risk(own.returns, after, method="parametric_normal", confidence=own.limits.var_confidence_min).value
    assert var == pytest.approx(own.limits.var_max * VALUE, rel=1e-9)


def layer_five(engine: RiskEngine, side: str, quantity: Decimal) -> float:
    """VaR after the order as a share of equity, as the engine measures it."""
    _, report = engine.check_pre_trade_risk_sync({"symbol": "AAA", "side": side, "quantity": str(quantity)})
    return {check.name: check.measure for check in report.layers[4].checks}["var_parametric"] or 0.0


@pytest.mark.parametrize(("side", "sign"), [("buy", 1), ("sell", -1)])
def test_the_engine_measures_what_the_library_does(own: PortfolioData, side: str, sign: int) -> None:
    """Layer 5's VaR after an order is the library's of the book with it, to 1e-9; an order of the size that the VaR
    allows comes to the limit."""
    engine, closes, confidence = RiskEngine(own), own.prices.iloc[-1], own.limits.var_confidence_min
    after = own.exposures.copy()
    after["AAA"] += sign * 300 * float(closes["AAA"])
    var = value_at_risk(own.returns, after, method="parametric_normal", confidence=confidence).value
    assert layer_five(engine, side, Decimal(300)) == pytest.approx(var / own.equity, rel=1e-9)
    sized = engine.position_risk.calculate_optimal_position_size_sync(
        "AAA", own.equity, float(closes["AAA"]), side=side
    )
    most = Decimal(floor(sized.candidates["var_max"]))
    assert layer_five(engine, side, most) <= own.limits.var_max < layer_five(engine, side, most + 1)


def test_a_covariance_of_too_many_assets_is_warned_of(own: PortfolioData) -> None:
    """A size that rests on correlations of more assets than observations says so, and so does a stress test."""
    assert PositionRisk(own).calculate_optimal_position_size_sync("AAA", VALUE, PRICE).warnings == ()
    moves = np.random.default_rng(1).normal(0.0, 0.01, (200, 70))
    prices = pd.DataFrame(100.0 * np.cumprod(1.0 + moves, axis=0), index=pd.bdate_range("2023-01-02", periods=200))
    prices.columns = [f"S{number}" for number in range(70)]
    instruments = [
        Instrument(symbol=name, sector="energy", adv=Decimal(10**6), spread_bps=2.0) for name in prices.columns
    ]
    many = portfolio_data(prices, {"S0": 10, "S1": 10}, cash=1e6, instruments=instruments)
    (warning,) = PositionRisk(many).calculate_optimal_position_size_sync("S0", VALUE, PRICE).warnings
    assert warning.startswith("70 assets have correlations from observations that are worth 65")
    everything = StressTester(dict.fromkeys(prices.columns, 1e4), instruments, 1e6, returns=many.returns)
    assert f"covariance: {warning[:40]}" in everything.run_comprehensive_stress_test_sync().report()


def test_a_limit_that_binds_is_named(sizes: PositionRisk) -> None:
    """Where a method asks for more than the order may be worth, the limit gives the quantity."""
    result = sizes.calculate_optimal_position_size_sync(
        "AAA", VALUE, PRICE, "kelly_binary", win_probability=0.9, payoff=2.0
    )
    assert (result.binding, result.recommended_shares) == ("position_weight_max", Decimal(1500))
    assert result.value == 150_000.0
    assert result.weight == 0.15


def test_risk_is_the_loss_at_the_stop(sizes: PositionRisk) -> None:
    """With a stop, shares times the distance to it, in per cent of the account: never above what was asked."""
    result = sizes.calculate_optimal_position_size_sync("AAA", VALUE, PRICE, "fixed_risk", stop_price=92.0, risk=0.005)
    assert result.recommended_shares == Decimal(625)
    assert result.risk_percentage == pytest.approx(100 * 625 * 8.0 / VALUE, rel=1e-12)


def test_risk_is_the_var_of_the_order_without_a_stop(sizes: PositionRisk, own: PortfolioData) -> None:
    """Without a stop, one-day normal VaR of the shares alone, in per cent of the account."""
    result = sizes.calculate_optimal_position_size_sync("AAA", VALUE, PRICE, "volatility_target")
    alone = value_at_risk(own.returns, {"AAA": result.value}, method="parametric_normal", confidence=0.99).value
    assert result.risk_percentage == pytest.approx(100 * alone / VALUE, rel=1e-9)


def test_a_sale_closes_what_is_held_beyond_every_exposure_limit(sizes: PositionRisk) -> None:
    """A short is sized by its own side: the stop is above the entry, and what is held adds room."""
    bought, sold = (
        sizes.calculate_optimal_position_size_sync("AAA", VALUE, PRICE, "fixed_risk", side=side, stop_price=stop)
        for side, stop in (("buy", 90.0), ("sell", 110.0))
    )
    assert bought.candidates["fixed_risk"] == sold.candidates["fixed_risk"] == 1000.0
    assert sold.candidates["position_weight_max"] - bought.candidates["position_weight_max"] == 2 * 1000.0


@pytest.mark.parametrize("method", ["kelly_criterion", "volatility_target", "risk_parity"])
async def test_the_layers_would_approve_it(demo: RiskLibrary, own: PortfolioData, method: str) -> None:
    """What the engine's sizes recommend passes all ten layers, of the demo's account and of one's own."""
    for engine, symbol in ((demo.risk_engine, "AAPL"), (RiskEngine(own), "AAA")):
        price = float(engine.data.prices[symbol].iloc[-1])
        result = await engine.position_risk.calculate_optimal_position_size(
            symbol=symbol, account_value=engine.data.equity, entry_price=price, method=method
        )
        assert result.recommended_shares > 0
        order = {"symbol": symbol, "side": "buy", "quantity": result.recommended_shares}
        assert engine.check_pre_trade_risk_sync(order)[0]


def test_a_librarys_sizes_are_held_to_the_layers(own: PortfolioData) -> None:
    """By default: what is recommended would be approved, and of what they bind they say so; they can be left out."""
    limits = msgspec.structs.replace(own.limits, effective_positions_min=2.9)
    tight = RiskLibrary(
        portfolio_data(
            own.prices, own.positions, cash=own.cash, vix=15.0, limits=limits, instruments=own.instruments.values()
        )
    )
    asked = {"symbol": "AAA", "account_value": VALUE, "entry_price": PRICE, "method": "volatility_target"}
    held = tight.position_risk.calculate_optimal_position_size_sync(**asked)
    free = tight.position_risk.calculate_optimal_position_size_sync(**asked, layers=False)
    assert held.binding.startswith("layers: ")
    assert held.recommended_shares < free.recommended_shares
    assert free == PositionRisk(tight.data).calculate_optimal_position_size_sync(**asked)
    order = {"symbol": "AAA", "side": "buy", "quantity": free.recommended_shares}
    assert not tight.risk_engine.check_pre_trade_risk_sync(order)[0]


def test_the_layers_bind_where_they_are_tightest(own: PortfolioData) -> None:
    """A limit that only the layers know (a stress loss) is named, and gives what they would approve."""
    now = StressTester.of(own).run_comprehensive_stress_test_sync().worst[1] / own.equity
    tight = portfolio_data(
        own.prices,
        own.positions,
        cash=own.cash,
        instruments=own.instruments.values(),
        vix=15.0,
        limits=msgspec.structs.replace(own.limits, stress_loss_max=now + 0.02),
    )
    engine = RiskEngine(tight)
    result = engine.position_risk.calculate_optimal_position_size_sync("BBB", VALUE, PRICE, "volatility_target")
    assert result.binding == "layers: STRESS_LOSS_EXCEEDED"
    assert result.recommended_shares > 0
    order = {"symbol": "BBB", "side": "buy", "quantity": result.recommended_shares}
    assert engine.check_pre_trade_risk_sync(order)[0]
    assert result.recommended_shares < min(value for name, value in result.candidates.items() if name != result.binding)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"symbol": "ZZZ"}, "`symbol` is 'ZZZ', expected one of AAA, BBB, CCC"),
        ({"side": "hold"}, "`side` is 'hold', expected buy or sell"),
        ({"account_value": 0.0}, "`account_value` is 0.0, expected above 0"),
        ({"entry_price": float("nan")}, "`entry_price` is nan, expected above 0"),
        ({"method": "martingale"}, "`method` is 'martingale', expected one of kelly_criterion, kelly_binary"),
        (
            {"fractoin": 0.5},
            "`fractoin` is no parameter of kelly_criterion, expected fraction, risk_free, window, shrink",
        ),
        ({"fraction": 2.0}, "`fraction` is 2.0, expected above 0 and at most 1"),
        ({"window": 20}, "`window` is 20 of 299 days, expected at least 60"),
        ({"window": 0}, "`window` is 0 of 299 days, expected at least 60"),
        ({"method": "fixed_risk"}, "`stop_price` is missing, expected it for fixed_risk"),
        ({"method": "fixed_risk", "stop_price": 105.0}, "`stop_price` is 105.0, expected below the entry at 100.0"),
        ({"method": "risk_budget", "budgets": {"AAA": 1.0}}, "`budgets` has AAA, expected AAA, BBB, CCC"),
        ({"adv": -1.0}, "`adv` is -1.0, expected above 0"),
    ],
)
def test_bad_input_is_named(sizes: PositionRisk, arguments: dict[str, Any], message: str) -> None:
    """The message names the field, its value and what was expected."""
    given: dict[str, Any] = {"symbol": "AAA", "account_value": VALUE, "entry_price": PRICE} | arguments
    with pytest.raises(ValueError, match=message):
        sizes.calculate_optimal_position_size_sync(**given)


def test_an_unknown_volume_is_no_volume_without_limit(own: PortfolioData) -> None:
    """Without the average daily volume there is no size, unless it is given."""
    sizes = PositionRisk(portfolio_data(own.prices, own.positions, cash=own.cash))
    with pytest.raises(ValueError, match="`adv` of AAA is None, expected its average daily volume"):
        sizes.calculate_optimal_position_size_sync("AAA", VALUE, PRICE)
    given = sizes.calculate_optimal_position_size_sync("AAA", VALUE, PRICE, adv=10_000.0)
    assert given.candidates["adv_share_max"] == pytest.approx(0.05 * 10_000.0)
