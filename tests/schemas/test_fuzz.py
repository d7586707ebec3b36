"""Whatever arrives, decoding gives an event or a refusal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import codec
from schemas.base import Event
from schemas.faults import MESSAGE_MAX
from schemas.json_schema import TYPES, tag_of
from schemas.topics import TOPICS, Topic
from tests.schemas.examples import example

TYPED = [topic for topic in TOPICS if topic.types]
NUMBERS = st.sampled_from(["1e400", "-1e-400", "1E+999999999999", "NaN", "-Infinity", "0e99999", "9" * 400])
SCALARS = st.none() | st.booleans() | st.integers() | st.integers(-(2**70), 2**70) | st.floats() | st.text() | NUMBERS
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)


def outcome(topic: Topic, body: bytes) -> None:
    """Decode; a refusal must be short, anything else raised fails the test."""
    try:
        event = codec.decode(topic, body)
    except codec.BadPayload as error:
        message = str(error)
    else:
        assert isinstance(event, topic.types)
        return
    assert 0 < len(message) <= MESSAGE_MAX


@settings(deadline=None)
@given(st.sampled_from(TYPED), st.binary(max_size=200))
def test_arbitrary_bytes(topic: Topic, body: bytes) -> None:
    """Arbitrary bytes are never anything but refused."""
    outcome(topic, body)


@settings(deadline=None)
@given(st.sampled_from(TYPED), JSON)
def test_arbitrary_json(topic: Topic, value: Any) -> None:
    """Arbitrary JSON, NaN literals included, is never anything but refused."""
    outcome(topic, json.dumps(value).encode())


@settings(deadline=None)
@given(st.data(), st.sampled_from(TYPED))
def test_arbitrary_fields(data: st.DataObject, topic: Topic) -> None:
    """An event of a known type whose fields hold arbitrary JSON is an event or refused."""
    kind = data.draw(st.sampled_from(topic.types))
    fields = {name: data.draw(JSON, name) for name in kind.__struct_fields__}
    outcome(topic, json.dumps({"type": tag_of(kind)} | fields).encode())


@pytest.mark.parametrize("kind", TYPES, ids=tag_of)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_one_arbitrary_field(kind: type[Event], data: st.DataObject) -> None:
    """A valid event with one field replaced by arbitrary JSON is an event or refused."""
    document = json.loads(codec.encode(example(kind, full=True)))
    document[data.draw(st.sampled_from(sorted(document)))] = data.draw(JSON)
    for topic in TOPICS:
        if kind in topic.types:
            outcome(topic, json.dumps(document).encode())
