"""A book is valued at the market, counts working orders at their worst, and an order's O(1) figures equal a rebuild."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.book import worst
from risk.build_book import build_book
from risk.measures.var import normal_quantile
from risk.shift import SHIFTS_MAX
from schemas.decisions import Decision, Verdict
from schemas.market import MarkKind
from schemas.orders import CloseReason, OrderClosed, OrderReplace
from schemas.reasons import Reason
from tests.risk.world import NOW_NS, SYMBOLS, World, calm_market, instrument, mark

MARKET = calm_market()


def test_equity_is_cash_plus_positions_at_the_mark() -> None:
    """Buying at the mark leaves equity as it was; a move changes it by quantity times move, open P&L included."""
    world = World()
    world.fill("AAA", quantity=1000, price=100)
    account = world.engine.state.accounts["acc"]
    assert world.engine.book(account).equity == pytest.approx(1_000_000)
    world.move("AAA", 101.0)
    book = world.engine.book(account)
    assert book.equity == pytest.approx(1_001_000)
    assert book.unrealised == pytest.approx(1_000)


@pytest.mark.parametrize(
    ("quantity", "buy", "sell", "expected"),
    [(100, 50, 0, 150), (100, 0, 50, 100), (100, 50, 300, -200), (-100, 0, 50, -150), (0, 10, 10, 10)],
)
def test_working_orders_count_at_their_worst(quantity: float, buy: float, sell: float, expected: float) -> None:
    """The larger of the two positions that fills can lead to; what only reduces gives no room before it is filled."""
    assert worst(quantity, buy, sell) == expected


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(list(SYMBOLS)), st.sampled_from(["buy", "sell"]), st.integers(1, 2000)), max_size=6
    ),
    st.sampled_from(list(SYMBOLS)),
    st.sampled_from(["buy", "sell_short"]),
    st.integers(1, 2000),
)
def test_what_an_order_would_do_equals_doing_it(
    fills: list[tuple[str, str, int]], symbol: str, side: str, quantity: int
) -> None:
    """The O(1) measures of an order equal those of a book that is rebuilt with the order in it: working, for exposures
    and their concentration, and filled, for the net exposure and the VaR."""
    world = World(market=MARKET)
    for name, direction, size in fills:
        world.fill(name, direction, size)
    order = world.order(symbol, side, quantity)
    decision = world.judge(order)
    book = world.engine.book(world.engine.state.accounts["acc"])
    measures = {check.name: check.measure for layer in decision.layers for check in layer.checks}
    covariance = MARKET.covariance
    x = book.held.copy()
    x[list(SYMBOLS).index(symbol)] += order.side.sign * quantity * 100.0
    variance = float(x @ covariance @ x)
    expected = {
        "gross_exposure": np.abs(book.exposure).sum() / book.equity,
        "net_exposure": abs(x.sum()) / book.equity,
        "concentration": (book.exposure**2).sum() / book.equity**2,
        "var_parametric": normal_quantile(0.99) * math.sqrt(variance) / book.equity,
    }
    for name, value in expected.items():
        assert measures[name] == pytest.approx(value, rel=1e-9, abs=1e-9), name


def test_average_correlation_equals_the_weighted_mean_of_pairs() -> None:
    """The layer's O(1) average is sum_{i<j} w_i w_j s_i s_j rho_ij over sum_{i<j} |w_i w_j| s_i s_j."""
    world = World(market=MARKET)
    for symbol, size in (("AAA", 1000), ("BBB", 700), ("CCC", 400)):
        world.fill(symbol, quantity=size)
    decision = world.judge(world.order("DDD", quantity=300))
    book, covariance = world.engine.book(world.engine.state.accounts["acc"]), MARKET.covariance
    x = book.exposure
    pairs = [(i, j) for i in range(4) for j in range(i)]
    above = sum(x[i] * x[j] * covariance[i, j] for i, j in pairs)
    below = sum(abs(x[i] * x[j]) * math.sqrt(covariance[i, i] * covariance[j, j]) for i, j in pairs)
    measure = next(c.measure for c in decision.layers[2].checks if c.name == "average_correlation")
    assert measure == pytest.approx(above / below, rel=1e-9)


def test_foreign_positions_are_converted_at_the_mark() -> None:
    """A position in euro counts in dollars at the rate's mark, its cash flow stays in euro exactly."""
    world = World()
    world.define(instrument("EUX", currency="EUR"))
    market = world.engine.market
    market.apply_mark(mark("EUX", 50.0))
    market.apply_mark(mark("EUR/USD", 1.2, kind=MarkKind.FX))
    world.fill("EUX", quantity=100, price=50)
    account = world.engine.state.accounts["acc"]
    assert account.cash["EUR"] == Decimal(-5000)
    book = world.engine.book(account)
    assert book.held.sum() == pytest.approx(6000)
    assert book.equity == pytest.approx(1_000_000)


