"""A command that concerns more than one account is found missing where it is, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.commands import Kill, Scope, SetLimits, Timer, Unkill
from streams.copies import NEVER_NS, Part, missing, wide

COMMON: dict[str, Any] = {"author": "jo", "event_time_ns": 50}
KILL = Kill(command_id="k", scope=Scope.FIRM, scope_id="firm", **COMMON)


def part(partition: int, *commands: Any, since_ns: int = 0, complete: bool = True) -> Part:
    return Part(partition, since_ns, {each.command_id: each for each in commands}, complete)


def test_wide_are_those_of_more_than_one_account() -> None:
    """Kills, unkills and limits of every scope but an account; a timer leaves nothing that would be missed."""
    scopes = [Kill(command_id=scope, scope=scope, scope_id="x", **COMMON) for scope in Scope]
    others = [
        Unkill(command_id="u", scope=Scope.TRADER, scope_id="x", **COMMON),
        SetLimits(command_id="l", scope=Scope.DESK, scope_id="x", changes={}, **COMMON),
        Timer(command_id="t", event_time_ns=1),
    ]
    assert [each.command_id for each in wide([*scopes, *others])] == ["desk", "firm", "strategy", "trader", "u", "l"]


def test_a_copy_in_each_is_none_missing() -> None:
    """Two commands, in all three partitions, in any order."""
    other = Kill(command_id="k2", scope=Scope.DESK, scope_id="main", **COMMON)
    assert not list(missing([part(0, KILL, other), part(1, other, KILL), part(2, KILL, other)]))


def test_a_missing_copy_is_named() -> None:
    """Where it is missing, what it is, and where it is."""
    found = list(missing([part(0, KILL), part(1), part(2, KILL)]))
    assert found == [(1, "kill 'k' of firm firm is in partition 0, 2, but not here")]


def test_what_waits_is_not_missing() -> None:
    """A partition with commands before it, or one that can't be read, may have it yet."""
    assert not list(missing([part(0, KILL), part(1, complete=False)]))


@pytest.mark.parametrize(("since_ns", "count"), [(49, 1), (50, 0), (NEVER_NS, 0)])
def test_what_was_sent_before_a_snapshot_is_not_missing(since_ns: int, count: int) -> None:
    """A part that begins later than the command was sent need not have it: it may be in the snapshot."""
    assert len(list(missing([part(0, KILL), part(1, since_ns=since_ns)]))) == count
