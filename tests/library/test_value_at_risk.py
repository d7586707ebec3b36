"""The calculator gives what :mod:`risk.var` gives, for the demo's data and a person's own."""

from __future__ import annotations

from decimal import Decimal
from math import sqrt
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest

from risk.var.methods import METHODS, value_at_risk
from riskstream.library import PortfolioData, RiskLibrary, VarCalculator, portfolio_data
from riskstream.library.liquidity import BookLiquidity, book_liquidity


@pytest.mark.parametrize("method", METHODS)
async def test_every_method_is_the_cores(demo: RiskLibrary, method: str) -> None:
    """Coroutine and twin equal ``value_at_risk`` on the same returns and exposures, to the last bit."""
    result = await demo.var_calculator.calculate_comprehensive_var(0.95, 5, method)
    expected = value_at_risk(demo.data.returns, demo.data.exposures, method=method, confidence=0.95, horizon_days=5)
    assert result.estimate == expected
    assert demo.var_calculator.calculate_comprehensive_var_sync(0.95, 5, method).estimate == expected
    assert (result.var_value, result.expected_shortfall, result.interval, result.warnings) == (
        expected.value,
        expected.es,
        expected.interval,
        expected.warnings,
    )
    assert sum(result.components.values()) == pytest.approx(result.var_value, rel=1e-9)


async def test_the_defaults_are_monte_carlo_at_95_percent_for_a_day(demo: RiskLibrary) -> None:
    """Without arguments: 10,000 seeded paths; the interval holds the normal VaR of the same covariance."""
    result = await demo.var_calculator.calculate_comprehensive_var()
    assert (result.estimate.method, result.estimate.confidence, result.estimate.horizon_days) == (
        "monte_carlo",
        0.95,
        1,
    )
    closed = demo.var_calculator.calculate_comprehensive_var_sync(method="parametric_normal").var_value
    assert result.interval.low < result.var_value < result.interval.high
    assert result.var_value == pytest.approx(closed, rel=4 * 0.0128)  # four standard errors of the quantile
    assert result.by_asset()["component"].sum() == pytest.approx(result.var_value, rel=1e-9)


def test_parameters_reach_the_method(own: PortfolioData) -> None:
    """``paths`` and ``seed`` are the method's own."""
    calculator = VarCalculator.of(own)
    one, two = (calculator.calculate_comprehensive_var_sync(paths=2000, seed=seed) for seed in (1, 2))
    assert one.estimate.parameters["paths"] == 2000
    assert one.var_value != two.var_value


def test_a_series_of_profits_alone() -> None:
    """A P&L in money needs no exposures; the 10 % worst of 20 outcomes by the order statistic."""
    profits = pd.Series(np.arange(-10.0, 10.0), name="desk")
    result = VarCalculator(profits).calculate_comprehensive_var_sync(0.90, method="historical")
    assert (result.var_value, result.expected_shortfall) == (8.0, 9.0)
    assert list(result.components) == ["desk"]


def test_comparing_says_why_a_method_has_no_answer(own: PortfolioData) -> None:
    """Each method answers as by itself; one that can't gives its reason."""
    found = VarCalculator.of(own).compare(0.99)
    assert list(found) == list(METHODS)
    refused = {name: answer for name, answer in found.items() if isinstance(answer, str)}
    answered = {name: answer for name, answer in found.items() if not isinstance(answer, str)}
    assert refused.keys() | answered.keys() == set(METHODS)
    for name, answer in answered.items():
        assert answer.estimate == value_at_risk(own.returns, own.exposures, method=name, confidence=0.99)
    too_short = VarCalculator.of(own).compare(0.999, methods=["historical"])["historical"]
    assert isinstance(too_short, str)
    assert "expected at least 1000" in too_short


def test_selling_costs_half_the_spread(own: PortfolioData) -> None:
    """LVaR of a book that sells within a day: VaR and ES with half of 2 bp on every exposure, to 1e-12."""
    calculator = VarCalculator.of(own)
    result = calculator.calculate_comprehensive_var_sync(method="historical")
    cost = 1e-4 * float(own.exposures.abs().sum())
    found = calculator.liquidity_adjusted(result)
    assert found.horizon_factor == 1.0
    assert found.spread_cost == pytest.approx(cost, rel=1e-12)
    assert (found.value, found.es) == pytest.approx((result.var_value + cost, result.expected_shortfall + cost))


