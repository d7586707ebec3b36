"""Commands for an account that is not known yet: they wait for it, merged. One that can't be kept is told of."""

from __future__ import annotations

from collections.abc import Iterator

from risk.state import PENDING_MAX, AccountState, Early, PartitionState
from schemas.base import Event
from schemas.commands import BreakerKind, BreakerLevel, Scope, SetLimits, TripBreaker
from schemas.limits import changed
from schemas.records import CommandLost


def losses(state: PartitionState, event: Event, now_ns: int) -> Iterator[CommandLost]:
    """The record that goes before the facts of a command which can't be kept; of others, none."""
    if isinstance(event, SetLimits) and event.scope is Scope.ACCOUNT:
        account_id = event.scope_id
    elif isinstance(event, TripBreaker) and event.level is not BreakerLevel.NORMAL:
        account_id = event.account_id
    else:  # what puts a breaker back to normal has nothing to take back where nothing is kept
        return
    if account_id not in state.accounts and _overflows(state, account_id):
        command = str(event.__struct_config__.tag)
        yield CommandLost(account_id=account_id, command_id=event.command_id, command=command, event_time_ns=now_ns)


def limit_early(state: PartitionState, account_id: str, changes: dict[str, float]) -> None:
    """Limits that hold from the account's first moment."""
    early = _early(state, account_id)
    if early is not None:
        early.changes.update(changes)


def trip_early(state: PartitionState, account_id: str, breaker: BreakerKind, level: BreakerLevel) -> None:
    """The level that a breaker begins at; normal takes back what was ordered before."""
    if level is BreakerLevel.NORMAL and account_id not in state.commands_pending:
        return
    early = _early(state, account_id)
    if early is not None:
        early.levels[breaker] = level


def carry_out(state: PartitionState, account: AccountState) -> None:
    """Do to a new account what was ordered for it. If there was more than could be kept, nobody knows what that was:
    its breakers begin halted, and wait for a person."""
    early = state.commands_pending.pop(account.definition.account_id, None) or Early()
    account.own_limits = changed(account.own_limits, early.changes)
    if state.commands_lost:
        early.levels = dict.fromkeys(BreakerKind, BreakerLevel.HALTED)
    for kind, level in early.levels.items():
        account.breakers[kind].level, account.breakers[kind].latched = level, level is not BreakerLevel.NORMAL


def _early(state: PartitionState, account_id: str) -> Early | None:
    if _overflows(state, account_id):
        state.commands_lost += 1
        return None
    return state.commands_pending.setdefault(account_id, Early())


def _overflows(state: PartitionState, account_id: str) -> bool:
    return account_id not in state.commands_pending and len(state.commands_pending) >= PENDING_MAX
