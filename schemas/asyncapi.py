"""AsyncAPI 3.0 of the topics, as the riskstream worker sees them: it receives inputs and sends the rest."""

from __future__ import annotations

from typing import Any

from schemas.base import Event
from schemas.json_schema import TYPES, Schema, definitions, tag_of
from schemas.outputs import DeadLetter
from schemas.topics import (
    COMMANDS,
    FILLS,
    INPUTS,
    ORDERS,
    PREFIX,
    STATE,
    TOPICS,
    VERSION,
    Topic,
    dead_letter_name,
    full_name,
    partitions,
)

KAFKA = {"bindingVersion": "0.5.0"}
#: Additions raise the second number; the first never changes while the topics end in ``v1``.
DOCUMENT_VERSION = "1.0.0"
_DEAD_LETTER, _SNAPSHOT = "DeadLetterPayload", "StateSnapshot"


def asyncapi(prefix: str = PREFIX, accounts: int = 4, market: int = 1) -> Schema:
    """The AsyncAPI 3.0.0 document for a topic prefix and the partition counts P and M."""
    channels: Schema = {}
    for topic in TOPICS:
        count = partitions(topic, accounts, market)
        channels[topic.name] = _channel(topic, full_name(topic, prefix), count)
        if topic.dead_letters:
            channels[f"{topic.name}_dlq"] = _dead_letters(topic, dead_letter_name(topic, prefix), count)
    return {
        "asyncapi": "3.0.0",
        "id": f"urn:riskstream:topics:{VERSION}",
        "info": _info(),
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": {f"{_action(name)}_{name}": _operation(name, channel) for name, channel in channels.items()},
        "components": {"messages": _messages(), "schemas": _schemas()},
    }


def _info() -> Schema:
    text = "Orders, fills, commands and market data in; one explained decision per order, and risk figures, out."
    return {
        "title": "riskstream",
        "version": DOCUMENT_VERSION,
        "description": text,
        "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
    }


def _channel(topic: Topic, address: str, count: int) -> Schema:
    names = [kind.__name__ for kind in topic.types] or [_SNAPSHOT]
    copies = " A command for more than one account goes into every partition." if topic is COMMANDS else ""
    return {
        "address": address,
        "title": topic.name,
        "description": f"{topic.content}; keyed by {topic.key}.{copies}{_uncommitted(topic)}",
        "messages": _links(names),
        "bindings": {
            "kafka": {
                "topic": address,
                "partitions": count,
                "topicConfiguration": {"cleanup.policy": ["compact" if topic.compacted else "delete"]},
                **KAFKA,
            }
        },
    }


def _dead_letters(topic: Topic, address: str, count: int) -> Schema:
    text = f"payloads of the {topic.name} topic that could not be decoded, with the reason and the source offset"
    return {
        "address": address,
        "title": f"{topic.name} dead letters",
        "description": text,
        "messages": _links([_DEAD_LETTER]),
        "bindings": {"kafka": {"topic": address, "partitions": count, **KAFKA}},
    }


def _links(names: list[str]) -> Schema:
    return {name: {"$ref": f"#/components/messages/{name}"} for name in names}


def _action(channel: str) -> str:
    return "receive" if any(topic.name == channel for topic in INPUTS.values()) else "send"


def _operation(name: str, channel: Schema) -> Schema:
    return {
        "action": _action(name),
        "channel": {"$ref": f"#/channels/{name}"},
        "summary": channel["description"],
        "messages": [{"$ref": f"#/channels/{name}/messages/{message}"} for message in channel["messages"]],
    }


def _messages() -> Schema:
    keys = {kind: topic for topic in TOPICS for kind in topic.types}
    messages: Schema = {kind.__name__: _message(kind, keys[kind]) for kind in TYPES if kind is not DeadLetter}
    messages[_DEAD_LETTER] = _bytes(_DEAD_LETTER, "the payload as it came", "key of the source record")
    messages[_SNAPSHOT] = _bytes(_SNAPSHOT, STATE.content, "partition, epoch, owner, slot and chunk")
    return messages


def _message(kind: type[Event], topic: Topic) -> Schema:
    payload = f"#/components/schemas/{kind.__name__}"
    return {
        "name": tag_of(kind),
        "title": kind.__name__,
        "summary": " ".join((kind.__doc__ or "").split()),
        "payload": {"$ref": payload},
        "bindings": _key(_key_text(kind, topic)),
    }


def _uncommitted(topic: Topic) -> str:
    """What producers may do: of the topics that the journal covers without a hole."""
    covered = topic in {ORDERS, FILLS, COMMANDS}
    return " Read uncommitted: what an aborted transaction wrote counts as well." if covered else ""


def _key_text(kind: type[Event], topic: Topic) -> str:
    names = (topic.key, "scope_id", "command_id")
    return next((name for name in names if hasattr(kind, name)), f"{topic.key} of the partition's records")


def _bytes(name: str, summary: str, key: str) -> Schema:
    return {
        "name": name,
        "contentType": "application/octet-stream",
        "summary": summary,
        "payload": {"type": "string", "format": "binary"},
        "bindings": _key(key),
    }


def _key(text: str) -> Schema:
    return {"kafka": {"key": {"type": "string", "description": text}, **KAFKA}}


def _schemas() -> Schema:
    return {name: _dialect(schema) for name, schema in definitions("#/components/schemas/{name}").items()}


def _dialect(node: Any) -> Any:
    """From JSON Schema 2020-12 to AsyncAPI's: a discriminator is a name, and nothing may stand beside ``$ref``."""
    if isinstance(node, list):
        return [_dialect(item) for item in node]
    if not isinstance(node, dict):
        return node
    fixed = {key: _dialect(value) for key, value in node.items() if key != "discriminator"}
    if "discriminator" in node:
        fixed["discriminator"] = node["discriminator"]["propertyName"]
    if "$ref" in fixed and len(fixed) > 1:
        fixed["allOf"] = [{"$ref": fixed.pop("$ref")}]
    return fixed
