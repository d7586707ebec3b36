"""What is wrong with a payload, in words: the field, the value that was seen and what was expected."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, get_args, get_type_hints

import msgspec

from schemas.base import Event, shown
from schemas.expectations import description, members

#: Shorter than ``schemas.base.Text``, so that a message always fits into a journal record and a dead letter.
MESSAGE_MAX = 480
OBJECT = "a JSON object"
_PATH = re.compile(r" - at `\$([^`]*)`$")
_KEY = re.compile(r" - at `key` in `\$\.(\w+)`$")
_MISSING = re.compile(r"^Object missing required field `(\w+)`")
_OWN = re.compile(r"^`(\w+)")
_EXPECTED = re.compile(r"^Expected (.+?)(?:, got `[^`]*`)?$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_loose = msgspec.json.Decoder(float_hook=msgspec.Raw)


class BadPayload(ValueError):
    """A payload that is no valid event: the message names the field, its value and what was expected. ``field`` and
    ``expected`` are given where one field is to blame."""

    def __init__(self, message: str, field: str | None = None, expected: str | None = None) -> None:
        super().__init__(shown(message, MESSAGE_MAX))
        self.field, self.expected = field, expected


def blamed(field: str, value: str, expected: str) -> BadPayload:
    """The one sentence of all refusals of a field: ``value`` is its JSON, or "missing"."""
    return BadPayload(f"`{shown(field)}` is {value}, expected {expected}", field, expected)


def json_of(value: Any) -> str:
    """A value's JSON as it may stand in a message."""
    return shown(msgspec.json.encode(value).decode())


def explained(error: Exception, payload: bytes, types: Iterable[type[Event]]) -> BadPayload:
    """Why ``payload`` is none of ``types``, in one sentence of at most :data:`MESSAGE_MAX` characters."""
    if isinstance(error, RecursionError):
        return BadPayload(f"the payload is nested too deeply, expected {OBJECT}")
    if isinstance(error, UnicodeDecodeError):
        return BadPayload(f"the payload is not UTF-8 ({error.reason}), expected {OBJECT}")
    message = str(error)
    if not isinstance(error, msgspec.ValidationError):
        return BadPayload(f"the payload is {text_of(payload)}, expected {OBJECT}: {message}")
    document, key = _document(payload), _KEY.search(message)
    if key is not None:
        return _bad_key(_KEY.sub("", message), document, key[1], types)
    place = _PATH.search(message)
    return _bad_field(_PATH.sub("", message), place[1] if place else "", payload, document, types)


def text_of(payload: bytes) -> str:
    """A payload as it may stand in a message.

    >>> text_of(b"not json\\n")
    "'not json'"
    """
    return shown(repr(payload[:200].decode(errors="backslashreplace").strip()))


def _bad_field(
    message: str, path: str, payload: bytes, document: dict[str, Any], types: Iterable[type[Event]]
) -> BadPayload:
    """``message`` is what msgspec says of the value at ``path``, such as ``.positions[0].price``; "" is the payload."""
    own, missing = _OWN.match(message), _MISSING.match(message)
    if own is not None:  # what the type itself says of one of its fields
        full = f"{path}.{own[1]}"[1:]
        sentence = f"`{full}{message[own.end() :]}"
        return BadPayload(sentence, full, sentence.rpartition("expected ")[2])
    if missing is not None:
        path = f"{path}.{missing[1]}"
        return blamed(path[1:], "missing", _wanted(document, path, types))
    if not path:
        return BadPayload(f"the payload is {text_of(payload)}, expected {OBJECT}")
    path = _full(document, path, types)
    return blamed(path[1:], _seen(document, path), _expected(message, document, path, types))


def _document(payload: bytes) -> dict[str, Any]:
    """The payload's JSON object; empty when there is none, as behind the fault the payload may be malformed."""
    try:
        document = _loose.decode(payload)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _bad_key(message: str, document: dict[str, Any], name: str, types: Iterable[type[Event]]) -> BadPayload:
    """Which key of the mapping in field ``name`` is not what its keys must be."""
    kinds = get_args(_hint(document, name, types))
    bad = next((key for key in _mapping(document, name) if not _fits(key, kinds[0])), None) if kinds else None
    seen = "wrong" if bad is None else json_of(bad)
    expected = _bare(message) + (_note(kinds[0]) if kinds else "")
    return BadPayload(f"a key of `{name}` is {seen}, expected {expected}", name, expected)


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
        return json_of(value)
    except (LookupError, TypeError, ValueError, RecursionError):
        return "wrong"


def _expected(message: str, document: dict[str, Any], path: str, types: Iterable[type[Event]]) -> str:
    if message.startswith("Invalid decimal"):
        return "a decimal such as 12.5"
    kind = _hint(document, path[1:], types)
    if path == ".type" or members(kind):
        return _wanted(document, path, types)
    return _bare(message) + _note(kind)


def _wanted(document: dict[str, Any], path: str, types: Iterable[type[Event]]) -> str:
    """What the field at ``path`` is, whatever was seen there."""
    if path == ".type":
        return f"one of {', '.join(_tag(kind) for kind in types)}"
    kind = _hint(document, path[1:], types)
    if members(kind):
        return f"one of {', '.join(members(kind))}"
    if kind is None:
        return "a value"
    if kind is Decimal:
        return "a decimal such as 12.5"
    try:
        msgspec.convert(object(), kind)
    except msgspec.ValidationError as error:
        return _bare(str(error)) + _note(kind)
    return "a value"


def _bare(message: str) -> str:
    """What msgspec expected, in its words, without what it got."""
    found = _EXPECTED.match(message)
    return found[1] if found else f"otherwise: {message}"


def _note(kind: Any) -> str:
    return f" ({description(kind)})" if description(kind) else ""


def _hint(document: dict[str, Any], name: str, types: Iterable[type[Event]]) -> Any:
    """How the field ``name`` of an event is typed; ``None`` where there is none."""
    kind = next((kind for kind in types if _tag(kind) == document.get("type")), None)
    return None if kind is None else get_type_hints(kind, include_extras=True).get(name)


def _tag(kind: type[Event]) -> str:
    return str(kind.__struct_config__.tag)
