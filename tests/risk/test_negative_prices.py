"""WTI settled at -37.63 on 2020-04-20: prices of futures can be negative, and the numbers must be sound there too."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest

from risk.market import MarketConfig, MarketState
from schemas.decisions import Decision
from schemas.orders import OrderType
from schemas.reasons import Reason
from schemas.reference import AssetClass, Instrument
from tests.risk.test_market_bars import SMALL
from tests.risk.world import BARS, DAY_NS, NOW_NS, START_NS, SYMBOLS, TRUSTING, World, bar, instrument, mark

SETTLED, BEFORE, AFTER = -37.63, 18.27, 10.01
CL: Instrument = instrument("CL", asset_class=AssetClass.COMMODITY, multiplier=Decimal(1000), negative_prices=True)


def world(price: float) -> World:
    """The calm market with crude oil, whose last bars are those around the settlement, now at this price."""
    market, random = MarketState(TRUSTING), np.random.default_rng(11)
    market.define(CL)
    for day in range(BARS):
        for symbol in SYMBOLS:
            market.apply_bar(bar(symbol, 100.0 * math.exp(random.normal(0.0, 0.01)), START_NS + day * DAY_NS))
        close = SETTLED if day == BARS - 3 else BEFORE * math.exp(random.normal(0.0, 0.02))
        market.apply_bar(bar("CL", close, START_NS + day * DAY_NS))
    for symbol in SYMBOLS:
        market.apply_mark(mark(symbol, 100.0))
    market.apply_mark(mark("CL", price))
    made = World(market=market)
    made.define(CL)
    made.refresh()
    return made


def measures(decision: Decision) -> dict[str, float | None]:
    return {check.name: check.measure for layer in decision.layers for check in layer.checks}


@pytest.mark.parametrize("side", ["buy", "sell_short"])
def test_an_order_below_zero_is_measured_as_one_above(side: str) -> None:
    """Values, exposures, VaR, stress and cost are those of the absolute price: none of them passes by its sign."""
    below, above = (measures(world(price).judge(world(price).order("CL", side, 2))) for price in (SETTLED, -SETTLED))
    assert above["order_value"] == pytest.approx(2 * 37_630.0)
    for name, value in above.items():
        assert below[name] == (value if value is None else pytest.approx(value, rel=1e-6)), name


def test_a_long_position_loses_what_the_price_falls() -> None:
    """Through zero and beyond: equity is exact, and the book goes on losing in the scenarios that it lost in before."""
    made = world(SETTLED)
    made.fill("CL", "buy", 2, BEFORE)
    book = made.engine.book(made.engine.state.accounts["acc"])
    assert book.equity == pytest.approx(1_000_000 + 2000 * (SETTLED - BEFORE))
    assert book.unrealised == pytest.approx(2000 * (SETTLED - BEFORE))
    assert book.gross == pytest.approx(2000 * -SETTLED)
    assert book.net == pytest.approx(2000 * -SETTLED)
    long = world(-SETTLED)
    long.fill("CL", "buy", 2, BEFORE)
    same = long.engine.book(long.engine.state.accounts["acc"])
    np.testing.assert_allclose(book.stress, same.stress, rtol=1e-9)
    np.testing.assert_allclose(book.history, same.history, rtol=1e-9)


def test_an_order_that_works_shifts_the_book_as_one_that_is_built_anew() -> None:
    """Below zero too."""
    made = world(SETTLED)
    made.fill("CL", "buy", 2, BEFORE)
    made.judge(made.order("CL", "buy", 1))
    account = made.engine.state.accounts["acc"]
    shifted = made.engine.book(account)
    made.engine._books.clear()
    built = made.engine.book(account)
    assert (shifted.gross, shifted.up, shifted.variance_max) == pytest.approx(
        (built.gross, built.up, built.variance_max)
    )
    np.testing.assert_allclose(shifted.stress, built.stress, rtol=1e-9)


@pytest.mark.parametrize(
    ("limit", "away"), [("-38", 0.37 / 37.63), ("-37.63", 0.0), ("37.63", 2.0), ("0", 1.0), ("-80", 42.37 / 37.63)]
)
def test_a_limit_is_held_against_the_mark_by_distance(limit: str, away: float) -> None:
    """The collar is as wide below zero; a limit of the other sign is far away."""
    made = world(SETTLED)
    decision = made.judge(made.order("CL", "buy", 1, order_type=OrderType.LIMIT, limit_price=Decimal(limit)))
    assert measures(decision)["price_collar"] == pytest.approx(away, abs=1e-9)
    assert (decision.reason is Reason.PRICE_COLLAR_EXCEEDED) == (away > 0.05)


def test_other_instruments_have_none() -> None:
    """Zero and below are refused and counted, and so is a limit there; the last good price grows old."""
    market = MarketState()
    market.apply_mark(mark("AAA", 100.0))
    for day, price in enumerate((0.0, SETTLED)):
        assert market.apply_mark(mark("AAA", price, NOW_NS + 1)) == "price_invalid"
        market.apply_bar(bar("AAA", price, START_NS + day * DAY_NS))
    assert market.refused == {"price_invalid": 4}
    assert market.price.tolist() == [100.0]
    made = World()
    order = made.order("AAA", order_type=OrderType.LIMIT, limit_price=Decimal(-1))
    assert made.judge(order).reason is Reason.ORDER_PRICE_INVALID


def test_a_return_across_zero_is_none() -> None:
    """-306 % is no return of one day, +inf % neither: both are refused, counted, and in no estimate."""
    market = MarketState(SMALL)
    market.define(CL)
    for day, close in enumerate((20.0, BEFORE, SETTLED, AFTER, 0.0, 0.0, 0.01)):
        market.apply_bar(bar("CL", close, START_NS + day * DAY_NS))
    assert market.refused == {"return_across_zero": 1, "return_beyond_bound": 1, "return_undefined": 2}
    assert np.isfinite(market.returns[~np.isnan(market.returns)]).all()
    assert np.nanmax(np.abs(market.returns)) < 0.5


def test_a_move_through_zero_is_taken_as_others_are() -> None:
    """At once where it is small for what the price was, else once it is confirmed: the doubt is of distance, not of
    ratio."""
    market = MarketState(MarketConfig())
    market.define(CL)
    prices = (18.0, 12.0, 6.0, 1.0, 0.01, -0.01, -5.0, -13.0, -20.0, -28.0, SETTLED)
    for second, price in enumerate(prices):
        assert market.apply_mark(mark("CL", price, NOW_NS + second)) is None, price
    assert market.apply_mark(mark("CL", 40.0, NOW_NS + 20)) == "mark_beyond_bound"
