"""Payloads with something wrong in them, and the message that they are refused with."""

from __future__ import annotations

import json
from typing import Any

import pytest

from schemas import codec
from schemas.codec import BadPayload
from schemas.topics import Topic

ORDER = {
    "type": "order_request",
    "order_id": "O-1",
    "account_id": "a",
    "symbol": "AAPL",
    "side": "buy",
    "quantity": "100",
    "event_time_ns": 1,
}
FILL = {
    "type": "fill",
    "fill_id": "F-1",
    "order_id": "O-1",
    "account_id": "a",
    "symbol": "AAPL",
    "side": "buy",
    "quantity": "1",
    "price": "2",
    "event_time_ns": 1,
}
LIMITS = {
    "type": "set_limits",
    "command_id": "c",
    "scope": "desk",
    "scope_id": "d",
    "author": "x",
    "event_time_ns": 1,
    "changes": {},
}


def payload(base: dict[str, Any], **changes: Any) -> bytes:
    """JSON of an event with some fields changed; ``bytes`` are taken as they are."""
    parts = [
        f'"{name}":'.encode() + (value if isinstance(value, bytes) else json.dumps(value).encode())
        for name, value in (base | changes).items()
    ]
    return b"{" + b",".join(parts) + b"}"


def refusal(topic: Topic, body: bytes | None) -> str:
    """The message with which a payload is refused."""
    with pytest.raises(BadPayload) as caught:
        codec.decode(topic, body)
    return str(caught.value)
