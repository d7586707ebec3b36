"""One minimal and one full example of every type, built from the types; what the frozen samples came from."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import inspect

from schemas.base import Event
from schemas.decisions import Decision
from schemas.json_schema import TYPES, tag_of
from schemas.limits import CONSERVATIVE, LimitSet
from schemas.orders import OrderCancel, OrderReplace, OrderRequest
from schemas.presets import PRESETS, Preset

TIME_NS = 1_584_021_600_000_000_000  # 2020-03-12 14:00 UTC
VALUES: dict[str, Any] = {
    "symbol": "AAPL",
    "account_id": "momentum-1",
    "order_id": "O-2",
    "original_order_id": "O-1",
    "scope_id": "equities",
    "layer": 5,
    "changes": {"var_max": 0.02, "order_value_max": 250_000.0},
    "short_allowed": False,
    "open": Decimal("64.06"),
    "high": Decimal("67.5"),
    "low": Decimal(62),
    "close": Decimal("62.0575"),
    "bid": Decimal("62.05"),
    "ask": Decimal("62.0625"),
    "day": 18333,
    "base": "EUR",
    "quote": "USD",
    "rate": Decimal("1.1185"),
    "partition": 3,
    "offset": 42,
    "period_ns": 86_400_000_000_000,
}

ENUMS = {"scope": "desk", "time_in_force": "ioc", "level": "reduce_only", "level_from": "warning", "level_to": "halted"}


def example(kind: type[Event], *, full: bool) -> Event:
    """A valid event of a type with all its fields, or with only those that are required."""
    built: Event = _struct(kind, full=full)
    return built


def examples() -> dict[str, Event]:
    """All examples by label, such as ``order_request/full``."""
    built = {
        f"{tag_of(kind)}/{form}": example(kind, full=form == "full") for kind in TYPES for form in ("minimal", "full")
    }
    decision = example(Decision, full=True)
    for kind in (OrderRequest, OrderReplace, OrderCancel):
        built[f"decision/of_{tag_of(kind)}"] = msgspec.structs.replace(decision, order=example(kind, full=True))
    return built


def _struct(kind: type[Any], *, full: bool) -> Any:
    if kind is LimitSet:
        return CONSERVATIVE
    if kind is Preset:
        return PRESETS["conservative"]
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    fields = [field for field in info.fields if full or field.required]
    return kind(**{field.name: _value(field.type, field.name, full=full) for field in fields})


def _value(info: Any, name: str, *, full: bool) -> Any:
    info = info.type if isinstance(info, inspect.Metadata) else info
    if isinstance(info, inspect.UnionType):
        known = [each for each in info.types if not isinstance(each, inspect.NoneType)]
        return _value(known[0 if full else -1], name, full=full)
    if isinstance(info, inspect.VarTupleType):
        item = info.item_type
        members = item.types if isinstance(item, inspect.UnionType) else (item,)
        return tuple(_value(member, name, full=full) for member in members)
    if isinstance(info, inspect.StructType):
        return _struct(info.cls, full=full)
    if isinstance(info, inspect.EnumType):
        return info.cls(ENUMS[name]) if name in ENUMS else list(info.cls)[-1]
    return VALUES.get(name, _plain(info, name))


def _plain(info: Any, name: str) -> Any:  # noqa: PLR0911 - one for each type
    match info:
        case inspect.DecimalType():
            return Decimal("62.125")
        case inspect.FloatType():
            return 0.125
        case inspect.BoolType():
            return True
        case inspect.IntType():
            return TIME_NS if name.endswith(("_time_ns", "_at_ns")) else 7
        case inspect.DictType():
            return {"drawdown" if name == "breakers" else "USD": _value(info.value_type, name, full=True)}
        case inspect.LiteralType():
            return info.values[0]
        case inspect.StrType():
            return "EUR" if info.pattern else f"{name}-1"
    raise AssertionError(f"no example for {name}: {info}")
