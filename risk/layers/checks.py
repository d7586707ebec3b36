"""How a layer builds its result: measures against limits, and the binding one of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache, lru_cache

import msgspec

from schemas.decisions import Check, LayerResult, Verdict
from schemas.reasons import Reason

#: A measure beyond this share of its limit warns.
WARN_SHARE = 0.8
_REJECTING = (Verdict.FAIL, Verdict.UNAVAILABLE)


def at_most(name: str, measure: float, limit: float, unit: str, reason: Reason) -> Check:
    """The measure must not exceed the limit; what can't be compared (nan) fails."""
    headroom = 1.0 - measure / limit
    if measure <= limit:
        verdict = Verdict.PASS if measure <= WARN_SHARE * limit else Verdict.WARN
        return Check(name=name, measure=measure, limit=limit, unit=unit, headroom=headroom, verdict=verdict)
    if not math.isfinite(measure):
        return missing(name, reason)
    return Check(
        name=name, measure=measure, limit=limit, unit=unit, headroom=headroom, verdict=Verdict.FAIL, reason=reason
    )


def at_least(name: str, measure: float, limit: float, unit: str, reason: Reason) -> Check:
    """The measure must reach the limit."""
    headroom = measure / limit - 1.0 if limit else 1.0
    if measure >= limit:
        return Check(name=name, measure=measure, limit=limit, unit=unit, headroom=min(1.0, headroom))
    return Check(
        name=name, measure=measure, limit=limit, unit=unit, headroom=headroom, verdict=Verdict.FAIL, reason=reason
    )


@cache
def _passed(name: str) -> Check:
    return Check(name=name)


def holds(name: str, condition: bool, reason: Reason) -> Check:
    """A yes-or-no rule."""
    return _passed(name) if condition else Check(name=name, verdict=Verdict.FAIL, reason=reason)


def missing(name: str, reason: Reason) -> Check:
    """An input is unknown or too old: the order is refused for it."""
    return Check(name=name, verdict=Verdict.UNAVAILABLE, reason=reason)


def unusable(name: str, measure: float, age_ns: int | None, age_max_ns: float, reason: Reason) -> Check | None:
    """Why a measure that was computed before can't be compared: it is unknown, or too old; ``None``: it can."""
    if age_ns is None or math.isnan(measure):
        return missing(name, reason)
    return at_most(f"{name}_age", float(age_ns), age_max_ns, "ns", reason) if age_ns > age_max_ns else None


@lru_cache(maxsize=256)
def var_unit(method: str, confidence: float, returns: int | None = None) -> str:
    """Unit of a VaR or ES by this method, over so many returns where it takes a window of them."""
    of = f", {returns} returns" if returns is not None else ""
    return f"fraction of equity, {method} {100 * confidence:g}%{of}"


def warned(check: Check) -> Check:
    """The same check as a warning, where it would pass without one."""
    return msgspec.structs.replace(check, verdict=Verdict.WARN) if check.verdict is Verdict.PASS else check


def excused(check: Check) -> Check:
    """The same check where the order only reduces risk: reported, and passed."""
    if check.verdict not in _REJECTING:
        return check
    return Check(
        name=check.name,
        measure=check.measure,
        limit=check.limit,
        unit=check.unit,
        headroom=check.headroom,
        verdict=Verdict.EXEMPT,
    )


def summarise(
    layer: int, name: str, checks: Sequence[Check], exempt: bool = False, input_age_ns: int | None = None
) -> LayerResult:
    """The layer's result. Its binding check is the first that rejects, else the one with the least headroom."""
    reported = tuple(map(excused, checks)) if exempt else tuple(checks)
    binding = reported[0]
    least = float("inf")
    for check in reported:
        if check.verdict in _REJECTING:
            binding = check
            break
        if check.headroom is not None and check.headroom < least:
            binding, least = check, check.headroom
    return LayerResult(
        layer=layer,
        name=name,
        measure=binding.measure,
        limit=binding.limit,
        unit=binding.unit,
        headroom=binding.headroom,
        input_age_ns=input_age_ns,
        verdict=binding.verdict,
        reason=binding.reason,
        checks=reported,
    )
