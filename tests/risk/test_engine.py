"""Deciding and changing: pure, repeatable, foldable."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from risk.apply import apply
from risk.market import MarketState
from risk.state import PartitionState, decode_state, encode_state
from schemas.codec import decode_body, encode
from schemas.commands import Scope, SetLimits, Unkill
from schemas.decisions import Status
from schemas.orders import CloseReason, OrderCancel, OrderClosed, OrderReplace
from schemas.presets import PRESETS
from schemas.reasons import Reason
from tests.risk.world import LOOSE, NOW_NS, World, calm_market, instrument

MARKET = calm_market()
KINDS = ["order", "fill", "close", "replace", "cancel", "move", "limits"]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.sampled_from(["AAA", "BBB", "CCC", "ZZZ"]),
        st.sampled_from(["buy", "sell", "sell_short"]),
        st.integers(1, 5000),
    ),
    max_size=25,
)


def closed(order_id: str) -> OrderClosed:
    return OrderClosed(order_id=order_id, account_id="acc", reason=CloseReason.CANCELLED, event_time_ns=1)


def drive(world: World, steps: list[tuple[str, str, str, int]]) -> None:
    """Play a random sequence of inputs and market moves."""
    for kind, symbol, side, size in steps:
        target = f"o{1 + size % max(1, world.orders)}"
        if kind == "order":
            world.judge(world.order(symbol, side, size))
        elif kind == "fill":
            world.fill(symbol, side, size, price=100 + size % 7, order_id=target)
        elif kind == "close":
            world.send(closed(target))
        elif kind == "replace":
            world.send(
                OrderReplace(
                    order_id=f"r{world.orders}-{size}",
                    original_order_id=target,
                    account_id="acc",
                    quantity=Decimal(size),
                    event_time_ns=1,
                )
            )
        elif kind == "cancel":
            world.send(
                OrderCancel(
                    order_id=f"c{world.orders}-{size}", original_order_id=target, account_id="acc", event_time_ns=1
                )
            )
        elif kind == "move":
            world.move("AAA", 100.0 + (size % 41) - 20)
            world.sweep()
        else:
            world.send(
                SetLimits(
                    command_id="l",
                    scope=Scope.FIRM,
                    scope_id="firm",
                    author="m",
                    event_time_ns=1,
                    changes={"order_quantity_max": float(size)},
                )
            )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_folding_the_records_gives_the_state_bit_by_bit(steps: list[tuple[str, str, str, int]]) -> None:
    """Records alone, taken through their bytes and without any market, rebuild the state exactly."""
    world = World(market=calm_market())
    drive(world, steps)
    folded = PartitionState()
    for body in world.records:
        apply(folded, decode_body(encode(body)))
    assert encode_state(folded) == world.fingerprint
    assert encode_state(decode_state(world.fingerprint)) == world.fingerprint


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_the_same_events_give_the_same_bytes(steps: list[tuple[str, str, str, int]]) -> None:
    """Two runs over the same inputs write the same journal."""
    journals = []
    for _ in range(2):
        world = World(market=calm_market())
        drive(world, steps)
        journals.append([encode(body) for body in world.records])
    assert journals[0] == journals[1]


def test_two_orders_in_flight_never_use_the_same_room() -> None:
    """An approval reserves at once: the second order of the same size finds the room taken until a close frees it."""
    world = World(msgspec.structs.replace(LOOSE, position_value_max=15_000.0))
    first = world.judge(world.order(quantity=100))
    assert first.status is Status.APPROVED
    assert world.judge(world.order(quantity=100)).reason is Reason.POSITION_VALUE_EXCEEDED
    world.send(closed(first.order_id))
    assert world.judge(world.order(quantity=100)).status is Status.APPROVED


def test_a_fill_converts_its_reservation() -> None:
    """Position and what is still working never count the same shares twice."""
    world = World()
    order = world.judge(world.order(quantity=100))
    world.fill(quantity=60, order_id=order.order_id)
    holding = world.engine.state.accounts["acc"].holdings["AAA"]
    assert (holding.quantity, holding.working_buy) == (60, 40)
    world.fill(quantity=40, order_id=order.order_id)
    assert (holding.quantity, holding.working_buy) == (100, 0)
    assert not world.engine.state.accounts["acc"].working


def test_the_same_order_id_gives_the_same_answer() -> None:
    """A repeat is answered as before, reserves nothing more, and is marked."""
    world = World()
    order = world.order()
    first, again = world.judge(order), world.judge(order)
    assert (again.status, again.reason, again.repeat) == (first.status, first.reason, True)
    assert world.engine.state.accounts["acc"].holdings["AAA"].working_buy == 100


def test_an_unknown_account_is_scored_by_the_market_alone() -> None:
    """Two engines with the same market give the same score, live or offline; without a market nothing has room."""
    first, second, bare = World(), World(), World(market=MarketState())
    scores = [world.judge(world.order(account_id="nobody")).score for world in (first, second, bare)]
    assert scores[0] == scores[1] > 0.0
    assert scores[2] == 0.0


def test_a_dry_run_reserves_nothing() -> None:
    """What would be decided, and nothing else: the same id may be sent for real afterwards."""
    world = World()
    before = world.fingerprint
    asked = world.engine.decide(world.order(order_id="x", dry_run=True), world.now_ns)[-1]
    world.keep(asked)
    assert world.fingerprint == before
    assert world.judge(world.order(order_id="x")).status is Status.APPROVED


def test_the_largest_approvable_quantity_passes_and_is_nearly_tight() -> None:
    """Of a refused order, what is named as approvable is approved, and little more is not."""
    world = World(msgspec.structs.replace(LOOSE, order_value_max=50_000.0))
    refused = world.judge(world.order(quantity=10_000))
    assert refused.reason is Reason.ORDER_VALUE_EXCEEDED
    assert 480 <= refused.max_quantity <= 500
    assert f"reduce the quantity to {refused.max_quantity} or less" in refused.recommendations
    assert world.judge(world.order(quantity=refused.max_quantity)).status is Status.APPROVED


def test_a_replace_needs_room_for_its_increase_only() -> None:
    """The new order takes over the old one's reservation; growing is judged, shrinking passes."""
    world = World(msgspec.structs.replace(LOOSE, position_value_max=15_000.0))
    world.judge(world.order(order_id="a", quantity=100))
    grow = OrderReplace(order_id="b", original_order_id="a", account_id="acc", quantity=Decimal(200), event_time_ns=1)
    assert world.judge(grow).reason is Reason.POSITION_VALUE_EXCEEDED
    fits = OrderReplace(order_id="c", original_order_id="a", account_id="acc", quantity=Decimal(140), event_time_ns=1)
    assert world.judge(fits).status is Status.APPROVED
    assert world.engine.state.accounts["acc"].holdings["AAA"].working_buy == 140
    assert list(world.engine.state.accounts["acc"].working) == ["c"]


