"""Reservations follow what may still be executed: of an order, and of those that it replaced while nobody knows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.state import AccountState
from risk.working import REPLACED_MAX
from schemas.commands import BreakerKind, BreakerLevel, Kill, Scope, TripBreaker
from schemas.decisions import Decision, Status
from schemas.orders import CloseReason, OrderClosed, OrderReplace
from schemas.reasons import Reason
from tests.risk.world import LOOSE, World, calm_market

MARKET = calm_market()
REJECTED, CANCELLED = CloseReason.REJECTED, CloseReason.CANCELLED


def replacing(original: str, quantity: int, **fields: Any) -> OrderReplace:
    """A replace whose id is that of its original with a stroke."""
    defaults: dict[str, Any] = {"order_id": f"{original}'", "account_id": "acc", "event_time_ns": 1}
    return OrderReplace(original_order_id=original, quantity=Decimal(quantity), **defaults | fields)


def close(world: World, order_id: str, reason: CloseReason) -> None:
    world.send(OrderClosed(order_id=order_id, account_id="acc", reason=reason, event_time_ns=1))


def account_of(world: World) -> AccountState:
    return world.engine.state.accounts["acc"]


def bought(world: World) -> Decimal:
    """What working buys of AAA reserve."""
    return account_of(world).holdings["AAA"].working_buy


def replaced(first: int, second: int) -> World:
    """Order ``a`` and its replace ``a'``, both approved."""
    world = World(market=MARKET)
    world.judge(world.order(order_id="a", quantity=first))
    assert world.judge(replacing("a", second)).status is Status.APPROVED
    return world


@pytest.mark.parametrize(("first", "second"), [(100, 140), (100, 40)])
def test_a_replace_that_the_venue_refuses_leaves_its_original(first: int, second: int) -> None:
    """The larger of the two is reserved until then; afterwards the original works as before, and its close ends it."""
    world = replaced(first, second)
    assert bought(world) == max(first, second)
    close(world, "a'", REJECTED)
    assert bought(world) == first
    assert list(account_of(world).working) == ["a"]
    close(world, "a", CANCELLED)
    assert (bought(world), account_of(world).working, account_of(world).successors) == (0, {}, {})


def test_fills_of_the_original_count_against_its_replace() -> None:
    """They were executed before the venue took the replace: less is left of both."""
    world = replaced(100, 140)
    world.fill(quantity=30, order_id="a")
    assert bought(world) == 110
    close(world, "a'", REJECTED)
    assert bought(world) == 70
    world.fill(quantity=70, order_id="a")
    assert (bought(world), account_of(world).working) == (0, {})


def test_a_fill_of_the_replace_ends_its_original() -> None:
    """It is live, so what it replaced holds nothing more; a refusal afterwards brings nothing back."""
    world = replaced(100, 40)
    world.fill(quantity=10, order_id="a'")
    assert (bought(world), account_of(world).successors) == (30, {})
    close(world, "a'", REJECTED)
    assert bought(world) == 0


def test_a_close_of_the_original_leaves_the_replace_what_it_works_itself() -> None:
    """Whether the venue took the replace or will refuse it, the original is gone."""
    world = replaced(100, 40)
    close(world, "a", CANCELLED)
    assert bought(world) == 40
    close(world, "a'", REJECTED)
    assert bought(world) == 0


def test_a_chain_of_replaces_goes_back_one_by_one() -> None:
    """Each refusal brings back the order before it; one in the middle was never live."""
    world = replaced(100, 40)
    world.judge(replacing("a'", 60))
    close(world, "a'", REJECTED)
    assert bought(world) == 100
    close(world, "a''", REJECTED)
    assert (bought(world), list(account_of(world).working)) == (100, ["a"])


def test_a_chain_of_replaces_is_bounded() -> None:
    """A quoting algorithm that replaces for ever leaves no more than a few orders behind the one that works."""
    world, name = World(market=MARKET), "a"
    world.judge(world.order(order_id=name, quantity=100))
    for _ in range(3 * REPLACED_MAX):
        world.judge(replacing(name, 50))
        name += "'"
    working = account_of(world).working
    assert list(working) == [name]
    assert len(working[name].replaced) == len(account_of(world).successors) == REPLACED_MAX
    assert bought(world) == 50


def test_a_replace_keeps_what_it_does_not_state() -> None:
    """Prices, type, strategy and trader of the original, and that it is reduce-only."""
    world = World(market=MARKET)
    world.fill("AAA", quantity=200)
    world.judge(
        world.order(
            order_id="a",
            side="sell",
            quantity=50,
            reduce_only=True,
            order_type="limit",
            limit_price=Decimal(101),
            strategy_id="algo",
            trader_id="kim",
        )
    )
    before = account_of(world).working["a"].terms
    assert world.judge(replacing("a", 500)).reason is Reason.ORDER_NOT_REDUCING
    assert world.judge(replacing("a", 60, order_id="b", trader_id="lee")).status is Status.APPROVED
    assert account_of(world).working["b"].terms == msgspec.structs.replace(before, trader_id="lee")


@pytest.mark.parametrize("scope", [Scope.STRATEGY, Scope.TRADER])
@pytest.mark.parametrize("stated", [{}, {"strategy_id": "other", "trader_id": "other"}])
def test_a_kill_switch_stops_replaces_of_what_it_stops(scope: Scope, stated: dict[str, str]) -> None:
    """A replace is an order of its original's strategy and trader, whatever it says itself."""
    world = World(market=MARKET)
    world.judge(world.order(order_id="a", strategy_id="x", trader_id="x"))
    world.send(Kill(command_id="k", scope=scope, scope_id="x", author="m", event_time_ns=1))
    assert world.judge(replacing("a", 5000, **stated)).reason is Reason.KILL_SWITCH_ACTIVE


