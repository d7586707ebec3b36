"""Scenarios of one's own, written in TOML::

    shipped = true                 # false: only those of this file

    [[scenario]]
    name = "oil_embargo"           # the name of a shipped scenario replaces it
    source = "risk committee, 2026-03"
    equity = -0.15                 # simple returns; every class must be given, 0.0 says that it does not move
    bond = -0.04
    commodity = 0.60
    fx = 0.0
    crypto = -0.20
    spread_multiple = 2.0
    [scenario.sectors]
    energy = 0.25
    [scenario.symbols]
    XOM = 0.30

All fields are those of :class:`risk.stress.scenario.Scenario`.
"""

from __future__ import annotations

import tomllib
from typing import Any

import msgspec

from risk.stress.scenario import Scenario
from risk.stress.scenario_set import SHIPPED, ScenarioSet
from schemas.base import shown
from schemas.expectations import fitting

_FIELDS = {field.name: field for field in msgspec.structs.fields(Scenario)}


class BadScenario(ValueError):
    """A file of scenarios that can't be used: the message names the field, its value and what was expected."""


def scenario_set(text: str) -> ScenarioSet:
    """The scenarios of a TOML document, after those that ship unless it says ``shipped = false``.

    :raises BadScenario: no TOML, an unknown or a missing field, a value that a field can't have, a name twice, or no
        scenario at all.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadScenario(f"the scenarios are no TOML: {error}") from None
    shipped, tables = document.pop("shipped", True), document.pop("scenario", [])
    if document or not isinstance(shipped, bool) or not isinstance(tables, list) or not tables:
        seen = next(iter(document), None)
        raise BadScenario(
            f"{shown(seen)!r} is not expected, only `shipped` and [[scenario]] are"
            if seen
            else "the file has no scenario, expected one or more [[scenario]] and `shipped` true or false"
        )
    own = [_scenario(f"scenario[{number}]", table) for number, table in enumerate(tables, start=1)]
    names = {scenario.name for scenario in own}
    kept = [each for each in SHIPPED.scenarios if shipped and each.name not in names]
    try:
        return ScenarioSet([*kept, *own])
    except ValueError as error:
        raise BadScenario(str(error)) from None


def _scenario(place: str, table: Any) -> Scenario:
    if not isinstance(table, dict):
        raise BadScenario(f"`{place}` is {shown(table)}, expected a table [[scenario]]")
    unknown = sorted(table.keys() - _FIELDS.keys())
    if unknown:
        name, value = unknown[0], table[unknown[0]]
        raise BadScenario(f"`{place}.{shown(name)}` is {shown(value)}, expected one of the names {', '.join(_FIELDS)}")
    missing = [name for name, field in _FIELDS.items() if field.required and name not in table]
    if missing:
        raise BadScenario(f"`{place}.{missing[0]}` is missing, expected it with {', '.join(_required())}")
    values = {name: _value(f"{place}.{name}", value, _FIELDS[name].type) for name, value in table.items()}
    try:
        return Scenario(**values)
    except ValueError as error:
        raise BadScenario(f"{place} {shown(table['name'])!r}: {error}") from None


def _value(name: str, value: Any, kind: Any) -> Any:
    try:
        return fitting(name, value, kind)
    except ValueError as error:
        raise BadScenario(str(error)) from None


def _required() -> list[str]:
    return [name for name, field in _FIELDS.items() if field.required]
