"""Names in an event's JSON that no field has. Topics carry them, for a later version may know them; whoever writes a
file by hand has mistyped them, and a limit that is passed over is no limit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from schemas.base import Event
from schemas.faults import blamed, explained, json_of

#: Path of a stray name, its value, and the names that could stand there.
Stray = tuple[str, Any, tuple[str, ...]]
_loose = msgspec.json.Decoder(float_hook=msgspec.Raw)


def refuse_strays(event: Event, payload: bytes) -> None:
    """:raises BadPayload: the payload that ``event`` was decoded from has a name that no field has."""
    try:
        document = _loose.decode(payload)
    except (msgspec.DecodeError, RecursionError) as error:  # in what decoding passed over
        raise explained(error, payload, (type(event),)) from None
    for path, value, names in _strays(event, document):
        raise blamed(path, json_of(value), f"one of the names {', '.join(names)}")


def _strays(part: msgspec.Struct, document: dict[str, Any]) -> Iterator[Stray]:
    """All of them, in their order."""
    names = part.__struct_fields__
    for name, value in document.items():
        if name in names:
            yield from ((f"{name}{path}", *rest) for path, *rest in _within(getattr(part, name), value))
        elif name != part.__struct_config__.tag_field:
            yield name, value, names


def _within(found: Any, value: Any) -> Iterator[Stray]:
    if isinstance(found, msgspec.Struct):
        yield from ((f".{path}", *rest) for path, *rest in _strays(found, value))
    elif isinstance(found, tuple):
        for index, (item, each) in enumerate(zip(found, value, strict=True)):
            yield from ((f"[{index}]{path}", *rest) for path, *rest in _within(item, each))
