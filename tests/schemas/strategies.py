"""Hypothesis strategies for valid events of every type, derived from the types themselves."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from msgspec import inspect

from schemas.base import Event
from schemas.commands import Scope, SkipInputs
from schemas.limits import LIMIT_NAMES
from schemas.market import Bar, FxRate, Quote
from schemas.presets import SCORED
from schemas.reference import Account, OpeningPosition

POSITIVE = st.decimals("0.000000000001", "999999999999999", places=12)
SIGNED = st.decimals("-999999999999999", "999999999999999", places=12) | st.just(Decimal(0)) | st.just(Decimal("1E+3"))
SIGNED_NAMES = {"commission", "cash", "max_quantity", "price"}
CHANGES = st.dictionaries(st.sampled_from(LIMIT_NAMES), st.floats(1e-9, 0.999), max_size=5)
LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")


def events(kind: type[Event]) -> st.SearchStrategy[Any]:
    """Any valid event of a type."""
    if kind is Bar:
        return st.tuples(_fields(kind), st.lists(POSITIVE, min_size=4, max_size=4)).map(lambda drawn: _bar(*drawn))
    if kind is Quote:
        return st.tuples(_fields(kind), st.tuples(POSITIVE, POSITIVE)).map(
            lambda drawn: Quote(**{**drawn[0], "bid": min(drawn[1]), "ask": max(drawn[1])})
        )
    if kind is SkipInputs:
        return _fields(kind).map(lambda fields: kind(**{**fields, "last": max(fields["first"], fields["last"])}))
    if kind is FxRate:
        return _fields(kind).filter(lambda fields: fields["base"] != fields["quote"]).map(lambda fields: kind(**fields))
    if kind is Account:
        return _fields(kind).map(lambda fields: kind(**{**fields, "positions": _once(fields.get("positions", ()))}))
    return _fields(kind).map(lambda fields: kind(**fields))


def _once(positions: tuple[OpeningPosition, ...]) -> tuple[OpeningPosition, ...]:
    return tuple({position.symbol: position for position in positions}.values())


def _bar(fields: dict[str, Any], prices: list[Decimal]) -> Bar:
    low, first, last, high = sorted(prices)
    return Bar(**{**fields, "low": low, "open": last, "close": first, "high": high})


def _fields(kind: type[Any]) -> st.SearchStrategy[dict[str, Any]]:
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    required = {field.name: _field(kind, field) for field in info.fields if field.required}
    optional = {field.name: _field(kind, field) for field in info.fields if not field.required}
    return st.fixed_dictionaries(required, optional=optional)


def _field(kind: type[Any], field: inspect.Field) -> st.SearchStrategy[Any]:
    if field.name == "changes":
        return CHANGES
    if field.name == "scope" and kind.__name__ == "SetLimits":
        return st.sampled_from([Scope.ACCOUNT, Scope.DESK, Scope.FIRM])
    if field.name == "score_weights":
        return st.fixed_dictionaries(dict.fromkeys(SCORED, st.floats(0.5, 9.0)))
    return _any(field.type, field.name)


def _any(info: Any, name: str) -> st.SearchStrategy[Any]:  # noqa: PLR0911
    match info:
        case inspect.Metadata():
            return _any(info.type, name)
        case inspect.UnionType():
            return st.one_of([_any(each, name) for each in info.types])
        case inspect.VarTupleType():
            return st.lists(_any(info.item_type, name), min_size=info.min_length or 0, max_size=2).map(tuple)
        case inspect.DictType():
            return st.dictionaries(_any(info.key_type, "key"), _any(info.value_type, name), max_size=2)
        case inspect.StructType():
            return events(info.cls) if issubclass(info.cls, Event) else _fields(info.cls).map(lambda f: info.cls(**f))
        case inspect.EnumType():
            return st.sampled_from(list(info.cls))
    return _plain(info, name)


def _plain(info: Any, name: str) -> st.SearchStrategy[Any]:  # noqa: PLR0911
    match info:
        case inspect.DecimalType():
            return SIGNED if name in SIGNED_NAMES else POSITIVE
        case inspect.FloatType():
            return _float(info)
        case inspect.BoolType():
            return st.booleans()
        case inspect.IntType():
            return _int(info)
        case inspect.LiteralType():
            return st.sampled_from(info.values)
        case inspect.NoneType():
            return st.none()
        case inspect.StrType():
            if info.pattern:
                return st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3)
            return st.text(LETTERS, min_size=info.min_length or 0, max_size=min(info.max_length or 20, 64))
    raise AssertionError(f"no strategy for {name}: {info}")


def _int(info: inspect.IntType) -> st.SearchStrategy[int]:
    low = info.ge if info.gt is None else info.gt + 1
    return st.integers(-(2**63) if low is None else low, 2**63 - 1 if info.le is None else info.le)


def _float(info: inspect.FloatType) -> st.SearchStrategy[float]:
    low = next((bound for bound in (info.gt, info.ge) if bound is not None), None)
    return st.floats(
        low,
        info.lt if info.le is None else info.le,
        allow_nan=False,
        allow_infinity=False,
        exclude_min=info.gt is not None,
        exclude_max=info.lt is not None,
    )
