"""Working orders may fill or not: whichever do, what was approved stays within the limits it was approved under."""

from __future__ import annotations

from decimal import Decimal
from itertools import chain, combinations
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.book import Book, stress_outcomes
from risk.build_book import build_book
from risk.measures.var import historical_var_es, normal_quantile
from risk.state import Working, decode_state, encode_state
from risk.stress.monte_carlo import tail_losses
from risk.unfilled import unfilled, worst_variance
from schemas.decisions import Decision, Status
from schemas.orders import CloseReason, OrderClosed
from schemas.reasons import Reason
from tests.risk.world import LOOSE, NOW_NS, SYMBOLS, World, calm_market

MARKET = calm_market()
LIMITS = {
    "gross_exposure_max": 1.6,
    "net_exposure_max": 0.8,
    "leverage_max": 1.4,
    "position_weight_max": 0.7,
    "sector_share_max": 0.7,
    "var_max": 0.01,
    "historical_var_max": 0.01,
    "expected_shortfall_max": 0.013,
    "liquidity_var_max": 0.0105,
    "liquidation_cost_max": 0.0001,
    "stress_loss_max": 0.25,
    "monte_carlo_loss_max": 0.1,
    "monte_carlo_shortfall_max": 0.07,
}
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["order", "order", "order", "fill", "close"]),
        st.sampled_from(list(SYMBOLS)),
        st.sampled_from(["buy", "sell", "sell_short"]),
        st.integers(1, 6000),
    ),
    min_size=2,
    max_size=10,
)


def limited(**limits: float) -> World:
    return World(msgspec.structs.replace(LOOSE, **limits), market=MARKET)


def close(world: World, order_id: str) -> None:
    world.send(OrderClosed(order_id=order_id, account_id="acc", reason=CloseReason.CANCELLED, event_time_ns=NOW_NS))


def play(world: World, steps: list[tuple[str, str, str, int]]) -> None:
    """Orders, fills at the mark and closes. An order that only reduces passes without a limit, so it is closed."""
    account = world.engine.state.accounts["acc"]
    for kind, symbol, side, size in steps:
        if kind == "order":
            decision = world.judge(world.order(symbol, side, size))
            if decision.reducing:
                close(world, decision.order_id)
        elif account.working:
            order_id, working = list(account.working.items())[size % len(account.working)]
            if kind == "close":
                close(world, order_id)
            else:
                world.fill(working.symbol, working.side, min(working.remaining, size), order_id=order_id)


def measures(book: Book) -> dict[str, float]:
    """Every measure of a book without working orders, from the exposures it holds and by nothing incremental."""
    x, equity, covariance = book.held, book.equity, MARKET.covariance
    sigma = float(np.sqrt(x @ covariance @ x))
    outcomes = MARKET.scenarios("filtered_historical") @ x
    var, shortfall = historical_var_es(outcomes[~np.isnan(outcomes)], 0.99)
    worst, mean_worst = tail_losses(MARKET.simulated.returns @ x)
    cost = 0.5 * 0.02 / 100.0 * float(np.abs(x).sum())
    size = float(np.abs(x).max())
    money = {
        "gross_exposure_max": float(np.abs(x).sum()),
        "net_exposure_max": abs(float(x.sum())),
        "leverage_max": float(x[x > 0].sum()) + max(0.0, equity - float(x.sum())),
        "position_weight_max": size,
        "sector_share_max": size,
        "var_max": normal_quantile(0.99) * sigma,
        "historical_var_max": var,
        "expected_shortfall_max": shortfall,
        "liquidity_var_max": var + cost,
        "liquidation_cost_max": cost,
        "stress_loss_max": -float(stress_outcomes(book, MARKET, 0.99).min()),
        "monte_carlo_loss_max": worst,
        "monte_carlo_shortfall_max": mean_worst,
    }
    return {name: amount / equity for name, amount in money.items()}


def filled(world: World, orders: tuple[Working, ...]) -> Book:
    """The book with these orders filled at the mark and all others gone."""
    state = decode_state(encode_state(world.engine.state))
    account = state.accounts["acc"]
    for holding in account.holdings.values():
        holding.working_buy = holding.working_sell = Decimal(0)
    for order in orders:
        signed = order.remaining * order.side.sign
        account.holding(order.symbol).quantity += signed
        account.holding(order.symbol).cost += signed * 100
        account.cash["USD"] -= signed * 100
    return build_book(account, state, MARKET)