def test_the_most_restrictive_of_account_desk_and_firm_wins() -> None:
    """A ceiling over a desk or the firm tightens every account under it, names a new version, and never loosens."""
    world = World(msgspec.structs.replace(LOOSE, order_quantity_max=500.0), desk_id="d")
    version = world.judge(world.order()).limits_version
    for scope, name, value in ((Scope.FIRM, "firm", 300.0), (Scope.DESK, "d", 900.0)):
        world.send(
            SetLimits(
                command_id=name,
                scope=scope,
                scope_id=name,
                author="m",
                event_time_ns=1,
                changes={"order_quantity_max": value},
            )
        )
    refused = world.judge(world.order(quantity=301))
    assert refused.reason is Reason.ORDER_QUANTITY_EXCEEDED
    assert refused.layers[0].limit == 300.0
    assert refused.limits_version > version


def test_orders_pass_again_after_unkill() -> None:
    """A kill switch ends by the command that names it."""
    world = World()
    world.engine.state.kills["account:acc"] = "k"
    assert world.judge(world.order()).reason is Reason.KILL_SWITCH_ACTIVE
    world.send(Unkill(command_id="u", scope=Scope.ACCOUNT, scope_id="acc", author="m", event_time_ns=1))
    assert world.judge(world.order()).status is Status.APPROVED


def test_a_fill_that_nobody_can_value_blocks_until_it_can() -> None:
    """A fill in an unknown symbol is kept; the account is closed to new risk until the instrument is known."""
    world = World()
    world.fill("GHOST", quantity=10, price=5)
    assert world.judge(world.order()).reason is Reason.PORTFOLIO_UNVALUED
    world.define(instrument("GHOST"))
    assert world.engine.state.accounts["acc"].cash["USD"] == 1_000_000 - 50
    assert world.engine.state.accounts["acc"].holdings["GHOST"].quantity == 10


def test_every_number_of_an_approval_is_explained() -> None:
    """An approved decision carries ten layers with measures, the mark it used, a score, and its reservation."""
    world = World(PRESETS["standard"].limits)
    decision: Any = world.judge(world.order(quantity=100))
    assert decision.status is Status.APPROVED
    assert decision.marks[0].price == 100.0
    assert decision.marks[0].event_time_ns == NOW_NS
    assert decision.reservation.quantity == 100
    assert 0 < decision.score <= 100
    assert decision.max_quantity == 100
    assert all(layer.measure is not None and layer.limit is not None for layer in decision.layers)
