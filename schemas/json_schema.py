"""JSON Schema 2020-12 of every event: what msgspec derives from the structs, corrected where decoding takes more."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from schemas.base import Event
from schemas.outputs import DeadLetter
from schemas.topics import TOPICS, VERSION

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DECIMAL_PATTERN = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
#: Every type that travels, in the order of the topic table.
TYPES: tuple[type[Event], ...] = (*dict.fromkeys(kind for topic in TOPICS for kind in topic.types), DeadLetter)
Schema = dict[str, Any]


def tag_of(kind: type[Event]) -> str:
    """The ``type`` tag of an event's type: ``OrderRequest`` -> ``order_request``."""
    return str(kind.__struct_config__.tag)


def json_schema() -> Schema:
    """One schema that accepts any event; ``$defs`` holds each type under its class name."""
    return {
        "$schema": DIALECT,
        "$id": f"urn:riskstream:schemas:{VERSION}",
        "title": f"riskstream events {VERSION}",
        "anyOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in TYPES],
        "$defs": definitions("#/$defs/{name}"),
    }


def type_schema(kind: type[Event], whole: Schema) -> Schema:
    """The schema of one type, with the definitions of ``whole`` (a :func:`json_schema`) that it needs."""
    return {
        "$schema": DIALECT,
        "$id": f"urn:riskstream:schemas:{VERSION}:{tag_of(kind)}",
        "$ref": f"#/$defs/{kind.__name__}",
        "$defs": {name: whole["$defs"][name] for name in sorted(_reachable(kind.__name__, whole["$defs"]))},
    }


def definitions(reference: str) -> dict[str, Schema]:
    """All definitions by name; ``reference`` is the template of a ``$ref``, such as ``#/$defs/{name}``."""
    _, components = msgspec.json.schema_components(TYPES, ref_template=reference)
    return {name: _corrected(component) for name, component in components.items()}


def _corrected(node: Any) -> Any:
    """Decimals may be strings or numbers; descriptions are one line."""
    if isinstance(node, list | tuple):
        return [_corrected(item) for item in node]
    if not isinstance(node, dict):
        return node
    fixed = {key: _corrected(value) for key, value in node.items()}
    if isinstance(fixed.get("description"), str):
        fixed["description"] = " ".join(fixed["description"].split())
    if fixed.get("format") == "decimal":
        del fixed["type"], fixed["format"]
        fixed["anyOf"] = [{"type": "string", "pattern": DECIMAL_PATTERN}, {"type": "number"}]
    return fixed


def _reachable(name: str, known: dict[str, Schema]) -> set[str]:
    found, waiting = {name}, [name]
    while waiting:
        text = msgspec.json.encode(known[waiting.pop()]).decode()
        new = set(re.findall(r'"\$ref":"#/\$defs/([^"]+)"', text)) - found
        found |= new
        waiting += new
    return found
