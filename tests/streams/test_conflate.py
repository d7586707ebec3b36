"""Ticks become marks at a pace; bars are never dropped; time never goes back."""

from __future__ import annotations

from decimal import Decimal

from risk.estimators.time_guard import TimeGuard
from schemas.market import Bar, FxRate, IndexLevel, MarkKind, Quote, Trade
from streams.conflate import Conflater

MINUTE_NS = 60_000_000_000


def trade(price: int, time_ns: int, quantity: int = 10, symbol: str = "AAA") -> Trade:
    return Trade(symbol=symbol, price=Decimal(price), quantity=Decimal(quantity), event_time_ns=time_ns)


def quote(bid: int, ask: int, time_ns: int) -> Quote:
    return Quote(symbol="AAA", bid=Decimal(bid), ask=Decimal(ask), event_time_ns=time_ns)


def test_many_ticks_make_one_mark() -> None:
    """A flush gives each changed symbol once: last price, best quote, volume since the last bar."""
    conflater = Conflater()
    for tick in (trade(100, 1), trade(101, 2), quote(99, 103, 3), trade(50, 1, symbol="BBB")):
        assert conflater.add(tick) == []
    first, second = conflater.flush()
    assert (first.price, first.bid, first.ask, first.volume) == (101, 99, 103, 20)
    assert (first.event_time_ns, first.quote_time_ns, first.version) == (2, 3, 3)
    assert second.symbol == "BBB"
    assert conflater.flush() == []


def test_a_bar_goes_out_at_once_and_starts_the_volume_anew() -> None:
    """What waits goes out before the bar; afterwards volume counts from zero."""
    conflater = Conflater()
    conflater.add(trade(100, 1))
    price = Decimal(100)
    bar = Bar(
        symbol="AAA", open=price, high=price, low=price, close=price, period_ns=MINUTE_NS, event_time_ns=MINUTE_NS
    )
    mark, out = conflater.add(bar)
    assert (mark.volume, out) == (10, bar)  # type: ignore[union-attr]
    conflater.add(trade(100, MINUTE_NS + 1, 3))
    assert conflater.flush()[0].volume == 3


def test_trades_build_bars_of_event_time() -> None:
    """With a period set, a trade of the next period closes the bar of the last one."""
    conflater = Conflater(bar_period_ns=MINUTE_NS)
    prints = ((10, 1), (14, 20), (9, 59), (11, 61))
    out = [conflater.add(trade(price, second * 1_000_000_000)) for price, second in prints]
    assert out[:3] == [[], [], []]
    bar = out[3][-1]
    assert isinstance(bar, Bar)
    assert (bar.open, bar.high, bar.low, bar.close, bar.volume) == (10, 14, 9, 9, 30)
    assert (bar.event_time_ns, bar.period_ns) == (MINUTE_NS, MINUTE_NS)


def test_a_tick_from_the_past_is_refused() -> None:
    """A print older than the mark changes nothing and is counted."""
    conflater = Conflater()
    conflater.add(trade(100, 10))
    conflater.flush()
    assert conflater.add(trade(50, 9)) == []
    assert conflater.flush() == []
    assert conflater.refused["out of order"] == 1


def test_a_bar_that_does_not_go_on_is_refused() -> None:
    """A bar of a time that the symbol already had is delivered again, not new."""
    conflater, price = Conflater(), Decimal(100)
    bar = Bar(
        symbol="AAA", open=price, high=price, low=price, close=price, period_ns=MINUTE_NS, event_time_ns=MINUTE_NS
    )
    assert conflater.add(bar) == [bar]
    assert conflater.add(bar) == []
    assert conflater.refused["out of order"] == 1


def test_a_late_trade_is_in_no_bar() -> None:
    """A print from the past within the open bar's time must not become its close."""
    conflater = Conflater(bar_period_ns=MINUTE_NS)
    for price, second in ((10, 30), (99, 20), (11, 61)):
        out = conflater.add(trade(price, second * 1_000_000_000))
    bar = out[-1]
    assert isinstance(bar, Bar)
    assert (bar.high, bar.close) == (10, 10)


def test_a_built_bar_starts_the_volume_anew() -> None:
    """The trade that closes a bar is the first of the next one."""
    conflater = Conflater(bar_period_ns=MINUTE_NS)
    conflater.add(trade(10, 1, 7))
    conflater.add(trade(10, MINUTE_NS, 3))
    (mark,) = conflater.flush()
    assert mark.volume == 3


def test_a_conflater_goes_on_where_others_were() -> None:
    """A symbol that was taken over keeps its quote, its volume and its version; what is older than its mark is late."""
    first = Conflater()
    for tick in (trade(100, 5), quote(99, 101, 6)):
        first.add(tick)
    (before,) = first.flush()
    second = Conflater(known={"AAA": before})
    second.add(trade(50, 4))
    second.add(trade(102, 7, 1))
    (after,) = second.flush()
    assert (after.price, after.bid, after.volume, after.version) == (102, 99, 11, before.version + 1)
    assert second.refused["out of order"] == 1


def test_indices_and_rates_are_marks_of_their_kind() -> None:
    """The VIX and exchange rates travel the same way, told apart by kind."""
    conflater = Conflater()
    conflater.add(IndexLevel(symbol="VIX", level=Decimal(20), event_time_ns=1))
    conflater.add(FxRate(base="EUR", quote="USD", rate=Decimal("1.1"), event_time_ns=1))
    assert [(m.symbol, m.kind) for m in conflater.flush()] == [("EUR/USD", MarkKind.FX), ("VIX", MarkKind.INDEX)]


def test_one_tick_from_the_far_future_does_not_end_its_symbol() -> None:
    """With a guard it waits, and is dropped by the next tick of now; that one is not late."""
    conflater = Conflater(guard=TimeGuard(10, 3))
    conflater.add(trade(100, 5))
    assert conflater.add(trade(900, 99)) == []
    conflater.add(trade(101, 6))
    assert [(mark.price, mark.event_time_ns) for mark in conflater.flush()] == [(101, 6)]
    assert conflater.refused == {"time jump": 1}


def test_a_replay_goes_on_after_a_pause() -> None:
    """Three ticks that agree, of other symbols or later times, are all taken, none of them lost."""
    conflater = Conflater(guard=TimeGuard(10, 3))
    conflater.add(trade(100, 5))
    for tick in (trade(102, 99), quote(101, 103, 99), trade(50, 100, symbol="BBB"), trade(103, 101)):
        conflater.add(tick)
    first, second = conflater.flush()
    assert (first.price, first.bid, first.event_time_ns, second.symbol) == (103, 101, 101, "BBB")


def test_a_conflater_that_takes_over_knows_the_time() -> None:
    """What others have marked says how late it is, so that not even its first tick can be from the far future."""
    first = Conflater()
    first.add(trade(100, 5))
    (before,) = first.flush()
    second = Conflater(known={"AAA": before}, guard=TimeGuard(10, 3))
    second.add(trade(50, 99))
    assert second.refused == {"time jump": 1}
