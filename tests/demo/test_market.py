"""The demo's market: ordered, deterministic, real at every close, and without end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import islice, pairwise
from pathlib import Path

import pytest

from riskstream.demo import history, reference
from riskstream.demo.market import Market, Session
from schemas.base import Event
from schemas.codec import decode_input, encode
from schemas.market import Bar, IndexLevel, Quote

LOADED = history.load()


def market(seed: int = 1, steps: int = 4) -> Market:
    """A market of the demo's instruments."""
    return Market(LOADED, reference.instruments(), seed, steps)


def events_of(session: Session) -> list[Event]:
    """All market data of a session."""
    return [*(event for step in session.steps for event in step.events), *session.bars]


def times(events: Iterable[Event]) -> list[int]:
    """Event times."""
    return [event.event_time_ns for event in events]  # type: ignore[attr-defined]


def written(sessions: Iterable[Session]) -> bytes:
    """The bytes of all events."""
    return b"\n".join(encode(event) for session in sessions for event in events_of(session))


def test_same_seed_same_bytes() -> None:
    """The same seed gives the same bytes, another seed others."""
    first, again, other = (written(islice(market(seed).sessions(), 5)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("start", [date(2020, 2, 1), date(2022, 12, 20)])
def test_event_time_order(start: date) -> None:
    """Event times never go back, within a day, from day to day and past the end of the data."""
    played = [time for session in islice(market().sessions(start), 40) for time in times(events_of(session))]
    assert played == sorted(played)


def test_warm_up_ends_where_play_begins() -> None:
    """The warm-up is one bar a symbol and day from 2018 on, in order, and all before the first session."""
    days = list(market().warm_up())
    flat = [time for day in days for time in times(day)]
    first = next(iter(market().sessions()))
    assert all(sum(isinstance(event, Bar) for event in day) == 20 for day in days)
    assert len(days) > 500
    assert flat == sorted(flat)
    assert flat[-1] < first.steps[0].time_ns


def test_closes_are_the_real_ones() -> None:
    """The last step and the bar of a day have the file's close, to the tick; steps between are generated."""
    session = next(iter(market().sessions(date(2020, 3, 16))))
    real = LOADED.closes[LOADED.position(session.date)]
    bars = {bar.symbol: bar for bar in session.bars if isinstance(bar, Bar)}
    for symbol, close in zip(LOADED.symbols, real, strict=True):
        assert abs(float(session.steps[-1].prices[symbol]) - close) <= 0.005 + 1e-9
        assert bars[symbol].close == session.steps[-1].prices[symbol]
        assert all(bars[symbol].low <= step.prices[symbol] <= bars[symbol].high for step in session.steps)


def test_every_step_has_trade_quote_and_indices() -> None:
    """Each step has a trade and a quote of every symbol around its price, the VIX and the S&P 500."""
    for step in next(iter(market().sessions())).steps:
        quotes = {event.symbol: event for event in step.events if isinstance(event, Quote)}
        assert set(quotes) == set(LOADED.symbols)
        assert {event.symbol for event in step.events if isinstance(event, IndexLevel)} == {"VIX", "SPX"}
        assert all(quotes[symbol].bid < price < quotes[symbol].ask for symbol, price in step.prices.items())


def test_goes_on_after_the_data() -> None:
    """After 2022-12-28 come Mondays to Fridays, with the returns since 2018 chained on to the last prices."""
    sessions = list(islice(market().sessions(date(2022, 12, 27)), 8))
    assert [session.date.weekday() for session in sessions] == [1, 2, 3, 4, 0, 1, 2, 3]
    first = LOADED.position(date(2018, 1, 1))
    column = LOADED.symbols.index("MSFT")
    growth = LOADED.closes[first, column] / LOADED.closes[first - 1, column]
    expected = LOADED.closes[-1, column] * growth
    assert float(sessions[2].steps[-1].prices["MSFT"]) == pytest.approx(expected, abs=0.01)


def test_no_jump_between_laps() -> None:
    """Nowhere in two laps does a price move by more than half in a day."""
    closes = [session.steps[-1].prices for session in islice(market(steps=1).sessions(date(2022, 1, 1)), 1600)]
    worst = max(abs(after[symbol] / before[symbol] - 1) for before, after in pairwise(closes) for symbol in after)
    assert worst < Decimal("0.5")


def test_events_travel() -> None:
    """Every event survives being written and read again."""
    for event in events_of(next(iter(market().sessions()))):
        assert decode_input(encode(event)) == event


def test_reading_is_light() -> None:
    """The market needs no pandas: it would cost the demo's start more than reading the data does."""
    code = "import sys, riskstream.demo.script; riskstream.demo.script.cast(); assert 'pandas' not in sys.modules"
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], timeout=30, cwd=root).returncode == 0
