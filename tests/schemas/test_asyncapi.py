"""The AsyncAPI document is valid and says of each topic what is true."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from schemas.asyncapi import asyncapi
from schemas.topics import INPUTS, TOPICS, Topic, dead_letter_name, full_name, partitions

OFFICIAL = json.loads((Path(__file__).parent / "asyncapi-3.0.0.json").read_bytes())
DOCUMENT = asyncapi("desk7", accounts=6, market=3)


def resolved(document: dict[str, Any], reference: str) -> Any:
    """What a local ``$ref`` points to."""
    node: Any = document
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return node


def references(node: Any) -> list[str]:
    """All ``$ref`` values of a document."""
    if isinstance(node, list):
        return [found for item in node for found in references(item)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [found for value in node.values() for found in references(value)]


def test_the_official_schema_accepts_the_document() -> None:
    """The document validates against the official schema of AsyncAPI 3.0.0."""
    assert [error.message[:300] for error in Draft7Validator(OFFICIAL).iter_errors(DOCUMENT)] == []


@pytest.mark.parametrize("fault", [{"asyncapi": "2.6.0"}, {"info": {}}, {"operations": {"x": {"action": "publish"}}}])
def test_the_official_schema_refuses_faults(fault: dict[str, Any]) -> None:
    """The validation can fail: the same document with a fault in it is refused."""
    assert not Draft7Validator(OFFICIAL).is_valid(DOCUMENT | fault)


def test_every_reference_resolves() -> None:
    """No ``$ref`` of the document points nowhere."""
    found = references(DOCUMENT)
    assert len(found) > 100
    for reference in found:
        assert resolved(DOCUMENT, reference), reference


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_channels(topic: Topic) -> None:
    """Each topic is a channel with its address, partition count, cleanup policy and messages."""
    channel = DOCUMENT["channels"][topic.name]
    kafka = channel["bindings"]["kafka"]
    assert channel["address"] == kafka["topic"] == full_name(topic, "desk7")
    assert kafka["partitions"] == partitions(topic, 6, 3)
    assert kafka["topicConfiguration"]["cleanup.policy"] == ["compact" if topic.compacted else "delete"]
    assert list(channel["messages"]) == ([kind.__name__ for kind in topic.types] or ["StateSnapshot"])


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_operations(topic: Topic) -> None:
    """riskstream receives what outsiders publish and sends the rest; dead letters are sent."""
    action = "receive" if topic in INPUTS.values() else "send"
    operation = DOCUMENT["operations"][f"{action}_{topic.name}"]
    assert operation["action"] == action
    assert operation["channel"] == {"$ref": f"#/channels/{topic.name}"}
    assert (f"send_{topic.name}_dlq" in DOCUMENT["operations"]) == topic.dead_letters
    if topic.dead_letters:
        assert DOCUMENT["channels"][f"{topic.name}_dlq"]["address"] == dead_letter_name(topic, "desk7")


@pytest.mark.parametrize(
    ("message", "key"),
    [
        ("OrderRequest", "account_id"),
        ("SetLimits", "scope_id"),
        ("Kill", "scope_id"),
        ("TripBreaker", "account_id"),
        ("Timer", "command_id"),
        ("Trade", "symbol"),
        ("FxRate", "symbol"),
        ("Decision", "account_id"),
    ],
)
def test_keys(message: str, key: str) -> None:
    """Each message names what its record is keyed by."""
    assert DOCUMENT["components"]["messages"][message]["bindings"]["kafka"]["key"]["description"] == key
