"""Commands for an account that is not known yet: they wait for it, merged, so that none is dropped."""

from __future__ import annotations

from risk.state import PENDING_MAX, AccountState, Early, PartitionState
from schemas.commands import BreakerKind, BreakerLevel
from schemas.limits import changed


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
    known = state.commands_pending.get(account_id)
    if known is None and len(state.commands_pending) >= PENDING_MAX:
        state.commands_lost += 1
        return None
    if known is None:
        known = state.commands_pending[account_id] = Early()
    return known
