"""What an old reader or an old record would stumble over, found by comparing two JSON schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Presets may be tuned: an event carries the limits it was made with by value.
TUNABLE = {"LimitSet"}
#: Fields whose bounds were drawn after the schema was frozen and before any release; all that was written is within.
BOUNDED = {
    "Account": {"symbols_allowed"},
    "Backtest": {"confidence", "observations", "exceptions"},
    "Bar": {"period_ns"},
    "BreakerEvent": {"trigger"},
    "BreakerMoved": {"trigger"},
    "Check": {"name", "unit"},
    "Claim": {"partitions", "code_version", "schema_version"},
    "DayRolled": {"method", "confidence", "exceptions", "observations", "zone"},
    "DeadLetter": {"topic", "partition", "offset"},
    "Decision": {"fix_ord_rej_reason", "score", "recommendations", "preset", "limits_version", "market_version"},
    "FillsLost": {"count"},
    "Instrument": {"spread_bps"},
    "LayerResult": {"layer", "name", "unit"},
    "Mark": {"version"},
    "MarkUsed": {"version"},
    "RiskMetrics": {"confidence", "stress_scenario", "limits_version"},
    "SkipInputs": {"partition", "first", "last"},
    "VarResult": {"confidence", "horizon_days", "observations"},
}
_IGNORED = {"description", "title", "default", "discriminator"}
_UPPER, _LOWER = ("maxLength", "maximum", "exclusiveMaximum"), ("minLength", "minimum", "exclusiveMinimum")
Schema = dict[str, Any]


def breaks(old: Schema, new: Schema, bounded: Mapping[str, set[str]] = BOUNDED) -> list[str]:
    """One line for each change of the definitions that is not additive; empty when all are. ``bounded`` names fields
    whose bounds may have become narrower."""
    found = []
    for name, definition in old["$defs"].items():
        current = new["$defs"].get(name)
        found += (
            [f"{name}: the type was removed"]
            if current is None
            else _definition(name, definition, current, bounded.get(name, set()))
        )
    return found


def _definition(name: str, old: Schema, new: Schema, bounded: set[str]) -> list[str]:
    if "enum" in old:
        return [f"{name}: value {value!r} was removed" for value in old["enum"] if value not in new.get("enum", [])]
    added = sorted(set(new.get("required", [])) - set(old.get("required", [])))
    found = [f"{name}.{field}: the field is required now; give it a default" for field in added]
    for field, schema in old.get("properties", {}).items():
        current = new.get("properties", {}).get(field)
        before, after = (_unbounded(schema), _unbounded(current)) if field in bounded else (schema, current)
        found += _field(f"{name}.{field}", before, after, tunable=name in TUNABLE)
    return found


def _field(path: str, old: Schema, new: Schema | None, *, tunable: bool) -> list[str]:
    if new is None:
        return [f"{path}: the field was removed"]
    found = [] if _accepts(old, new) else [f"{path}: the type changed from {_bare(old)} to {_bare(new)}"]
    if "default" in old and old["default"] != new.get("default") and not tunable:
        was, now = old["default"], new.get("default")
        found.append(f"{path}: the default changed from {was!r} to {now!r}, and old records omit it")
    return found


def _unbounded(node: Any) -> Any:
    if isinstance(node, list):
        return [_unbounded(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {key: _unbounded(value) for key, value in node.items() if key not in {*_UPPER, *_LOWER}}


def _bare(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key not in _IGNORED}


def _accepts(old: Schema, new: Schema) -> bool:
    """Whether ``new`` takes all that ``old`` takes (where that is plain to see)."""
    old, new = _bare(old), _bare(new)
    if old == new:
        return True
    if "anyOf" in new:
        return all(any(_accepts(one, other) for other in new["anyOf"]) for one in old.get("anyOf", [old]))
    if "enum" in old and "enum" in new:
        return set(old["enum"]) <= set(new["enum"])
    if "enum" in old and new.get("type") == "string":
        return all(new.get("minLength", 0) <= len(value) <= new.get("maxLength", len(value)) for value in old["enum"])
    for part in ("items", "additionalProperties"):
        if part in old and part in new:
            return _accepts(old[part], new[part])
    return _looser(old, new)


def _looser(old: Schema, new: Schema) -> bool:
    bounds = {*_UPPER, *_LOWER}
    same = {k: v for k, v in old.items() if k not in bounds} == {k: v for k, v in new.items() if k not in bounds}
    upper = all(key not in new or old.get(key, float("inf")) <= new[key] for key in _UPPER)
    return same and upper and all(key not in new or old.get(key, float("-inf")) >= new[key] for key in _LOWER)
