"""Presets of one's own, written in TOML::

    [arbitrage]
    based_on = "standard"          # the default; what is not named here is that preset's
    var_method = "age_weighted"
    sizing_method = "var_budget"
    var_budget = 0.005
    [arbitrage.limits]
    gross_exposure_max = 3.0
    [arbitrage.crisis]             # without it: half of every limit on size and risk
    gross_exposure_max = 1.0
    [arbitrage.score_weights]
    liquidity = 3.0

All fields are those of :class:`schemas.presets.Preset`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

import msgspec

from schemas.base import shown
from schemas.expectations import fitting
from schemas.limits import LimitSet, changed
from schemas.presets import PRESETS, SCORED, Preset, Weight, tightened

NAME_MAX = 64
_TABLES = ("limits", "crisis", "score_weights")
_FIELDS = {each.name: each.type for each in msgspec.structs.fields(Preset) if each.name not in _TABLES}


class BadPreset(ValueError):
    """A file of presets that can't be used: the message names the field, its value and what was expected."""


def presets(text: str) -> dict[str, Preset]:
    """Those that ship and those of a TOML document, by name.

    :raises BadPreset: no TOML, the name of a preset that ships, an unknown field, or a value that a field can't have.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadPreset(f"the presets are no TOML: {error}") from None
    return PRESETS | {name: _preset(name, table) for name, table in document.items()}


def _preset(name: str, table: Any) -> Preset:
    if not isinstance(table, dict):
        raise BadPreset(f"`{shown(name)}` is {shown(table)}, expected a table [{shown(name)}]")
    if name in PRESETS or not 0 < len(name) <= NAME_MAX:
        raise BadPreset(f"[{shown(name)}] is expected to have a name of its own, of at most {NAME_MAX} characters")
    unknown = sorted(table.keys() - {"based_on", *_TABLES, *_FIELDS})
    if unknown:
        field, names = unknown[0], ", ".join(("based_on", *_TABLES, *_FIELDS))
        raise BadPreset(f"`{name}.{shown(field)}` is {shown(table[field])}, expected one of the names {names}")
    base = PRESETS.get(str(table.get("based_on", "standard")))
    if base is None:
        raise BadPreset(f"`{name}.based_on` is {shown(table['based_on'])}, expected one of {', '.join(PRESETS)}")
    limits = _limits(f"{name}.limits", base.limits, table.get("limits", {}))
    values = {field: _value(f"{name}.{field}", table[field], _FIELDS[field]) for field in _FIELDS if field in table}
    try:
        return msgspec.structs.replace(
            base,
            limits=limits,
            crisis=_limits(f"{name}.crisis", tightened(limits), table.get("crisis", {})),
            score_weights=base.score_weights | _weights(f"{name}.score_weights", table.get("score_weights", {})),
            **values,
        )
    except BadPreset:
        raise
    except ValueError as error:
        raise BadPreset(f"[{name}]: {error}") from None


def _limits(place: str, limits: LimitSet, table: Any) -> LimitSet:
    if not isinstance(table, Mapping):
        raise BadPreset(f"`{place}` is {shown(table)}, expected a table [{place}]")
    aged = next((limit for limit in table if place.endswith(".crisis") and limit.endswith("_age_max_ns")), None)
    if aged is not None:
        raise BadPreset(f"`{place}.{shown(aged)}` is not expected: a crisis does not change how old inputs may be")
    try:
        return changed(limits, dict(table))
    except ValueError as error:
        raise BadPreset(str(error).replace("changes", place, 1)) from None


def _weights(place: str, table: Any) -> dict[str, float]:
    if not isinstance(table, Mapping):
        raise BadPreset(f"`{place}` is {shown(table)}, expected a table [{place}]")
    unknown = sorted(table.keys() - set(SCORED))
    if unknown:
        name, value = unknown[0], table[unknown[0]]
        raise BadPreset(f"`{place}.{shown(name)}` is {shown(value)}, expected one of the names {', '.join(SCORED)}")
    return {layer: _value(f"{place}.{layer}", weight, Weight) for layer, weight in table.items()}


def _value(place: str, value: Any, kind: Any) -> Any:
    try:
        return fitting(place, value, kind)
    except ValueError as error:
        raise BadPreset(str(error)) from None
