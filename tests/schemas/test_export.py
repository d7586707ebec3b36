"""The exported schemas are valid, describe what is really sent, and are the same each time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from schemas import codec
from schemas.base import Event
from schemas.export import export_schemas, json_schema, render
from schemas.json_schema import TYPES, tag_of, type_schema
from tests.schemas.examples import examples
from tests.schemas.strategies import events

WHOLE = json_schema()
ANY_EVENT = Draft202012Validator(WHOLE)
ORDER: dict[str, Any] = {
    "type": "order_request",
    "order_id": "O-1",
    "account_id": "a",
    "symbol": "AAPL",
    "side": "buy",
    "quantity": "100",
    "event_time_ns": 1,
}


def validator(kind: type[Event]) -> Draft202012Validator:
    """The validator of one type's own schema."""
    return Draft202012Validator(type_schema(kind, WHOLE))


def test_every_event_class_is_exported() -> None:
    """A type that is defined but not on a topic, and not the dead letter, would be forgotten by the schemas."""
    assert {kind.__name__ for kind in Event.__subclasses__() if kind.__module__.startswith("schemas.")} == {
        kind.__name__ for kind in TYPES
    }


@pytest.mark.parametrize("kind", TYPES, ids=tag_of)
def test_schemas_are_valid(kind: type[Event]) -> None:
    """The whole schema and each type's own are JSON Schema 2020-12."""
    Draft202012Validator.check_schema(WHOLE)
    Draft202012Validator.check_schema(type_schema(kind, WHOLE))


@pytest.mark.parametrize(("label", "event"), examples().items())
def test_examples_validate(label: str, event: Event) -> None:
    """Each example, as it is sent, validates against its own schema and the whole one, and against no other type's."""
    document = json.loads(codec.encode(event))
    assert validator(type(event)).is_valid(document), label
    assert ANY_EVENT.is_valid(document), label
    assert not any(validator(kind).is_valid(document) for kind in TYPES if kind is not type(event)), label


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(TYPES).flatmap(events))
def test_generated_events_validate(event: Event) -> None:
    """Whatever is sent validates against the schema of its type."""
    validator(type(event)).validate(json.loads(codec.encode(event)))


@pytest.mark.parametrize("quantity", ["1", "1.50", "-2e3", ".5", "1E+14", 1, 0.25])
def test_decimals_may_be_strings_or_numbers(quantity: object) -> None:
    """The schema takes a decimal in both forms that decoding takes."""
    assert ANY_EVENT.is_valid(ORDER | {"quantity": quantity})


@pytest.mark.parametrize(
    "change",
    [
        {"quantity": "NaN"},
        {"quantity": "Infinity"},
        {"quantity": "abc"},
        {"quantity": ""},
        {"quantity": None},
        {"quantity": True},
        {"order_id": ""},
        {"order_id": "x" * 65},
        {"order_id": 1},
        {"side": "up"},
        {"type": "fill"},
        {"event_time_ns": -1},
        {"event_time_ns": 1.5},
        {"event_time_ns": 2**63},
        {"reduce_only": 1},
    ],
)
def test_the_schema_refuses_what_decoding_refuses(change: dict[str, Any]) -> None:
    """A producer that checks against the schema learns of these faults before it publishes."""
    assert not ANY_EVENT.is_valid(ORDER | change)
    with pytest.raises(codec.BadPayload):
        codec.decode_input(json.dumps(ORDER | change).encode())


def test_files(tmp_path: Path) -> None:
    """The whole schema, one file a type and the AsyncAPI document are written, each valid JSON, and named in order."""
    paths = export_schemas(tmp_path / "new" / "folder")
    names = [path.name for path in paths]
    assert names == ["schemas.json", *(f"{tag_of(kind)}.json" for kind in TYPES), "asyncapi.json"]
    assert sorted(paths) == sorted((tmp_path / "new" / "folder").iterdir())
    assert json.loads(paths[0].read_bytes()) == WHOLE
    for kind, path in zip(TYPES, paths[1:-1], strict=True):
        assert json.loads(path.read_bytes())["$ref"] == f"#/$defs/{kind.__name__}"


def test_bytes_are_deterministic(tmp_path: Path) -> None:
    """Two exports give the same bytes, over older files too."""
    first = {path.name: path.read_bytes() for path in export_schemas(tmp_path)}
    assert {path.name: path.read_bytes() for path in export_schemas(tmp_path)} == first
    assert all(body.endswith(b"}\n") for body in first.values())


def test_type_files_carry_only_what_they_need() -> None:
    """A type's schema holds the definitions that it reaches, and resolves without any other file."""
    small = json.loads(render(type_schema(TYPES[0], WHOLE)))
    assert set(small["$defs"]) == {"OrderRequest", "Side", "OrderType", "TimeInForce"}
