"""What is wrong with a payload, in words: the field, the value that was seen and what was expected."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, get_args

import msgspec

from schemas.base import Event, shown
from schemas.field_types import expected_at, in_words, type_of, wanted_at

#: Shorter than ``schemas.base.Text``, so that a message always fits into a journal record and a dead letter.
MESSAGE_MAX = 480
OBJECT = "a JSON object"
_PATH = re.compile(r" - at `\$([^`]*)`$")
_KEY = re.compile(r" - at `key` in `\$\.(\w+)`$")
_MISSING = re.compile(r"^Object missing required field `(\w+)`")
_OWN = re.compile(r"^`(\w+)")
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
        return blamed(path[1:], "missing", wanted_at(path, document, types))
    if not path:
        return BadPayload(f"the payload is {text_of(payload)}, expected {OBJECT}")
    path = _full(document, path, types)
    return blamed(path[1:], _seen(document, path), expected_at(path, message, document, types))


def _document(payload: bytes) -> dict[str, Any]:
    """The payload's JSON object; empty when there is none, as behind the fault the payload may be malformed."""
    try:
        document = _loose.decode(payload)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _bad_key(message: str, document: dict[str, Any], name: str, types: Iterable[type[Event]]) -> BadPayload:
    """Which key of the mapping in field ``name`` is not what its keys must be."""
    kinds = get_args(type_of(document, name, types))
    bad = next((key for key in _mapping(document, name) if not _fits(key, kinds[0])), None) if kinds else None
    seen = "wrong" if bad is None else json_of(bad)
    expected = in_words(message, kinds[0] if kinds else None)
    return BadPayload(f"a key of `{name}` is {seen}, expected {expected}", name, expected)


def _full(document: dict[str, Any], path: str, types: Iterable[type[Event]]) -> str:
    """The path with the key of the mapping's bad value, which msgspec does not name."""
    name = path.removesuffix("[...]")[1:]
    kinds = get_args(type_of(document, name, types)) if path.endswith("[...]") else ()
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
