"""The largest approvable quantity is approvable, and little more is not: over random books, limits, lots and orders."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from itertools import chain
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.exact import floor_to
from risk.market import MarketState
from schemas.decisions import Decision, Status
from schemas.limits import STANDARD, LimitSet
from schemas.orders import OrderReplace
from schemas.reasons import Reason
from tests.risk.world import LOOSE, SYMBOLS, World, calm_market, instrument

#: Limits that can refuse one size and allow another, and between what they are drawn.
BOUNDS = {
    "order_quantity_max": (1e2, 5e4),
    "order_value_max": (1e4, 3e6),
    "position_value_max": (1e4, 3e6),
    "sizing_multiple_max": (0.1, 3.0),
    "gross_exposure_max": (0.1, 3.0),
    "net_exposure_max": (0.05, 2.0),
    "leverage_max": (0.1, 3.0),
    "position_weight_max": (0.02, 1.0),
    "concentration_max": (0.05, 1.0),
    "sector_share_max": (0.05, 1.0),
    "marginal_var_max": (5e-3, 0.05),
    "component_var_max": (1e-3, 0.03),
    "effective_positions_min": (1.0, 4.0),
    "undiversified_exposure_max": (0.05, 1.0),
    "book_correlation_max": (0.05, 0.9),
    "sector_correlation_max": (0.05, 0.99),
    "cross_asset_correlation_max": (0.05, 0.99),
    "adv_share_max": (1e-4, 0.03),
    "liquidation_days_max": (1e-3, 0.2),
    "liquidation_cost_max": (1e-5, 1e-3),
    "liquidity_var_max": (2e-3, 0.05),
    "var_max": (2e-3, 0.05),
    "historical_var_max": (2e-3, 0.05),
    "expected_shortfall_max": (2e-3, 0.05),
    "var_increment_max": (1e-3, 0.02),
    "expected_shortfall_increment_max": (1e-3, 0.02),
    "stress_loss_max": (0.05, 0.6),
    "monte_carlo_loss_max": (0.01, 0.3),
    "monte_carlo_shortfall_max": (0.01, 0.3),
    "score_min": (1.0, 60.0),
}
LOTS = [Decimal(lot) for lot in ("0.1", "1", "10", "100")]


@cache
def market(twins: bool) -> MarketState:
    return calm_market(twins=twins)


@st.composite
def limit_sets(draw: st.DrawFn) -> LimitSet:
    """One to three tight limits among loose ones, or those of a preset."""
    if draw(st.integers(0, 4)) == 0:
        return msgspec.structs.replace(STANDARD, message_rate_max=1e6, analysis_age_max_ns=1e18)
    names = draw(st.sets(st.sampled_from(sorted(BOUNDS)), min_size=1, max_size=3))
    return msgspec.structs.replace(LOOSE, **{name: draw(st.floats(*BOUNDS[name])) for name in sorted(names)})


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A book of some of the four symbols, long and short, perhaps with an order at work."""
    world = World(limits=LOOSE, market=market(draw(st.booleans())))
    lot = draw(st.sampled_from(LOTS))
    for symbol in SYMBOLS:
        world.define(instrument(symbol, version=2, lot_size=lot))
        if held := draw(st.integers(-30, 30)):
            world.fill(symbol, "buy" if held > 0 else "sell", 100 * abs(held))
    if draw(st.booleans()):
        working = 100 * draw(st.integers(1, 10))
        world.judge(world.order(draw(st.sampled_from(sorted(SYMBOLS))), draw(st.sampled_from(SIDES)), working))
    world.tighten(**msgspec.structs.asdict(draw(limit_sets())))
    return world


SIDES = ["buy", "sell", "sell_short"]
QUANTITIES = st.builds(
    lambda size, times, odd: 100 * Decimal(size) * times + odd,
    st.integers(1, 600),
    st.sampled_from((1, 1, 100, 10**5)),
    st.sampled_from((Decimal(0), Decimal("0.05"))),
)


@settings(max_examples=150, deadline=None)
@given(worlds(), st.sampled_from(sorted(SYMBOLS)), st.sampled_from(SIDES), QUANTITIES)
def test_it_is_approved_in_whole_lots_and_little_more_is_not(
    world: World, symbol: str, side: str, quantity: Decimal
) -> None:
    """What is named passes when it is sent. Within a 1024th of it, or a lot, above it a size is refused, however much
    was asked for: the whole order, or one that was looked at."""

    def judge(size: Decimal) -> Decision:
        return world.judge(world.order(symbol, side, size, dry_run=True))

    asked = judge(quantity)
    largest, lot = asked.max_quantity, world.engine.state.instruments[symbol].lot_size
    assert (largest == quantity) == (asked.status is Status.APPROVED)
    assert largest % lot == 0 or largest == quantity
    if asked.status is Status.APPROVED or not largest:
        return
    assert judge(largest).status is Status.APPROVED
    step = max(lot, floor_to(largest / 1024, lot))
    above = {largest + floor_to(step * part / 8, lot) for part in range(1, 9)} | {largest + lot, quantity}
    sizes = chain(above, (largest + lot * count for count in range(1, int(step / lot) + 1)))
    assert any(judge(size).status is Status.REJECTED for size in sizes if largest < size <= largest + step)


