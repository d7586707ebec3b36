"""Quotes that are not believed at once: far from the last price, or far too wide."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.market import MarketConfig, MarketState
from schemas.decisions import Decision
from schemas.market import Mark
from schemas.reasons import Reason
from tests.risk.test_market import DAY_NS, NOW_NS, bar, fingerprint, mark, quote
from tests.risk.test_negative_prices import CL
from tests.risk.world import World, calm_market, instrument

SECOND_NS = 1_000_000_000
REFUSED = "quote_beyond_bound"
#: Far below, far above, one side only, both sides of a mid that is right.
STRAY = [("1", "1.02"), ("9000", "9001"), ("99", "9000"), ("0.01", "101"), ("1", "199"), ("66", "67")]


def only(bid: str, ask: str, time_ns: int) -> Mark:
    """A quote without a price of its own time: that of the last trade comes along, as the market agent sends it."""
    return mark(price="100", time_ns=NOW_NS, **quote(bid, ask, time_ns))


def market() -> MarketState:
    state = MarketState()
    state.apply_mark(only("99.99", "100.01", NOW_NS))
    return state


def quoted(state: MarketState) -> tuple[float, float, int]:
    return float(state.bid[0]), float(state.ask[0]), int(state.quote_time_ns[0]) - NOW_NS


@pytest.mark.parametrize(("bid", "ask"), STRAY)
def test_a_stray_quote_is_no_quote(bid: str, ask: str) -> None:
    """The last good one stays, with its time; the next good one is taken as if nothing had been; both are counted."""
    state = market()
    state.apply_mark(only(bid, ask, NOW_NS + SECOND_NS))
    assert quoted(state) == (99.99, 100.01, 0)
    assert state.refused == {REFUSED: 1}
    state.apply_mark(only("99.98", "100.02", NOW_NS + 2 * SECOND_NS))
    assert quoted(state) == (99.98, 100.02, 2 * SECOND_NS)


@pytest.mark.parametrize(("bid", "ask"), STRAY)
def test_a_stray_quote_holds_up_no_price(bid: str, ask: str) -> None:
    """What it comes with is taken; a mark of nothing but the quote is refused as a whole."""
    state, later_ns = market(), NOW_NS + SECOND_NS
    assert state.apply_mark(mark(price="101", time_ns=later_ns, version=7, **quote(bid, ask, later_ns))) is None
    assert (state.price[0], state.price_time_ns[0], state.mark_version[0]) == (101.0, later_ns, 7)
    assert quoted(state) == (99.99, 100.01, 0)
    before = fingerprint(state)
    assert state.apply_mark(mark(price=None, time_ns=later_ns, **quote(bid, ask, later_ns + 1))) == REFUSED
    assert fingerprint(state) == before
    assert state.refused == {REFUSED: 2}


@pytest.mark.parametrize(("bid", "ask"), STRAY)
def test_quotes_that_last_are_believed(bid: str, ask: str) -> None:
    """Three over a second, neither three within it nor the same one again; then all that are near them, and at once
    also the market's old ones again."""
    state = market()
    for after_ns in (1, 2, 3, SECOND_NS, SECOND_NS):
        state.apply_mark(only(bid, ask, NOW_NS + after_ns))
        assert quoted(state) == (99.99, 100.01, 0)
    for after_ns in (SECOND_NS + 1, SECOND_NS + 2):
        state.apply_mark(only(bid, ask, NOW_NS + after_ns))
        assert quoted(state) == (float(bid), float(ask), after_ns)
    state.apply_mark(only("99.98", "100.02", NOW_NS + 2 * SECOND_NS))
    assert quoted(state) == (99.98, 100.02, 2 * SECOND_NS)