def test_bad_times_cost_more_than_now(own: PortfolioData) -> None:
    """With a history of spreads: |x| (mean + k sd) / 2 of each position, to 1e-12; a position without one is named."""
    data = portfolio_data(own.prices, {"AAA": 1000, "BBB": 0}, cash=1e6, instruments=list(own.instruments.values()))
    calculator = VarCalculator.of(data)
    result = calculator.calculate_comprehensive_var_sync(0.95, 1, "historical")
    history = pd.DataFrame({"AAA": [0.001, 0.002, 0.006]})
    found = calculator.liquidity_adjusted(result, history, k=2.0)
    expected = abs(float(data.exposures["AAA"])) * (0.003 + 2.0 * np.std([0.001, 0.002, 0.006], ddof=1)) / 2.0
    assert found.spread_cost == pytest.approx(expected, rel=1e-12)
    with pytest.raises(ValueError, match=r"`spreads` has 3 rows without \['AAA'\]"):
        calculator.liquidity_adjusted(result, history.rename(columns={"AAA": "BBB"}))


def test_selling_slowly_costs_risk(own: PortfolioData) -> None:
    """A whole day's volume at a participation of 0.2 takes five days, and has their horizon factor."""
    thin = [msgspec.structs.replace(each, adv=Decimal(1000)) for each in own.instruments.values()]
    data = portfolio_data(own.prices, {"AAA": 1000, "BBB": 0}, cash=1e6, instruments=thin)
    found = book_liquidity(data)
    assert isinstance(found, BookLiquidity)
    assert found.days.to_dict() == pytest.approx({"AAA": 5.0})
    calculator = VarCalculator.of(data)
    one, ten = (calculator.calculate_comprehensive_var_sync(0.95, days, "historical") for days in (1, 10))
    assert calculator.liquidity_adjusted(one).horizon_factor == pytest.approx(sqrt(6 * 11 / 30))
    assert calculator.liquidity_adjusted(ten).horizon_factor == 1.0


def test_unknown_liquidity_is_said(own: PortfolioData) -> None:
    """A position without a spread or a volume, or returns alone, has no LVaR; the message names it."""
    for missing, message in (({"spread_bps": None}, "the spread of AAA"), ({"adv": None}, "the volume of AAA")):
        known = [msgspec.structs.replace(each, **missing) for each in own.instruments.values()]
        calculator = VarCalculator.of(portfolio_data(own.prices, {"AAA": 1}, cash=1.0, instruments=known))
        result = calculator.calculate_comprehensive_var_sync(method="historical")
        with pytest.raises(ValueError, match=message):
            calculator.liquidity_adjusted(result)
    alone = VarCalculator(np.arange(-10.0, 10.0))
    with pytest.raises(ValueError, match="spreads and volumes are not known"):
        alone.liquidity_adjusted(alone.calculate_comprehensive_var_sync(0.9, method="historical"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "magic"}, "`method` is 'magic', expected one of parametric_normal, parametric_t"),
        ({"confidence_level": 1.5}, "`confidence` is 1.5, expected 0.9 to 0.999"),
        ({"time_horizon": 0}, "`horizon_days` is 0, expected a whole number from 1 to 30"),
        ({"paths": 0}, "`paths` is 0"),
        ({"trials": 5}, "`trials` is no parameter of monte_carlo, expected "),
    ],
)
async def test_bad_requests_are_named(own: PortfolioData, arguments: dict[str, Any], message: str) -> None:
    """A ValueError names field, value and what was expected, and a wrong method the known ones."""
    with pytest.raises(ValueError, match=message):
        await VarCalculator.of(own).calculate_comprehensive_var(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"methods": ["magic"]}, "`method` is 'magic'"), ({"confidence_level": 0.5}, "`confidence` is 0.5")],
)
def test_comparing_what_makes_no_sense_is_an_error(own: PortfolioData, arguments: dict[str, Any], message: str) -> None:
    """A request that is wrong for every method is refused as a whole."""
    with pytest.raises(ValueError, match=message):
        VarCalculator.of(own).compare(**arguments)