@pytest.mark.parametrize("limit", LIMITS)
@settings(max_examples=25, deadline=None)
@given(STEPS)
def test_whichever_orders_fill_the_limit_holds(limit: str, steps: list[tuple[str, str, str, int]]) -> None:
    """After any sequence of approvals, fills and closes, no set of the working orders can be filled, prices unchanged,
    such that the limit is broken."""
    world = limited(**{limit: LIMITS[limit]})
    play(world, steps)
    working = list(world.engine.state.accounts["acc"].working.values())
    for orders in chain.from_iterable(combinations(working, count) for count in range(len(working) + 1)):
        assert measures(filled(world, orders))[limit] <= LIMITS[limit] * (1.0 + 1e-9), orders


def measure(decision: Decision, name: str) -> float:
    """Of a check by its name, or of the worst scenario."""
    checks = [check for layer in decision.layers for check in layer.checks]
    check = decision.layers[5].checks[0] if name == "stress" else next(each for each in checks if each.name == name)
    found = check.measure
    assert found is not None
    return found


def test_an_unfilled_sale_gives_no_net_room() -> None:
    """Long 0.8 of equity under a net limit of 1.0, an approved short sale of 0.5 does not let a buy of 0.5 pass."""
    world = limited(net_exposure_max=1.0)
    world.fill("AAA", quantity=8000)
    assert world.judge(world.order("BBB", "sell_short", 5000)).status is Status.APPROVED
    refused = world.judge(world.order("CCC", quantity=5000))
    assert refused.reason is Reason.NET_EXPOSURE_EXCEEDED
    assert measure(refused, "net_exposure") == pytest.approx(1.3)


@pytest.mark.parametrize(
    "name",
    [
        "var_parametric",
        "var_filtered_historical",
        "expected_shortfall",
        "stress",
        "monte_carlo_loss",
        "liquidity_var",
        "marginal_var",
        "component_var",
        "book_correlation",
        "average_correlation",
    ],
)
def test_an_unfilled_hedge_lowers_no_measure(name: str) -> None:
    """In a market of one bet a short sale hedges a long position only once it is filled."""
    world = World(market=calm_market(twins=True))
    world.fill("AAA", quantity=5000)
    alone = measure(world.judge(world.order("CCC", quantity=3000, dry_run=True)), name)
    hedge = world.order("BBB", "sell_short", 5000)
    assert world.judge(hedge).status is Status.APPROVED
    working = measure(world.judge(world.order("CCC", quantity=3000, dry_run=True)), name)
    assert working >= alone * (1.0 - 1e-9)
    world.fill("BBB", "sell_short", 5000, order_id=hedge.order_id)
    assert measure(world.judge(world.order("CCC", quantity=3000, dry_run=True)), name) < 0.95 * alone


def test_a_hedge_is_judged_as_filled() -> None:
    """An order that lowers the book's net exposure passes though the book is beyond the limit."""
    world = limited(net_exposure_max=1.0)
    world.fill("AAA", quantity=12000)
    assert world.judge(world.order("CCC", quantity=100)).reason is Reason.NET_EXPOSURE_EXCEEDED
    assert world.judge(world.order("BBB", "sell_short", 4000)).status is Status.APPROVED


MONEY = st.floats(0.0, 100.0)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.floats(-100.0, 100.0), MONEY, MONEY), min_size=4, max_size=4), st.integers(0, 2**32 - 1))
def test_no_fills_have_a_larger_variance(book: list[tuple[float, float, float]], seed: int) -> None:
    """The bound holds at every corner, and is met exactly where one symbol works."""
    root = np.random.default_rng(seed).normal(size=(4, 4))
    covariance = root @ root.T
    held, buys, sells = (np.array(column) for column in zip(*book, strict=True))
    covered = covariance @ held

    def bound(buys: Any, sells: Any) -> float:
        working = unfilled(buys, sells, covariance)
        return worst_variance(float(held @ covered), covered[working.symbols], working)

    def largest(buys: Any, sells: Any) -> float:
        corners = np.array(np.meshgrid(*zip(buys, -sells, np.zeros(4), strict=True))).reshape(4, -1).T + held
        return float(np.einsum("ci,ij,cj->c", corners, covariance, corners).max())

    assert bound(buys, sells) >= largest(buys, sells) * (1.0 - 1e-12) - 1e-9
    one = np.array([1.0, 0.0, 0.0, 0.0])
    assert bound(buys * one, sells * one) == pytest.approx(largest(buys * one, sells * one), abs=1e-6)
