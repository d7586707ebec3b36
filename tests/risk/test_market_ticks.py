"""Prices, levels and rates that are not believed at once, and times that are not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.market import MarketConfig, MarketState
from schemas.market import Mark, MarkKind
from schemas.reasons import Reason
from tests.risk.test_market import DAY_NS, NOW_NS, bar, fingerprint, mark, quote
from tests.risk.world import World
from tests.risk.world import mark as quoted

SECOND_NS = 1_000_000_000
RATE: dict[str, Any] = {"symbol": "EUR/USD", "kind": MarkKind.FX}
LEVEL: dict[str, Any] = {"symbol": "VIX", "kind": MarkKind.INDEX}
BEYOND = [
    ("mark_beyond_bound", {}, "100", "1000000"),
    ("mark_beyond_bound", {}, "100", "0.01"),
    ("mark_beyond_bound", {}, "100", "151"),
    ("mark_split_like", {}, "100", "67"),
    ("mark_beyond_bound", RATE, "1.10", "1.33"),
    ("mark_beyond_bound", RATE, "1.10", "0.0110"),
    ("mark_beyond_bound", LEVEL, "15", "1500"),
    ("mark_beyond_bound", LEVEL, "15", "0.15"),
]


def market(fields: dict[str, Any], price: str) -> MarketState:
    state = MarketState()
    state.apply_mark(mark(price=price, **fields))
    return state


@pytest.mark.parametrize(("reason", "fields", "good", "bad"), BEYOND)
def test_a_single_bad_tick_changes_nothing(reason: str, fields: dict[str, Any], good: str, bad: str) -> None:
    """The state is that from before it, which grows old; the next good tick is taken as if nothing had been."""
    state = market(fields, good)
    before = fingerprint(state)
    assert state.apply_mark(mark(price=bad, time_ns=NOW_NS + 5 * SECOND_NS, **fields)) == reason
    assert fingerprint(state) == before
    assert state.refused == {reason: 1}
    assert state.apply_mark(mark(price=good, time_ns=NOW_NS + 6 * SECOND_NS, **fields)) is None


@pytest.mark.parametrize(
    ("fields", "before", "after"), [({}, "100", "130"), ({}, "100", "80"), (RATE, "1.1", "1.2"), (LEVEL, "15", "37")]
)
def test_what_markets_do_is_taken_at_once(fields: dict[str, Any], before: str, after: str) -> None:
    """A crash of a fifth, a takeover, a devaluation, a VIX that more than doubles."""
    assert market(fields, before).apply_mark(mark(price=after, time_ns=NOW_NS + 1, **fields)) is None


@pytest.mark.parametrize(("reason", "fields", "good", "gap"), BEYOND)
def test_a_real_gap_is_taken_once_it_is_confirmed(reason: str, fields: dict[str, Any], good: str, gap: str) -> None:
    """Three marks over a second: neither three within it nor two beyond it are enough."""
    state = market(fields, good)
    for after_ns in (1, 2, 3, SECOND_NS):
        assert state.apply_mark(mark(price=gap, time_ns=NOW_NS + after_ns, **fields)) == reason
    assert state.apply_mark(mark(price=gap, time_ns=NOW_NS + SECOND_NS + 1, **fields)) is None
    two = market(fields, good)
    for after_ns in (1, 5 * SECOND_NS):
        assert two.apply_mark(mark(price=gap, time_ns=NOW_NS + after_ns, **fields)) == reason


def test_a_mark_that_is_delivered_again_confirms_nothing() -> None:
    """The same time again is the same mark again."""
    state = market({}, "100")
    state.apply_mark(mark(price="900", time_ns=NOW_NS + 1))
    for _ in range(9):
        assert state.apply_mark(mark(price="900", time_ns=NOW_NS + 5 * SECOND_NS)) == "mark_beyond_bound"


def test_wild_marks_never_confirm_each_other() -> None:
    """Marks that agree with nothing are not believed, however many there are."""
    state = market({}, "100")
    for number in range(40):
        state.apply_mark(mark(price=str(10.0 ** (number % 3 * 2 + 4)), time_ns=NOW_NS + number * SECOND_NS))
    assert state.price[0] == 100.0
    assert state.price_time_ns[0] == NOW_NS


def test_the_first_price_is_held_against_the_last_close() -> None:
    """After a restart a bad mark is all that is left of the marks; the bars know better."""
    state = MarketState()
    state.apply_bar(bar("AAA", 100.0, NOW_NS - DAY_NS))
    assert state.apply_mark(mark(price="1000000")) == "mark_beyond_bound"
    assert state.apply_mark(mark(price="101", time_ns=NOW_NS + 1)) is None


def test_bounds_are_settings() -> None:
    """Each kind has its own."""
    state = MarketState(MarketConfig(mark_return_max=0.1, mark_confirmations=2, mark_confirm_ns=0))
    state.apply_mark(mark())
    assert state.apply_mark(mark(price="111", time_ns=NOW_NS + 1)) == "mark_beyond_bound"
    assert state.apply_mark(mark(price="111", time_ns=NOW_NS + 2)) is None


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.9, 1.1), min_size=2, max_size=20), st.integers(0, 18), st.floats(-6, 8))
def test_one_bad_tick_anywhere_leaves_no_trace(moves: list[float], where: int, magnitude: float) -> None:
    """With it or without it, the marks after it lead to the same state, bit by bit."""
    clean, dirty, price = MarketState(), MarketState(), 100.0
    for number, move in enumerate(moves):
        price *= move
        for state in (clean, dirty):
            state.apply_mark(mark(price=f"{price:.6f}", time_ns=NOW_NS + number * SECOND_NS))
        bad = f"{10.0**magnitude:.6f}"
        if number == where and dirty.apply_mark(mark(price=bad, time_ns=NOW_NS + number * SECOND_NS + 1)) is None:
            return  # within the bound: not bad
    assert fingerprint(clean) == fingerprint(dirty)


def test_a_price_that_is_not_believed_ends_in_a_refusal() -> None:
    """Until it is confirmed the last good price is used, and no longer than a price may be."""
    world = World(market=MarketState())
    for number in range(12):
        world.now_ns += SECOND_NS
        world.engine.market.apply_mark(quoted("BBB", 100.0, world.now_ns, number))
        world.engine.market.apply_mark(quoted("AAA", 100.0 if not number else 10.0**number, world.now_ns, number))
    assert world.engine.market.price[1] == 100.0
    assert world.judge(world.order("AAA")).reason is Reason.PRICE_STALE


def far(symbol: str, time_ns: int = NOW_NS + 400 * DAY_NS, **fields: Any) -> Mark:
    return mark(symbol, time_ns=time_ns, **fields)


def test_one_mark_from_the_far_future_moves_no_clock() -> None:
    """Neither by its price's time nor by its quote's; the marks after it are taken."""
    state = market({}, "100")
    before = fingerprint(state)
    assert state.apply_mark(far("AAA")) == "mark_time_jump"
    assert state.apply_mark(mark(price=None, **quote("99", "101", NOW_NS + 400 * DAY_NS))) == "mark_time_jump"
    assert fingerprint(state) == before
    assert state.feed_time_ns == NOW_NS
    assert state.apply_mark(mark(time_ns=NOW_NS + 1)) is None
    assert state.apply_mark(far("BBB")) == "mark_time_jump"
    assert state.feed_time_ns == NOW_NS + 1


def test_time_goes_on_after_a_pause_when_three_marks_agree() -> None:
    """Of other symbols or of later times; the same one again does not count, and none of them is lost."""
    state = market({}, "100")
    later = NOW_NS + 400 * DAY_NS
    assert state.apply_mark(far("AAA")) == "mark_time_jump"
    assert state.apply_mark(far("AAA")) == "mark_time_jump"
    assert state.apply_mark(far("BBB", later + 1)) == "mark_time_jump"
    assert state.apply_mark(far("CCC", later + 2)) is None
    assert state.symbols == ["AAA", "BBB", "CCC"]
    assert state.price_time_ns.tolist() == [later, later + 1, later + 2]
    assert (state.now_ns, state.feed_time_ns) == (later + 2, later + 2)


def test_a_long_weekend_is_no_pause() -> None:
    """Five days are taken at once."""
    assert market({}, "100").apply_mark(mark(time_ns=NOW_NS + 5 * DAY_NS)) is None
