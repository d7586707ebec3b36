"""What an older version wrote is read for ever: changes to the events are additions."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from schemas import codec
from schemas.json_schema import TYPES, json_schema, tag_of
from schemas.limits import LIMIT_NAMES
from schemas.records import Body
from schemas.topics import TOPICS
from tests.schemas.compatibility import BOUNDED, breaks

GOLDEN = Path(__file__).parents[1] / "golden" / "v1"
SAMPLES = (GOLDEN / "samples.jsonl").read_bytes().splitlines()
FROZEN = json.loads((GOLDEN / "schema.json").read_bytes())
KINDS = {tag_of(kind): kind for kind in TYPES}
sampled = pytest.mark.parametrize("line", SAMPLES, ids=lambda line: json.loads(line)["type"])


def read(line: bytes) -> Any:
    """A sample as its type."""
    return msgspec.json.decode(line, type=KINDS[json.loads(line)["type"]])


def with_unknown_fields(node: Any) -> Any:
    """The same document with a field from the future in every object that is an event or a part of one."""
    if isinstance(node, list):
        return [with_unknown_fields(item) for item in node]
    if not isinstance(node, dict):
        return node
    tables = {"changes", "cash", "breakers", "book_prices", "score_weights", "performance", "unavailable"}
    grown = {name: value if name in tables else with_unknown_fields(value) for name, value in node.items()}
    return {"from_the_future": {"a": [1, None]}, **grown}


#: What limits and presets, which are always written in full, have beyond the frozen schema and samples.
NEW = set(LIMIT_NAMES) - set(FROZEN["$defs"]["LimitSet"]["properties"]) | {"var_scaled_from"}


def without_new(node: Any) -> Any:
    """A re-encoded document without what limits and presets have gained."""
    if isinstance(node, list):
        return [without_new(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {name: without_new(value) for name, value in node.items() if name not in NEW}


@sampled
def test_samples_decode_and_encode_to_the_same_bytes(line: bytes) -> None:
    """A frozen sample is read, and written again byte for byte."""
    written = codec.encode(read(line))
    assert msgspec.json.encode(without_new(json.loads(written))) == line


@sampled
def test_samples_are_read_from_their_topics(line: bytes) -> None:
    """A frozen sample of a topic's type is read by the decoder of that topic; journal bodies by the journal's."""
    kind = KINDS[json.loads(line)["type"]]
    for topic in TOPICS:
        if kind in topic.types:
            assert codec.decode(topic, line) == read(line)
    if kind in Body.__args__:
        assert codec.decode_body(line) == read(line)


@sampled
def test_unknown_fields_are_ignored(line: bytes) -> None:
    """A reader of this version takes events of a later one: fields it does not know change nothing."""
    assert read(msgspec.json.encode(with_unknown_fields(json.loads(line)))) == read(line)


@sampled
def test_samples_validate(line: bytes) -> None:
    """A frozen sample validates against the frozen schema and against today's."""
    Draft202012Validator(FROZEN).validate(json.loads(line))
    Draft202012Validator(json_schema()).validate(json.loads(line))


@pytest.mark.parametrize("kind", TYPES, ids=tag_of)
def test_every_type_has_samples(kind: Any) -> None:
    """Every type of the topic table has a frozen sample with all its fields and one with only the required ones.

    For a new type or field, append samples (``tests.schemas.examples`` makes them); leave the old lines alone.
    """
    samples = [set(json.loads(line)) for line in SAMPLES if json.loads(line)["type"] == tag_of(kind)]
    info = msgspec.inspect.type_info(kind)
    assert isinstance(info, msgspec.inspect.StructType)
    assert {"type", *(field.name for field in info.fields)} in samples, "no sample with all fields"
    assert {"type", *(field.name for field in info.fields if field.required)} in samples, "no minimal sample"


def test_changes_are_additive() -> None:
    """Against the frozen schema, nothing was removed, changed its type or default, or became required."""
    assert breaks(FROZEN, json_schema()) == []


def test_bounds_are_excused_where_they_were_drawn_only() -> None:
    """The list of fields whose bounds are newer than the frozen schema names no other."""
    changed = [line.partition(":")[0].split(".") for line in breaks(FROZEN, json_schema(), bounded={})]
    assert {(kind, field) for kind, field in changed} == {
        (kind, field) for kind, fields in BOUNDED.items() for field in fields
    }


def _edit(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def apply(schema: dict[str, Any]) -> None:
        *parents, last = path.split("/")
        node = schema["$defs"]
        for step in parents:
            node = node[step]
        node.pop(last) if value is None else node.update({last: value})

    return apply


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (_edit("Fill", None), "Fill: the type was removed"),
        (_edit("Fill/properties/commission", None), "Fill.commission: the field was removed"),
        (_edit("Fill/properties/symbol", {"type": "integer"}), "Fill.symbol: the type changed"),
        (_edit("Fill/properties/symbol/maxLength", 32), "Fill.symbol: the type changed"),
        (_edit("Fill/properties/commission/default", "1"), "Fill.commission: the default changed from '0' to '1'"),
        (_edit("Fill/required", ["type", "venue_id"]), "Fill.venue_id: the field is required now"),
        (_edit("Side/enum", ["buy", "sell"]), "Side: value 'sell_short' was removed"),
        (_edit("Facts/properties/facts/items", {"$ref": "#/$defs/Fill"}), "Facts.facts: the type changed"),
    ],
)
def test_breaking_changes_are_found(edit: Callable[[dict[str, Any]], None], message: str) -> None:
    """The comparison finds each kind of change that an old record or reader would stumble over, and names it."""
    current = copy.deepcopy(FROZEN)
    edit(current)
    found = breaks(FROZEN, current)
    assert len(found) == 1
    assert found[0].startswith(message)


@pytest.mark.parametrize(
    "edit",
    [
        _edit("Novelty", {"type": "object"}),
        _edit("Fill/properties/venue_id", {"type": "string", "default": ""}),
        _edit("Fill/properties/symbol/maxLength", 128),
        _edit("Fill/properties/symbol/description", "words"),
        _edit("Side/enum", ["buy", "sell", "sell_short", "buy_to_cover"]),
        _edit(
            "Fill/properties/order_id", {"anyOf": [FROZEN["$defs"]["Fill"]["properties"]["order_id"], {"type": "null"}]}
        ),
    ],
)
def test_additions_are_allowed(edit: Callable[[dict[str, Any]], None]) -> None:
    """New types, optional fields, values and wider ranges pass the comparison."""
    current = copy.deepcopy(FROZEN)
    edit(current)
    assert breaks(FROZEN, current) == []
