"""What is wrong with a payload, in words: the field, the value that was seen and what was expected."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, get_args, get_type_hints

import msgspec

from schemas.base import Event, shown
from schemas.expectations import description, members

#: Shorter than ``schemas.base.Text``, so that a message always fits into a journal record and a dead letter.
MESSAGE_MAX = 480
_PATH = re.compile(r" - at `\$([^`]*)`$")
_KEY = re.compile(r" - at `key` in `\$\.(\w+)`$")
_QUOTED = re.compile(r"^(Invalid (?:enum )?value )(.*)(?= - at )", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_NO_TYPE = "Object missing required field `type`"
_loose = msgspec.json.Decoder(float_hook=msgspec.Raw)


class BadPayload(ValueError):
    """A payload that is no valid event: the message names the field, the value or its type, and what was expected."""


def explain(error: Exception, payload: bytes, types: Iterable[type[Event]]) -> str:
    """One sentence of at most :data:`MESSAGE_MAX` characters on why ``payload`` is none of ``types``."""
    return shown(_sentence(error, payload, types), MESSAGE_MAX)


def _sentence(error: Exception, payload: bytes, types: Iterable[type[Event]]) -> str:
    if isinstance(error, RecursionError):
        return "the payload is nested too deeply, expected a JSON object"
    if isinstance(error, UnicodeDecodeError):
        return f"the payload is not UTF-8 ({error.reason}), expected a JSON object"
    message = str(error)
    if not isinstance(error, msgspec.ValidationError):
        return f"the payload is {shown(payload)}, expected a JSON object: {message}"
    key, document = _KEY.search(message), _document(payload)
    if key is not None:
        return message + _seen_key(document, key[1], types)
    place = _PATH.search(message)
    if place is None or message.startswith("`"):
        return message + (_one_of(types) if message == _NO_TYPE else "")
    message = _QUOTED.sub(lambda found: found[1] + shown(found[2]), message)
    path = _full(document, place[1], types)
    message = message.replace(place[0], f" - at `${path}`")
    return message + _seen(document, path) + _expected(message, document, path, types)


def _document(payload: bytes) -> dict[str, Any]:
    """The payload's JSON object; empty when there is none, as behind the fault the payload may be malformed."""
    try:
        document = _loose.decode(payload)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _seen_key(document: dict[str, Any], name: str, types: Iterable[type[Event]]) -> str:
    """Which key of the mapping in field ``name`` is not what its keys must be."""
    kinds = get_args(_hint(document, name, types))
    bad = next((key for key in _mapping(document, name) if not _fits(key, kinds[0])), None) if kinds else None
    return "" if bad is None else f", seen {shown(msgspec.json.encode(bad).decode())}{_note(kinds[0])}"


def _full(document: dict[str, Any], path: str, types: Iterable[type[Event]]) -> str:
    """The path with the key of the mapping's bad value, which msgspec does not name."""
    name = path.removesuffix("[...]")[1:]
    kinds = get_args(_hint(document, name, types)) if path.endswith("[...]") else ()
    pairs = _mapping(document, name).items() if kinds else ()
    bad = next((key for key, value in pairs if not _fits(value, kinds[1])), None)
    return path if bad is None or _STEP.fullmatch(f".{bad}") is None else f".{name}.{bad}"


def _mapping(document: dict[str, Any], name: str) -> dict[str, Any]:
    """The field ``name``; empty where a field of the same name that follows is no mapping."""
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def _fits(value: Any, kind: Any) -> bool:
    try:
        msgspec.json.decode(msgspec.json.encode(value), type=kind)
    except (ValueError, RecursionError):
        return False
    return True


def _seen(value: Any, path: str) -> str:
    try:
        for name, index in _STEP.findall(path):
            value = value[name] if name else value[int(index)]
        return f", seen {shown(msgspec.json.encode(value).decode())}"
    except (LookupError, TypeError, ValueError, RecursionError):
        return ""


def _expected(message: str, document: dict[str, Any], path: str, types: Iterable[type[Event]]) -> str:
    if message.startswith("Invalid decimal"):
        return ", expected a decimal such as 12.5"
    if path == ".type":
        return _one_of(types)
    kind = _hint(document, path[1:], types)
    named = members(kind)
    return f", expected one of {', '.join(named)}" if named else _note(kind)


def _note(kind: Any) -> str:
    return f" ({description(kind)})" if description(kind) else ""


def _one_of(types: Iterable[type[Event]]) -> str:
    return f", expected one of {', '.join(_tag(kind) for kind in types)}"


def _hint(document: dict[str, Any], name: str, types: Iterable[type[Event]]) -> Any:
    """How the field ``name`` of an event is typed; ``None`` where there is none."""
    kind = next((kind for kind in types if _tag(kind) == document.get("type")), None)
    return None if kind is None else get_type_hints(kind, include_extras=True).get(name)


def _tag(kind: type[Event]) -> str:
    return str(kind.__struct_config__.tag)
