"""Names in an event's JSON that no field has. Topics carry them, for a later version may know them; whoever writes a
file by hand has mistyped them, and a limit that is passed over is no limit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from schemas.base import Event, shown
from schemas.faults import MESSAGE_MAX, BadPayload, explain

_loose = msgspec.json.Decoder(float_hook=msgspec.Raw)


def refuse_strays(event: Event, payload: bytes) -> None:
    """:raises BadPayload: the payload that ``event`` was decoded from has a name that no field has."""
    try:
        document = _loose.decode(payload)
    except (msgspec.DecodeError, RecursionError) as error:  # in what decoding passed over
        raise BadPayload(explain(error, payload, (type(event),))) from None
    for path, names in _strays(event, document):
        message = f"`{shown(path)}` is no field of `{event.__struct_config__.tag}`, expected one of {', '.join(names)}"
        raise BadPayload(shown(message, MESSAGE_MAX))


def _strays(part: msgspec.Struct, document: dict[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Path of each, and the names that could stand there."""
    names = part.__struct_fields__
    for name, value in document.items():
        if name in names:
            yield from ((f"{name}{path}", known) for path, known in _within(getattr(part, name), value))
        elif name != part.__struct_config__.tag_field:
            yield name, names


def _within(found: Any, value: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    if isinstance(found, msgspec.Struct):
        yield from ((f".{path}", names) for path, names in _strays(found, value))
    elif isinstance(found, tuple):
        for index, (item, each) in enumerate(zip(found, value, strict=True)):
            yield from ((f"[{index}]{path}", names) for path, names in _within(item, each))
