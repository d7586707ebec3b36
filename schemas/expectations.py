"""What a value should have been, in words: from its type, and from what msgspec says of a value that is none of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from math import isfinite
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from schemas.base import shown

#: What a type is written with that says of its values what its parts say.
_TRANSPARENT = (Annotated, Literal, Union, UnionType)
_PLACE = re.compile(r" - at `\$\.\w+`$")


def fitting(place: str, value: Any, kind: Any) -> Any:
    """``value`` as a ``kind``, numbers finite.

    :raises ValueError: it is none; the message names the place, the value and what was expected.

    >>> fitting("a.share", 0.5, float)
    0.5
    """
    try:
        found = msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise ValueError(f"`{place}` is {shown(repr(value))}, expected {expectation(error, kind)}") from None
    if isinstance(found, float) and not isfinite(found):
        raise ValueError(f"`{place}` is {found}, expected a finite number")
    return found


def expectation(error: Exception, kind: Any) -> str:
    """What msgspec wanted where a ``kind`` was, to stand after "expected"."""
    message = str(error)
    if message.startswith("Invalid enum value"):
        return f"one of {', '.join(members(_field(kind, message)))}{''.join(_PLACE.findall(message))}"
    if message.startswith("Object contains unknown field"):
        return f"one of the names {', '.join(kind.__struct_fields__)}: {message}"
    if message.startswith("`"):  # what the type itself says of it
        return f"otherwise: {message}"
    return f"JSON: {message}" if type(error) is msgspec.DecodeError else message.removeprefix("Expected ")


def _field(kind: Any, message: str) -> Any:
    """The type of the field that a message is about, if it is about one of a struct."""
    fields = getattr(kind, "__struct_fields__", ())
    name = next((field for field in fields if message.endswith(f" - at `$.{field}`")), None)
    return kind if name is None else get_type_hints(kind, include_extras=True)[name]


def members(kind: Any) -> list[str]:
    """The values that a type allows, if it is an enum or a literal, or may be one.

    >>> from schemas.base import Side
    >>> ", ".join(members(Side | None))
    'buy, sell, sell_short'
    """
    found: list[str] = []
    for part in _parts(kind):
        if isinstance(part, str):
            found.append(part)
        elif isinstance(part, type) and issubclass(part, StrEnum):
            found += part
    return found


def description(kind: Any) -> str:
    """What a type says of itself; empty where it says nothing.

    >>> from schemas.base import TimeNs
    >>> description(TimeNs | None)
    'nanoseconds since 1970-01-01 UTC'
    """
    return next((part.description for part in _parts(kind) if isinstance(part, msgspec.Meta) and part.description), "")


def _parts(kind: Any) -> Iterator[Any]:
    yield kind
    for part in get_args(kind) if get_origin(kind) in _TRANSPARENT else ():
        yield from _parts(part)
