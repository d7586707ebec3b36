"""Ticks that are none, at the edge and where they got past it."""

from __future__ import annotations

import time

import pytest

from risk.estimators.settings import MarketConfig
from risk.market import MarketState
from riskstream.settings import BadSetting, environment, load
from schemas.codec import encode
from schemas.topics import BARS, MARKS
from streams.broadcast import Broadcast, References
from streams.settings import Clock, StreamSettings
from streams.tick_check import FUTURE, PRICE, TickCheck
from tests.risk.test_market import DAY_NS, bar, mark
from tests.streams.test_conflate import trade

SECOND_NS = 1_000_000_000


def test_a_tick_ahead_of_the_clock_is_refused_with_what_was_seen_and_allowed() -> None:
    """At the bound it is taken; without a clock nothing is ahead of it."""
    check = TickCheck(5 * SECOND_NS, lambda: 100 * SECOND_NS, {"CL"}.__contains__)
    assert check.refusal(trade(1, 105 * SECOND_NS)) is None
    assert check.refusal(trade(1, 106 * SECOND_NS)) == (
        "`event_time_ns` is 106000000000, 6000 ms ahead of the clock, expected at most 5000 ms"
    )
    assert check.refused == {FUTURE: 1}
    assert TickCheck(5, None, {"CL"}.__contains__).refusal(trade(1, 2**63 - 1)) is None


def test_a_price_is_positive_unless_its_instrument_says_otherwise() -> None:
    """Trades, quotes and bars alike; what is refused says which price it was."""
    check = TickCheck(5, None, {"CL"}.__contains__)
    for symbol, text in (("AAA", "`price` is -37, expected more than 0: price_invalid"), ("CL", None)):
        assert check.refusal(trade(-37, 1, symbol=symbol)) == text
    assert check.refusal(bar("AAA", 0.0, 1)) == "`low` is 0.0, expected more than 0: price_invalid"
    assert check.refused == {PRICE: 2}


@pytest.mark.parametrize("clock", Clock)
def test_a_mark_from_the_far_future_survives_no_restart(clock: Clock) -> None:
    """One that is kept on the compacted topic is neither in the view nor where a symbol goes on."""
    market = MarketState()
    broadcast = Broadcast(StreamSettings(clock=clock), market, References())
    now_ns = time.time_ns()
    for event in (mark("AAA", time_ns=now_ns - 1), mark("BBB", time_ns=now_ns + 400 * DAY_NS)):
        broadcast._take(MARKS, encode(event))
    broadcast._take(MARKS, encode(mark("AAA", "101", now_ns)))
    assert (market.symbols, list(broadcast.marks), market.now_ns) == (["AAA"], ["AAA"], now_ns)
    assert broadcast.refused + market.refused == {FUTURE if clock is Clock.WALL else "mark_time_jump": 1}


def test_nor_does_a_bar() -> None:
    """With the wall clock, whatever its symbol says later."""
    market = MarketState()
    broadcast = Broadcast(StreamSettings(), market, References())
    broadcast._take(BARS, encode(bar("AAA", 100.0, time.time_ns() + DAY_NS)))
    assert (market.now_ns, broadcast.refused) == (0, {FUTURE: 1})


def test_an_event_from_the_far_future_does_not_move_the_event_clock() -> None:
    """Only the market does; without a market there is nothing but the events."""
    market = MarketState()
    assert market.clock_ns(7) == 7
    market.apply_mark(mark(time_ns=DAY_NS))
    assert market.clock_ns(7) == DAY_NS
    assert market.clock_ns(8 * DAY_NS) == 8 * DAY_NS
    assert market.clock_ns(8 * DAY_NS + 1) == DAY_NS


def test_the_market_view_has_settings() -> None:
    """JSON in a variable, handed on to child processes as it is; what is out of range is told at the start."""
    settings = load({"RISKSTREAM_MARKET": '{"future_max_ns": 7, "negative_price_symbols": ["CL"]}'})
    assert settings.stream.market == MarketConfig(future_max_ns=7, negative_price_symbols=("CL",))
    assert load(environment(settings)) == settings
    with pytest.raises(BadSetting, match=r"RISKSTREAM_MARKET is .*`return_max` is 2"):
        load({"RISKSTREAM_MARKET": '{"return_max": 2}'})
