"""Limits: two presets, and combinations that never loosen."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.limits import CONSERVATIVE, LIMIT_NAMES, STANDARD, LimitSet, changed, most_restrictive
from schemas.presets import PRESETS

CHANGES = st.dictionaries(st.sampled_from(LIMIT_NAMES), st.floats(1e-6, 0.999), max_size=8)
SETS = st.sampled_from([STANDARD, CONSERVATIVE]) | CHANGES.map(lambda changes: changed(STANDARD, changes))
names = pytest.mark.parametrize("name", LIMIT_NAMES)


def no_looser(name: str, one: LimitSet, other: LimitSet) -> bool:
    """Whether a limit of ``one`` is at least as strict as that of ``other``."""
    mine, its = getattr(one, name), getattr(other, name)
    return bool(mine <= its if "_max" in name else mine >= its)


@names
def test_names_tell_their_direction(name: str) -> None:
    """Every limit is a ``_max`` or a ``_min``, never both, so that the stricter value is known."""
    assert ("_max" in name) != ("_min" in name)


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_valid(preset: str) -> None:
    """A preset holds to the ranges of every limit."""
    assert msgspec.convert(msgspec.structs.asdict(PRESETS[preset].limits), LimitSet) == PRESETS[preset].limits


@names
def test_conservative_is_nowhere_looser(name: str) -> None:
    """No limit of the conservative preset allows more than the standard one."""
    assert no_looser(name, CONSERVATIVE, STANDARD)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("breaker", ["daily_loss", "drawdown"])
def test_breaker_levels_ascend(preset: str, breaker: str) -> None:
    """A breaker warns before it restricts, restricts before it reduces, and reduces before it halts."""
    limits = PRESETS[preset].limits
    levels = [getattr(limits, f"{breaker}_{level}_max") for level in ("warn", "restrict", "reduce", "halt")]
    assert levels == sorted(set(levels))
    assert levels[-1] < 1


@settings(deadline=None)
@given(SETS, CHANGES)
def test_most_restrictive_never_loosens(limits: LimitSet, changes: dict[str, float]) -> None:
    """The result is at least as strict as both sides in every limit."""
    tighter = most_restrictive(limits, changes)
    assert all(no_looser(name, tighter, limits) for name in LIMIT_NAMES)
    assert all(no_looser(name, tighter, changed(limits, changes)) for name in changes)


@settings(deadline=None)
@given(SETS, CHANGES)
def test_most_restrictive_takes_one_of_both(limits: LimitSet, changes: dict[str, float]) -> None:
    """Each limit of the result is one of the two values, and unnamed limits stay."""
    tighter = most_restrictive(limits, changes)
    for name in LIMIT_NAMES:
        assert getattr(tighter, name) in {getattr(limits, name), changes.get(name, getattr(limits, name))}


@settings(deadline=None)
@given(SETS, CHANGES)
def test_most_restrictive_is_idempotent(limits: LimitSet, changes: dict[str, float]) -> None:
    """Applying the same ceiling again changes nothing."""
    once = most_restrictive(limits, changes)
    assert most_restrictive(once, changes) == once
    assert most_restrictive(limits, msgspec.structs.asdict(limits)) == limits


@settings(deadline=None)
@given(SETS, CHANGES, CHANGES)
def test_the_order_of_ceilings_is_free(limits: LimitSet, desk: dict[str, float], firm: dict[str, float]) -> None:
    """Desk before firm or firm before desk: the same limits hold."""
    assert most_restrictive(most_restrictive(limits, desk), firm) == most_restrictive(
        most_restrictive(limits, firm), desk
    )


@settings(deadline=None)
@given(SETS, CHANGES)
def test_changed_replaces_what_is_named(limits: LimitSet, changes: dict[str, float]) -> None:
    """Named limits get their new values, looser ones too; the others stay, and the set given is untouched."""
    before = msgspec.structs.asdict(limits)
    assert msgspec.structs.asdict(changed(limits, changes)) == before | changes
    assert msgspec.structs.asdict(limits) == before


@pytest.mark.parametrize("name", ["", "var", "VAR_MAX", "var_max ", "__class__"])
def test_unknown_names_are_refused(name: str) -> None:
    """A name that is no limit is refused by name, with those that are."""
    with pytest.raises(ValueError, match=r"`changes\..*expected one of the names order_quantity_max"):
        changed(STANDARD, {name: 1.0})


@names
@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf"), float("-inf"), "1", None, True])
def test_impossible_values_are_refused(name: str, value: Any) -> None:
    """No limit takes a negative, infinite, undefined or non-numeric value; the message names limit and value."""
    with pytest.raises(ValueError, match=rf"`changes\.{name}` is {value}, expected"):
        changed(STANDARD, {name: value})


@pytest.mark.parametrize(("name", "value"), [("var_max", 0.0), ("var_confidence_min", 1.0), ("history_min", 0)])
def test_values_at_open_ends_are_refused(name: str, value: float) -> None:
    """Zero is no limit, and a confidence of one has no quantile."""
    with pytest.raises(ValueError, match=name):
        changed(STANDARD, {name: value})


def test_a_score_of_zero_is_allowed() -> None:
    """The smallest score may be zero: no order is refused for its score then."""
    assert changed(STANDARD, {"score_min": 0}).score_min == 0


@names
@pytest.mark.parametrize("preset", PRESETS)
def test_crisis_limits_are_nowhere_looser(name: str, preset: str) -> None:
    """What holds in a crisis allows no more than what holds before it."""
    assert no_looser(name, PRESETS[preset].crisis, PRESETS[preset].limits)
