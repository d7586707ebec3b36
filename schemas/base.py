"""What all events share: frozen, keyword-only, tagged structs, and exact decimals checked at construction."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from functools import cache
from math import isfinite
from typing import Annotated, Any, get_args, get_type_hints

import msgspec

from schemas.reasons import snake_case

#: A decimal on the wire has at most this many decimals and lies below this magnitude, so that every product and
#: every sum that the engine forms is exact (see ``risk.exact``).
DECIMALS_MAX = 12
DIGITS_MAX = 15
MAGNITUDE_MAX = Decimal(10) ** DIGITS_MAX

Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$", max_length=3, description="three capitals, such as USD")]
TimeNs = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1, description="nanoseconds since 1970-01-01 UTC")]
Version = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
#: A partition or an offset of a topic, as Kafka numbers them.
Partition = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Offset = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Probability = Annotated[float, msgspec.Meta(ge=0, le=1)]
#: As an :data:`Identifier`, or empty where there is none.
Label = Annotated[str, msgspec.Meta(max_length=64)]
Text = Annotated[str, msgspec.Meta(max_length=500)]


class Side(StrEnum):
    """Direction of an order or a fill; ``sell_short`` is a sale of what is not owned."""

    BUY = "buy"
    SELL = "sell"
    SELL_SHORT = "sell_short"

    @property
    def sign(self) -> int:
        """+1 for a buy, -1 for a sale."""
        return 1 if self is Side.BUY else -1


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag=snake_case):
    """A fact on a topic: frozen, valid once built, told apart by its ``type`` tag."""

    def __post_init__(self) -> None:
        for name in number_fields(type(self)):
            value = getattr(self, name)
            if isinstance(value, Decimal):
                check_decimal(name, value)
            elif isinstance(value, float) and not isfinite(value):
                raise ValueError(f"`{name}` is {value}, expected a finite number")


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A piece of an event that never travels alone."""


@cache
def number_fields(kind: type[Any]) -> tuple[str, ...]:
    """The fields of a type that may hold a decimal or a float."""
    hints = get_type_hints(kind)
    return tuple(name for name in kind.__struct_fields__ if {hints[name], *get_args(hints[name])} & {Decimal, float})


def shown(value: object, length_max: int = 60) -> str:
    """A value as it may stand in a message: cut where it is long."""
    text = str(value)
    return text if len(text) <= length_max else f"{text[: length_max - 3]}..."


def check_decimal(name: str, value: Decimal) -> None:
    """Refuse what exact arithmetic can't hold.

    :raises ValueError: not finite, too large or with too many decimals; msgspec reports it with the path.
    """
    if not value.is_finite():
        raise ValueError(f"`{name}` is {shown(value)}, expected a finite number")
    # adjusted() is the exponent of the first digit; abs() and comparisons could overflow the decimal context
    if _decimals(value) > DECIMALS_MAX or value.adjusted() >= DIGITS_MAX:
        raise ValueError(f"`{name}` is {shown(value)}, expected below 1e15 with at most {DECIMALS_MAX} decimals")


def _decimals(value: Decimal) -> int:
    """Digits after the point. Reading the text is four times as quick as ``as_tuple()``, which very small and very
    large numbers need, whose text has an exponent."""
    text = str(value)
    if "E" in text:
        return -int(value.as_tuple().exponent)
    point = text.find(".")
    return 0 if point < 0 else len(text) - point - 1


def require_positive(event: Any, *names: str) -> None:
    """:raises ValueError: one of the named fields is zero or negative (``None`` passes: it is absent)."""
    for name in names:
        value = getattr(event, name)
        if value is not None and value <= 0:
            raise ValueError(f"`{name}` is {value}, expected more than 0")
