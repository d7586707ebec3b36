"""The body of a pre-trade check: an order with defaults for what a person need not fill in."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec

from schemas import codec
from schemas.base import shown
from schemas.faults import blamed, text_of
from schemas.orders import OrderRequest
from schemas.topics import ORDERS

OBJECT = "a JSON object with an order"
#: What a body may name. ``type`` and ``dry_run`` are set here, whatever it says.
FIELDS = (*OrderRequest.__struct_fields__, "type")
_raw = msgspec.json.Decoder(dict[str, msgspec.Raw])


class BadOrder(ValueError):
    """A body that is no order: which field, what was seen there and what was expected."""

    def __init__(self, message: str, field: str | None = None, value: Any = None, expected: str | None = None) -> None:
        super().__init__(message)
        self.field, self.value, self.expected = field, value, expected


def parse_order(body: bytes, now_ns: int) -> OrderRequest:
    """The dry-run order that a body asks about; a missing id is made up, a missing time is ``now_ns``.

    Numbers keep all their digits.

    :raises BadOrder: no JSON object, a field that no order has, or a value out of its range.
    """
    values = _values(body)
    given = {
        name: msgspec.json.encode(value)
        for name, value in {"order_id": f"check-{uuid.uuid4().hex}", "event_time_ns": now_ns}.items()
    }
    fixed = {"type": b'"order_request"', "dry_run": b"true"}
    merged = {name: msgspec.Raw(value) for name, value in (given | values | fixed).items()}
    try:
        order: OrderRequest = codec.decode(ORDERS, msgspec.json.encode(merged))
    except codec.BadPayload as error:
        raise BadOrder(str(error), error.field, _seen(values.get(error.field or "")), error.expected) from None
    return order


def _values(body: bytes) -> dict[str, Any]:
    try:
        values = _raw.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"the body is {text_of(body)}, expected {OBJECT}: {error}"
        raise BadOrder(message, None, None, OBJECT) from None
    unknown = next((name for name in values if name not in FIELDS), None)
    if unknown is not None:
        bad = blamed(
            unknown, shown(bytes(values[unknown]).decode(errors="replace")), f"one of the names {', '.join(FIELDS)}"
        )
        raise BadOrder(str(bad), unknown[:60], _seen(values[unknown]), bad.expected)
    return {name: bytes(value) for name, value in values.items()}


def _seen(raw: bytes | msgspec.Raw | None) -> Any:
    """The value as the sender wrote it; text of it where it is long."""
    if raw is None:
        return None
    text = bytes(raw)[:200].decode(errors="replace")
    return msgspec.json.decode(raw) if len(text) < 60 else text
