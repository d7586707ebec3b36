"""What a field of an event should have been, in words: how the event types it, and what msgspec says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, get_type_hints

import msgspec

from schemas.base import Event
from schemas.expectations import description, members

_EXPECTED = re.compile(r"^Expected (.+?)(?:, got `[^`]*`)?$", re.DOTALL)


def expected_at(path: str, message: str, document: dict[str, Any], types: Iterable[type[Event]]) -> str:
    """What the value at ``path``, of which msgspec says ``message``, should have been."""
    if message.startswith("Invalid decimal"):
        return "a decimal such as 12.5"
    kind = type_of(document, path[1:], types)
    if path == ".type" or members(kind):
        return wanted_at(path, document, types)
    return in_words(message, kind)


def wanted_at(path: str, document: dict[str, Any], types: Iterable[type[Event]]) -> str:
    """What the field at ``path`` is, whatever was seen there."""
    if path == ".type":
        return f"one of {', '.join(_tag(kind) for kind in types)}"
    kind = type_of(document, path[1:], types)
    if members(kind):
        return f"one of {', '.join(members(kind))}"
    if kind is None:
        return "a value"
    if kind is Decimal:
        return "a decimal such as 12.5"
    try:
        msgspec.convert(object(), kind)
    except msgspec.ValidationError as error:
        return in_words(str(error), kind)
    return "a value"


def in_words(message: str, kind: Any) -> str:
    """What msgspec expected, in its words, without what it got; and what the type says of itself.

    >>> in_words("Expected `int`, got `str`", None)
    '`int`'
    """
    found, described = _EXPECTED.match(message), description(kind)
    return (found[1] if found else f"otherwise: {message}") + (f" ({described})" if described else "")


def type_of(document: dict[str, Any], name: str, types: Iterable[type[Event]]) -> Any:
    """How the field ``name`` of an event is typed; ``None`` where there is none."""
    kind = next((kind for kind in types if _tag(kind) == document.get("type")), None)
    return None if kind is None else get_type_hints(kind, include_extras=True).get(name)


def _tag(kind: type[Event]) -> str:
    return str(kind.__struct_config__.tag)