def test_quotes_follow_a_price_that_was_confirmed() -> None:
    """At the mark that makes the price believed its quote is; what is near the old quotes still is as well."""
    state = market()
    for after_ns in (1, SECOND_NS, 2 * SECOND_NS):
        state.apply_mark(mark(price="300", time_ns=NOW_NS + after_ns, **quote("299", "301", NOW_NS + after_ns)))
    assert state.price[0] == 300.0
    assert quoted(state) == (299.0, 301.0, 2 * SECOND_NS)


def test_the_first_quote_is_held_against_the_last_close() -> None:
    """After a restart there are bars before there are marks; where there are none, the first quote is all there is."""
    state = MarketState()
    state.apply_bar(bar("AAA", 100.0, NOW_NS - DAY_NS))
    assert state.apply_mark(mark(price=None, **quote("1", "2", NOW_NS))) == REFUSED
    assert state.apply_mark(mark(price=None, **quote("99", "101", NOW_NS + 1))) is None
    assert MarketState().apply_mark(mark(price=None, **quote("1", "2", NOW_NS))) is None


def test_below_zero_quotes_are_held_to_distance() -> None:
    """Of a future whose price is negative: near it is believed, its mirror image is not."""
    state = MarketState()
    state.define(CL)
    price: dict[str, Any] = {"symbol": "CL", "price": "-37.63", "time_ns": NOW_NS}
    state.apply_mark(mark(**price, **quote("-37.7", "-37.6", NOW_NS)))
    state.apply_mark(mark(**price, **quote("37.6", "37.7", NOW_NS + 1)))
    assert quoted(state) == (-37.7, -37.6, 0)
    state.apply_mark(mark(**price, **quote("-40", "-36", NOW_NS + 2)))
    assert quoted(state) == (-40.0, -36.0, 2)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.9, 1.1), min_size=2, max_size=20), st.integers(0, 18), st.floats(-3, 6), st.floats(0, 6))
def test_one_stray_quote_anywhere_leaves_no_trace(moves: list[float], where: int, bid: float, wider: float) -> None:
    """With it or without it, the marks after it lead to the same state, bit by bit."""
    clean, dirty, price = MarketState(), MarketState(), 100.0
    for number, move in enumerate(moves):
        price *= move
        now_ns = NOW_NS + number * SECOND_NS
        good: dict[str, Any] = {"price": f"{price:.6f}", "time_ns": now_ns}
        for state in (clean, dirty):
            state.apply_mark(mark(**good, **quote(f"{price:.6f}", f"{1.001 * price:.6f}", now_ns)))
        if number == where:
            bad = quote(f"{10.0**bid:.6f}", f"{10.0 ** (bid + wider):.6f}", now_ns + 1)
            if dirty.apply_mark(mark(price=None, time_ns=now_ns, **bad)) is None:
                return  # within the bound: not stray
    assert fingerprint(clean) == fingerprint(dirty)


def spread(decision: Decision) -> float | None:
    return next(check.measure for check in decision.layers[3].checks if check.name == "spread")


def test_a_stray_quote_refuses_no_order_and_stops_no_account() -> None:
    """The spread, the cost of selling, equity and the breakers are as if it had not been; a market that stays as wide
    refuses."""
    world = World(market=calm_market(config=MarketConfig(garch_refit_bars=0)))
    world.define(instrument("AAA", version=2, spread_bps=None))
    world.fill("AAA", quantity=1000)
    world.sweep()
    before = world.judge(world.order(dry_run=True))
    for number in range(1, 4):
        world.now_ns += SECOND_NS
        fields = {"symbol": "AAA", "price": "100", "time_ns": world.now_ns, "version": number + 1}
        world.engine.market.apply_mark(mark(**fields, **quote("1", "199", world.now_ns)))
        assert world.sweep() == ()
        decision = world.judge(world.order(dry_run=True))
        if number < 3:
            assert (decision.reason, spread(decision)) == (Reason.APPROVED, spread(before))
            assert (decision.equity, decision.layers[6]) == (before.equity, before.layers[6])
    assert decision.reason is Reason.SPREAD_EXCEEDED