def test_a_missing_rate_rejects() -> None:
    """Without the rate the account can't be valued, and nothing but reducing orders passes."""
    world = World()
    world.define(instrument("EUX", currency="EUR"))
    world.engine.market.apply_mark(mark("EUX", 50.0, NOW_NS))
    world.fill("EUX", quantity=100, price=50)
    assert world.judge(world.order()).reason is Reason.PORTFOLIO_UNVALUED
    assert world.judge(world.order("EUX")).reason is Reason.FX_RATE_MISSING


def test_reducing_orders_are_exempt_from_exposure_layers_only() -> None:
    """A sale of what is held passes limits that are already broken, and is still held to price and size controls."""
    world = World()
    world.fill("AAA", quantity=5000)
    world.sweep()
    world.tighten(gross_exposure_max=0.1, var_max=1e-6, stress_loss_max=1e-6, position_value_max=1.0)
    decision: Decision = world.judge(world.order(side="sell", quantity=1000))
    assert decision.reason is Reason.APPROVED
    assert {layer.verdict for layer in decision.layers[1:6]} >= {Verdict.EXEMPT}
    dear = world.order(side="sell", quantity=1000, order_type="limit", limit_price=Decimal(200))
    assert world.judge(dear).reason is Reason.PRICE_COLLAR_EXCEEDED


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["order", "order", "replace", "close", "reject", "fill"]),
        st.sampled_from(list(SYMBOLS)),
        st.sampled_from(["buy", "sell_short"]),
        st.integers(1, 2000),
    ),
    min_size=1,
    max_size=60,
)
FOLLOWED = (
    "equity",
    "cash",
    "gross",
    "up",
    "down",
    "long",
    "short",
    "squares",
    "own_variance",
    "weighted_volatility",
    "variance",
    "exposure",
    "held",
    "buys",
    "sells",
    "covered",
    "held_covered",
    "held_variance",
    "held_own_variance",
    "held_weighted_volatility",
    "variance_max",
    "history",
    "stress",
    "simulated",
    "cost",
)


def check_followed(world: World) -> None:
    """The book of the account is that of a rebuild."""
    account = world.engine.state.accounts["acc"]
    followed, built = world.engine.book(account), build_book(account, world.engine.state, MARKET)
    for name in FOLLOWED:
        scale = np.nanmax(np.abs(getattr(built, name)), initial=1.0)
        np.testing.assert_allclose(getattr(followed, name), getattr(built, name), atol=1e-9 * scale, err_msg=name)
    assert followed.sectors == pytest.approx(built.sectors, abs=1e-4)
    assert (followed.prices, followed.revision) == (built.prices, built.revision)


def end(world: World, order_id: str, reason: CloseReason) -> None:
    world.send(OrderClosed(order_id=order_id, account_id="acc", reason=reason, event_time_ns=NOW_NS))


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_a_book_that_follows_orders_equals_one_that_is_built_anew(steps: list[tuple[str, str, str, int]]) -> None:
    """After any sequence of approvals, replaces, closes and fills, every sum and vector of the book is that of a
    rebuild."""
    world = World(market=MARKET)
    account = world.engine.state.accounts["acc"]
    for number, (kind, symbol, side, size) in enumerate(steps):
        world.engine.book(account)  # so that there is one that can follow
        working = list(account.working)
        if kind == "order":
            world.judge(world.order(symbol, side, size))
        elif kind == "fill":
            world.fill(symbol, side, size)
        elif kind == "replace" and working:
            world.judge(
                OrderReplace(
                    order_id=f"r{number}",
                    original_order_id=working[size % len(working)],
                    account_id="acc",
                    quantity=Decimal(size),
                    event_time_ns=NOW_NS,
                )
            )
        elif working:
            reason = CloseReason.REJECTED if kind == "reject" else CloseReason.CANCELLED
            end(world, working[size % len(working)], reason)
    check_followed(world)


def test_a_book_is_built_anew_after_many_shifts() -> None:
    """However long nothing but orders come, the drift of the sums is bounded."""
    world = World(market=MARKET)
    for symbol in SYMBOLS:
        world.fill(symbol, quantity=10)
    account = world.engine.state.accounts["acc"]
    first = world.engine.book(account)
    for number in range(SHIFTS_MAX // 2):
        order = world.order(list(SYMBOLS)[number % 4], quantity=1 + number % 997)
        world.judge(order)
        end(world, order.order_id, CloseReason.CANCELLED)
    assert (world.engine.book(account) is first, first.shifts) == (True, SHIFTS_MAX)
    check_followed(world)
    world.judge(world.order("AAA"))
    assert world.engine.book(account) is not first
    assert world.engine.book(account).shifts == 0


def test_a_close_gives_the_room_back_without_a_rebuild() -> None:
    """An approval and its close move the same book there and back."""
    world = World(market=MARKET)
    world.fill("AAA", quantity=100)
    account = world.engine.state.accounts["acc"]
    book = world.engine.book(account)
    before = book.gross
    order = world.order("AAA", quantity=50)
    world.judge(order)
    assert world.engine.book(account) is book
    assert book.gross == pytest.approx(before * 1.5)
    world.send(OrderClosed(order_id=order.order_id, account_id="acc", reason=CloseReason.EXPIRED, event_time_ns=NOW_NS))
    assert world.engine.book(account) is book
    assert book.gross == pytest.approx(before)
