"""What market data may say, whoever's it is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from schemas.base import Event
from schemas.codec import BadPayload, decode, encode
from schemas.market import Bar, FxRate, IndexLevel, Mark, Quote, Trade
from schemas.topics import MARKS, TICKS

BELOW = Decimal("-37.63")
SOUND: tuple[Event, ...] = (
    Trade(symbol="CL", price=BELOW, quantity=Decimal(1), event_time_ns=1),
    Quote(symbol="CL", bid=BELOW, ask=Decimal(0), event_time_ns=1),
    Bar(symbol="CL", open=Decimal(0), high=Decimal(0), low=BELOW, close=BELOW, period_ns=1, event_time_ns=1),
    IndexLevel(symbol="VIX", level=Decimal(1), event_time_ns=1),
    FxRate(base="EUR", quote="USD", rate=Decimal(1), event_time_ns=1),
    Mark(symbol="CL", price=BELOW, event_time_ns=1, version=0),
)


@pytest.mark.parametrize("event", SOUND)
def test_prices_may_be_of_either_sign(event: Event) -> None:
    """Whether an instrument's may, only its reference data can say."""
    assert decode(MARKS if isinstance(event, Mark) else TICKS, encode(event)) == event


@pytest.mark.parametrize(
    ("event", "name", "value"),
    [
        (SOUND[0], "quantity", "-1"),
        (SOUND[0], "price", "1e15"),
        (SOUND[0], "price", "NaN"),
        (SOUND[1], "ask", "-38"),
        (SOUND[2], "high", "-38"),
        (SOUND[2], "volume", "-1"),
        (SOUND[3], "level", "0"),
        (SOUND[4], "rate", "-1"),
        (SOUND[5], "version", -1),
    ],
)
def test_what_nobody_can_mean_is_poison(event: Event, name: str, value: Any) -> None:
    """Negative volumes, versions and levels, crossed quotes, numbers out of range: refused by name."""
    payload = msgspec.json.encode(msgspec.to_builtins(event) | {name: value})
    with pytest.raises(BadPayload, match=name):
        decode(MARKS if isinstance(event, Mark) else TICKS, payload)
