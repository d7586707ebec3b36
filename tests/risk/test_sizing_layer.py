"""What layer 1 holds an order's size to, by each sizing method."""

from __future__ import annotations

import math

import numpy as np
import pytest

from risk.measures.var import normal_quantile
from risk.sizing.kelly_continuous import kelly_continuous
from schemas.decisions import Check, Verdict
from schemas.reasons import Reason
from tests.risk.world import World, calm_market

PRICE, QUANTITY = 100.0, 300
MARKET = calm_market()


def sized(method: str, side: str = "buy", mean: float | None = None, **changes: float) -> tuple[World, Check]:
    """How an order is held to the size of a method."""
    market = MARKET
    if mean is not None:
        market = calm_market()
        market.mean = np.full_like(market.mean, mean)
    world = World(market=market)
    world.judge_by(sizing_method=method, **changes)
    world.sweep()
    decision = world.judge(world.order(side=side, quantity=QUANTITY))
    return world, next(each for each in decision.layers[0].checks if each.name == f"{method}_size")


def sigma(world: World) -> float:
    """Volatility of AAA a bar."""
    market = world.engine.market
    return math.sqrt(float(market.variance[market.index_of("AAA")]))


def test_volatility_target() -> None:
    """value / (equity * target / annual sigma)."""
    world, check = sized("volatility_target", volatility_target=0.2)
    assert check.measure == pytest.approx(QUANTITY * PRICE / (1e6 * 0.2 / (sigma(world) * math.sqrt(252))), rel=1e-9)


def test_var_budget() -> None:
    """A position of size 1 alone has the budget as its one-day normal VaR at the account's level."""
    world, check = sized("var_budget", var_budget=0.005)
    var = normal_quantile(0.99) * sigma(world) * QUANTITY * PRICE
    assert check.measure == pytest.approx(var / (1e6 * 0.005), rel=1e-9)


@pytest.mark.parametrize(("side", "mean"), [("buy", 0.002), ("sell_short", -0.002)])
def test_kelly(side: str, mean: float) -> None:
    """Half of continuous Kelly by the symbol's mean and variance, shrunk by the mean's error, in the order's
    direction."""
    world, check = sized("kelly", side, mean)
    years = (300 - 1) / 252
    weight = kelly_continuous(abs(mean) * 252, 0.0, sigma(world) * math.sqrt(252), 0.5, years)
    assert weight > 0
    assert check.measure == pytest.approx(QUANTITY * PRICE / (1e6 * weight), rel=1e-9)


@pytest.mark.parametrize(("side", "mean"), [("buy", -0.002), ("sell_short", 0.002), ("buy", 0.0001)])
def test_kelly_gives_no_size_to_a_bet_without_an_edge(side: str, mean: float) -> None:
    """Against the mean, or within one standard error of nothing: refused, whatever the multiple."""
    _, check = sized("kelly", side, mean)
    assert (check.verdict, check.reason, check.limit) == (Verdict.FAIL, Reason.SIZING_EXCEEDED, 0.0)
