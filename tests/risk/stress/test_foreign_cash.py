"""An order in another currency is paid for in it: layer 6 counts what that cash does in a scenario too."""

from __future__ import annotations

from decimal import Decimal
from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.book import Book, stress_outcomes
from risk.build_book import build_book
from risk.layers.stress import outcomes_after
from risk.market import MarketState
from risk.propose import propose
from risk.state import decode_state, encode_state
from risk.stress.scenario import Scenario
from risk.stress.scenario_set import SHIPPED, ScenarioSet
from schemas.market import MarkKind
from tests.risk.test_negative_prices import CL, SETTLED
from tests.risk.test_negative_prices import world as futures_world
from tests.risk.world import World, calm_market, instrument, mark

RATES = {"EUR": 1.2, "GBP": 1.3}
PRICE = 100
MARKET = calm_market()
#: Shares fall and every other currency rises: what a foreign share loses, its currency wins back, but for a debt in it.
DEAR = Scenario(name="dear_currencies", source="made up", equity=-0.2, bond=0.0, commodity=0.0, fx=0.25, crypto=0.0)
SCENARIOS = MARKET.stresses = ScenarioSet([*SHIPPED.scenarios, DEAR])
for currency, rate in RATES.items():
    MARKET.apply_mark(mark(f"{currency}/USD", rate, kind=MarkKind.FX))
ORDERS = st.tuples(
    st.sampled_from(["AAA", "BBB", "CCC"]), st.sampled_from(["buy", "sell", "sell_short"]), st.integers(1, 9_000)
)
#: Scenarios of prices alone; those with volatility; and all that follow the sum of positions, whatever each one's size.
PLAIN = np.array([not (each.costs or each.volatility_multiple) for each in SCENARIOS.scenarios])
ROOTED = np.array([bool(each.volatility_multiple) for each in SCENARIOS.scenarios])
ALIKE = np.array([not (each.costs or each.correlation_one) for each in SCENARIOS.scenarios])
FILLS = st.lists(ORDERS, max_size=5)


def world() -> World:
    """AAA is in dollars, BBB in euro, CCC in pounds; the account counts in dollars and has cash in euro as well."""
    made = World(market=MARKET, cash={"USD": Decimal(10_000_000), "EUR": Decimal(250_000)})
    made.define(instrument("BBB", version=2, currency="EUR"))
    made.define(instrument("CCC", version=2, currency="GBP"))
    return made


def book_of(world: World) -> Book:
    return world.engine.book(world.engine.state.accounts["acc"])


def counted(world: World, symbol: str, side: str, quantity: object) -> np.ndarray:
    """P&L of every scenario after an order, as layer 6 counts it."""
    engine, book = world.engine, book_of(world)
    proposal = propose(world.order(symbol, side, quantity), engine.state, engine.market, book, world.now_ns)
    assert proposal.index is not None
    found = outcomes_after(proposal, book, proposal.index)
    assert found is not None
    return np.array(found)


def valued(world: World, market: MarketState) -> np.ndarray:
    """P&L of every scenario of the book as it is, built anew."""
    account = world.engine.state.accounts["acc"]
    return stress_outcomes(build_book(account, world.engine.state, market), market, account.limits.var_confidence_min)


@settings(max_examples=50, deadline=None)
@given(FILLS, ORDERS)
def test_the_loss_after_an_order_is_that_of_the_book_after_its_fill(
    fills: list[tuple[str, str, int]], order: tuple[str, str, int]
) -> None:
    """Whatever is held in three currencies: in every scenario if the position grows, and if it shrinks in all but those
    that cost of selling or undiversified volatility is part of, for an order that is not filled saves none of that. To
    1e-9 of the book's size; to 1e-8 where volatility is part of it, as of a closed book it is the root of rounding."""
    made = world()
    for symbol, side, quantity in fills:
        made.fill(symbol, side, quantity, PRICE)
    asked, before = counted(made, *order), book_of(made).gross
    made.fill(*order, PRICE)
    after, found = build_book(made.engine.state.accounts["acc"], made.engine.state, MARKET).gross, valued(made, MARKET)
    exact = np.full(len(SCENARIOS), True) if after >= before else ALIKE
    tolerance = np.where(ROOTED, 1e-8, 1e-9) * (1.0 + before + after)
    assert (np.abs(asked - found) <= tolerance)[exact].all()
    assert (asked <= found + tolerance).all()


@pytest.mark.parametrize("side", ["buy", "sell_short"])
def test_a_price_below_zero_is_paid_to_the_buyer(side: str) -> None:
    """So the cash leg has the other sign; the figures are again those of the book after the fill."""
    made = futures_world(SETTLED)
    made.engine.market.apply_mark(mark("EUR/USD", 1.2, kind=MarkKind.FX))
    made.define(instrument("CL", **_fields(), version=2, currency="EUR"))
    asked = counted(made, "CL", side, 2)
    made.fill("CL", side, 2, SETTLED)
    assert asked == pytest.approx(valued(made, made.engine.market), rel=1e-9)


def _fields() -> dict[str, object]:
    return {"asset_class": CL.asset_class, "multiplier": CL.multiplier, "negative_prices": True}


@settings(max_examples=30, deadline=None)
@given(FILLS, st.lists(ORDERS, min_size=1, max_size=4))
def test_whichever_working_orders_fill_no_scenario_loses_more_than_was_counted(
    fills: list[tuple[str, str, int]], orders: list[tuple[str, str, int]]
) -> None:
    """Prices of the scenarios alone, without what selling costs or volatility: each set of the orders, paid for in its
    currencies, loses at most what the book counts while they work."""
    made = world()
    for symbol, side, quantity in fills:
        made.fill(symbol, side, quantity, PRICE)
    for order in orders:
        made.judge(made.order(*order))
    kept, account = book_of(made), made.engine.state.accounts["acc"]
    working = list(account.working.values())
    for chosen in chain.from_iterable(combinations(working, count) for count in range(len(working) + 1)):
        state = decode_state(encode_state(made.engine.state))
        held = state.accounts["acc"]
        for holding in held.holdings.values():
            holding.working_buy = holding.working_sell = Decimal(0)
        for each in chosen:
            signed, paid = each.remaining * each.side.sign, state.instruments[each.symbol].currency
            held.holding(each.symbol).quantity += signed
            held.holding(each.symbol).cost += signed * PRICE
            held.cash[paid] = held.cash.get(paid, Decimal(0)) - signed * PRICE
        found = build_book(held, state, MARKET).stress
        assert (found[PLAIN] >= kept.stress[PLAIN] - 1e-9 * (1.0 + kept.gross)).all(), chosen


def test_what_is_bought_on_credit_in_its_own_currency_has_no_currency_risk() -> None:
    """A fall of that currency alone by 20 % takes from the share what it takes from the debt: the order adds nothing;
    bought with euro that are there it adds nothing either, as they were at risk before."""
    made, fall = world(), SHIPPED.names.index("fx_down_20")
    before = book_of(made).stress[fall]
    assert before == pytest.approx(-0.2 * 250_000 * RATES["EUR"])
    for symbol in ("BBB", "CCC"):
        assert counted(made, symbol, "buy", 2_000)[fall] == pytest.approx(before)
