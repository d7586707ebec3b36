"""How values become columns: one converter for each PostgreSQL type that the tables use."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from psycopg.types.json import Jsonb

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ESCAPED_NUL = b"\\u0000"
_NUL_ESCAPE = re.compile(rb"\\(?:u0000|.)", re.DOTALL)
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def timestamp(time_ns: int) -> datetime:
    """The microsecond that an instant lies in (floor); the exact nanoseconds have a column of their own."""
    return EPOCH + timedelta(microseconds=time_ns // 1000)


def text(value: str | None) -> str | None:
    """PostgreSQL's text can't hold NUL, which JSON strings may; it becomes U+FFFD."""
    return None if value is None else str(value).replace("\0", _REPLACEMENT)


def numeric(value: Decimal | float | None) -> Decimal | None:
    """A decimal as it is; a float as the shortest decimal that reads back as the same float."""
    return Decimal(repr(value)) if isinstance(value, float) else value


def jsonb(value: object) -> Jsonb:
    """Any value as JSON."""
    return evidence(msgspec.json.encode(value))


def json_text(payload: bytes) -> bytes:
    """JSON that jsonb accepts: an escaped NUL becomes U+FFFD, everything else stays as it is."""
    if _ESCAPED_NUL not in payload:
        return payload
    return _NUL_ESCAPE.sub(lambda found: b"\\ufffd" if found[0] == _ESCAPED_NUL else found[0], payload)


def evidence(payload: bytes) -> Jsonb:
    """JSON bytes as jsonb, without a detour through Python objects."""
    return Jsonb(json_text(payload), dumps=_as_is)


def _as_is(value: Any) -> Any:
    return value


class Column(NamedTuple):
    """A column's name, its PostgreSQL type, and what makes a field's value one of it."""

    name: str
    kind: str
    convert: Callable[[Any], Any]


_CONVERTERS: dict[str, Callable[[Any], Any]] = {"text": text, "numeric": numeric, "jsonb": jsonb}


def columns(**kinds: str) -> tuple[Column, ...]:
    """``columns(order_id="text")``: in the order given."""
    return tuple(Column(name, kind, _CONVERTERS.get(kind, _as_is)) for name, kind in kinds.items())
