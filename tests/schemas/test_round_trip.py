"""What is written is what is read."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import codec, records
from schemas.base import Event
from schemas.json_schema import TYPES, tag_of
from tests.schemas.strategies import events


@pytest.mark.parametrize("kind", TYPES, ids=tag_of)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_events_survive_the_wire(kind: type[Event], data: st.DataObject) -> None:
    """Any valid event decodes to an equal event, and that one encodes to the same bytes."""
    event = data.draw(events(kind))
    body = codec.encode(event)
    read: Any = msgspec.json.decode(body, type=kind)
    assert read == event
    assert codec.encode(read) == body


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_an_event_holds_no_number_that_json_has_not(value: float) -> None:
    """A float that is not finite is refused at construction: JSON would turn it into null, which no reader takes."""
    with pytest.raises(ValueError, match=r"`equity` is .*expected a finite number"):
        records.DayRolled(account_id="a", day=1, equity=value, event_time_ns=1)