@pytest.mark.parametrize(
    ("side", "terms", "replace", "reducing"),
    [
        ("buy", {"limit_price": "99"}, {"quantity": 50}, True),
        ("buy", {"limit_price": "99"}, {"quantity": 50, "limit_price": "98"}, True),
        ("buy", {"limit_price": "99"}, {"quantity": 50, "limit_price": "99.5"}, False),
        ("buy", {"limit_price": "99"}, {"quantity": 100}, False),
        ("buy", {"limit_price": "96"}, {"quantity": 100, "limit_price": "104"}, False),
        ("buy", {}, {"quantity": 50, "limit_price": "99"}, False),
        ("sell_short", {"limit_price": "101"}, {"quantity": 50, "limit_price": "102"}, True),
        ("sell_short", {"limit_price": "101"}, {"quantity": 50, "limit_price": "100"}, False),
        ("buy", {"stop_price": "103"}, {"quantity": 50, "stop_price": "104"}, True),
        ("buy", {"stop_price": "103"}, {"quantity": 50, "stop_price": "102"}, False),
    ],
)
def test_a_replace_reduces_if_less_is_worked_at_prices_as_hard_to_reach(
    side: str, terms: dict[str, str], replace: dict[str, Any], reducing: bool
) -> None:
    """While the account is halted, an opening order may be made smaller, and neither kept nor brought nearer."""
    world = World(market=MARKET)
    world.sweep()
    kind = {"limit_price": "limit", "stop_price": "stop"}.get(next(iter(terms), ""), "market")
    prices = {name: Decimal(price) for name, price in terms.items()}
    world.judge(world.order(order_id="a", side=side, order_type=kind, **prices))
    world.send(
        TripBreaker(
            command_id="t",
            account_id="acc",
            breaker=BreakerKind.DAILY_LOSS,
            level=BreakerLevel.HALTED,
            author="m",
            event_time_ns=1,
        )
    )
    fields = {name: Decimal(price) for name, price in replace.items() if name != "quantity"}
    decision = world.judge(replacing("a", replace["quantity"], **fields))
    assert decision.reducing is reducing
    assert decision.reason is (Reason.APPROVED if reducing else Reason.BREAKER_HALTED)


def test_a_resting_order_may_shrink_wherever_the_market_went() -> None:
    """The collar is for prices that a message names, and a replace that names none was passed before."""
    world = World(market=MARKET)
    world.judge(world.order(order_id="a", order_type="limit", limit_price=Decimal(96)))
    world.tighten(price_collar_max=0.01)
    assert world.judge(replacing("a", 50, limit_price=Decimal(96))).reason is Reason.PRICE_COLLAR_EXCEEDED
    assert world.judge(replacing("a", 50, order_id="b")).status is Status.APPROVED


def test_an_id_that_works_is_not_used_again() -> None:
    """Long after its decision was forgotten an order may still be live, or be behind its replace."""
    world = replaced(100, 140)
    world.engine.state.recent.clear()
    for order_id in ("a", "a'"):
        assert world.judge(world.order(order_id=order_id, quantity=1)).reason is Reason.ORDER_ID_REUSED
        world.engine.state.recent.clear()
    assert world.judge(replacing("a'", 10, order_id="a")).reason is Reason.ORDER_ID_REUSED
    assert bought(world) == 140


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["order", "replace", "replace", "fill", "close", "reject", "forget"]),
        st.sampled_from(["AAA", "BBB"]),
        st.sampled_from(["buy", "sell", "sell_short"]),
        st.integers(1, 300),
    ),
    max_size=30,
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_what_works_adds_up(steps: list[tuple[str, str, str, int]]) -> None:
    """After any sequence the reservations of each symbol and side are those of its working orders, ids used again and
    messages for ids long gone included."""
    world, ids = World(LOOSE, market=MARKET), ["o1"]
    account = account_of(world)
    for kind, symbol, side, size in steps:
        target = ids[size % len(ids)]
        if kind == "order":
            ids.append(f"o{size % 20}")
            world.judge(world.order(symbol, side, size, order_id=ids[-1]))
        elif kind == "replace":
            ids.append(f"r{size % 20}")
            world.judge(replacing(target, size, order_id=ids[-1]))
        elif kind == "fill":
            world.fill(symbol, side, size, order_id=target)
        elif kind == "forget":
            world.engine.state.recent.clear()
        else:
            close(world, target, REJECTED if kind == "reject" else CANCELLED)
        _check(account)


def _check(account: AccountState) -> None:
    for symbol, holding in account.holdings.items():
        sides: dict[bool, Decimal] = {True: Decimal(0), False: Decimal(0)}
        for working in account.working.values():
            if working.symbol == symbol:
                sides[working.side == "buy"] += working.reserved
        assert (holding.working_buy, holding.working_sell) == (sides[True], sides[False])
    behind = {old: name for name, working in account.working.items() for old in working.replaced}
    assert behind == account.successors
    assert not behind.keys() & account.working.keys()


def test_a_replace_of_what_is_unknown_says_so() -> None:
    """Of an order that ended, or of one that was replaced already."""
    world = replaced(100, 140)
    for original in ("never", "a"):
        decision: Decision = world.judge(replacing(original, 10, order_id=f"new {original}"))
        assert decision.reason is Reason.ORDER_UNKNOWN
        assert decision.recommendations == (
            "check the name, or define it before it is used: the order to be replaced is not working",
        )