@pytest.mark.parametrize("lot", ["0.1", "10"])
def test_a_limit_that_is_met_on_no_line_is_found_from_far_away(lot: str) -> None:
    """A VaR whose worst day changes with the size keeps lines on one side of where it meets its limit: the looks end
    with it all the same, near 3,880, and not short of it."""
    world = World(limits=LOOSE)
    for symbol, held in (("AAA", -1700), ("BBB", 800), ("CCC", -1300), ("DDD", 800)):
        world.define(instrument(symbol, version=2, lot_size=Decimal(lot)))
        world.fill(symbol, "buy" if held > 0 else "sell", abs(held))
    world.tighten(position_weight_max=0.5, historical_var_max=0.00900739834101329)
    asked = world.judge(world.order("DDD", "sell_short", 4_490_000_000, dry_run=True))
    step = max(Decimal(lot), floor_to(asked.max_quantity / 1024, Decimal(lot)))
    sizes = (asked.max_quantity, asked.max_quantity + step)
    statuses = [world.judge(world.order("DDD", "sell_short", size, dry_run=True)).status for size in sizes]
    assert statuses == [Status.APPROVED, Status.REJECTED]


def test_of_an_odd_lot_the_whole_lots_are_named() -> None:
    """All of them, where nothing but the odd part is refused."""
    world = World()
    world.define(instrument("AAA", version=2, lot_size=Decimal(100)))
    for quantity, largest in (("1000.5", 1000), ("199", 100), ("99", 0)):
        decision = world.judge(world.order(quantity=quantity, dry_run=True))
        assert (decision.reason, decision.max_quantity) == (Reason.ORDER_LOT_INVALID, largest)


def test_a_hedge_has_a_least_size() -> None:
    """A book that is too long: some is not enough, and too much makes it too short; what is named is between."""
    world = World()
    world.fill("BBB", "buy", 5000)
    world.tighten(net_exposure_max=0.3)
    asked = world.judge(world.order("AAA", "sell_short", 10_000, dry_run=True))
    assert asked.reason is Reason.NET_EXPOSURE_EXCEEDED
    assert asked.max_quantity == pytest.approx(8000, abs=10)
    for quantity, approved in ((1, False), (2500, True), (asked.max_quantity, True), (8010, False)):
        decision = world.judge(world.order("AAA", "sell_short", quantity, dry_run=True))
        assert (decision.status is Status.APPROVED) == approved


def test_what_no_size_can_mend_names_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A volatility that is too high: the smallest order tells, and no other is looked at."""
    world, seen = World(), []
    world.tighten(volatility_max=1e-6)
    evaluate: Any = __import__("risk.largest", fromlist=["evaluate"]).evaluate
    monkeypatch.setattr("risk.largest.evaluate", lambda proposal: seen.append(proposal.quantity) or evaluate(proposal))
    assert world.judge(world.order(quantity=10_000)).max_quantity == 0
    assert seen == [1]


@pytest.mark.parametrize("asked", [20_000, 1_000_000, 10**7, 10**12])
@pytest.mark.parametrize(
    ("limit", "unit"),
    [("order_value_max", 100.0), ("position_value_max", 100.0), ("gross_exposure_max", 1e-4), ("adv_share_max", 1e-6)],
)
def test_it_does_not_depend_on_how_much_is_asked_for(asked: int, limit: str, unit: float) -> None:
    """Where 7,957 shares pass it names them, or a 1024th less, of whatever was asked for."""
    world = World()
    world.tighten(**{limit: 7957.5 * unit})
    found = world.judge(world.order(quantity=asked, dry_run=True)).max_quantity
    assert 7957 * (1 - 1 / 1024) <= found <= 7957


def test_few_sizes_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that grows with the quantity is met by a line: the lot, three parts, where it says, and the next."""
    world, seen = World(), []
    world.tighten(gross_exposure_max=0.0995)
    evaluate: Any = __import__("risk.largest", fromlist=["evaluate"]).evaluate
    monkeypatch.setattr("risk.largest.evaluate", lambda proposal: seen.append(proposal.quantity) or evaluate(proposal))
    assert world.judge(world.order(quantity=10_000)).max_quantity == 995
    assert seen == [1, 7500, 5000, 2500, 995, 996]


def test_of_a_replace_it_is_what_the_order_may_become() -> None:
    """The whole new quantity, of which what works already needs no new room."""
    world = World()
    world.judge(world.order(order_id="old", quantity=300))
    world.tighten(gross_exposure_max=0.05)
    replaced = {"account_id": "acc", "original_order_id": "old", "event_time_ns": world.now_ns}
    asked = world.judge(OrderReplace(order_id="new", quantity=Decimal(2000), **replaced))  # type: ignore[arg-type]
    assert asked.reason is Reason.GROSS_EXPOSURE_EXCEEDED
    assert asked.max_quantity == pytest.approx(500, abs=2)
    again = OrderReplace(order_id="newer", quantity=asked.max_quantity, **replaced)  # type: ignore[arg-type]
    assert world.judge(again).status is Status.APPROVED
