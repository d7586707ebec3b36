"""The body of a pre-trade check: an order with defaults for what a person need not fill in."""

from __future__ import annotations

import re
import uuid
from typing import Any

import msgspec

from schemas import codec
from schemas.orders import OrderRequest
from schemas.topics import ORDERS

#: What a body may name. ``type`` and ``dry_run`` are set here, whatever it says.
FIELDS = (*OrderRequest.__struct_fields__, "type")
_raw = msgspec.json.Decoder(dict[str, msgspec.Raw])
_PATH = re.compile(r"`\$\.(\w+)")
_NAMED = re.compile(r"^`(\w+)` is ")
_MISSING = re.compile(r"^Object missing required field `(\w+)`")
_EXPECTED = re.compile(r"(?:^|, )[Ee]xpected (.+?)(?=, got | - at |, seen |$)")


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
        raise _bad(str(error), values) from None
    return order


def _values(body: bytes) -> dict[str, Any]:
    try:
        values = _raw.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadOrder(f"the body is not a JSON object: {error}", None, None, "a JSON object with an order") from None
    unknown = next((name for name in values if name not in FIELDS), None)
    if unknown is not None:
        expected = f"one of {', '.join(FIELDS)}"
        raise BadOrder(f"`{unknown[:60]}` is no field of an order", unknown[:60], _seen(values[unknown]), expected)
    return {name: bytes(value) for name, value in values.items()}


def _bad(message: str, values: dict[str, bytes]) -> BadOrder:
    found = _PATH.search(message) or _NAMED.search(message) or _MISSING.search(message)
    field = found[1] if found else None
    expected = _EXPECTED.findall(message)
    wanted = expected[-1] if expected else "a value" if _MISSING.search(message) else None
    return BadOrder(message, field, _seen(values.get(field or "")), wanted)


def _seen(raw: bytes | msgspec.Raw | None) -> Any:
    """The value as the sender wrote it; text of it where it is long."""
    if raw is None:
        return None
    text = bytes(raw)[:200].decode(errors="replace")
    return msgspec.json.decode(raw) if len(text) < 60 else text
