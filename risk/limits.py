"""Which limits hold for an account: its own, under the ceilings of its desk and its firm, whichever is tightest."""

from __future__ import annotations

from risk.state import AccountState, PartitionState
from schemas.commands import Scope
from schemas.limits import LimitSet, most_restrictive
from schemas.presets import PRESETS, Preset, both
from schemas.reference import Account

#: What an account is judged by whose preset nobody knows; layer 1 refuses all its orders but reducing ones.
STRICTEST = PRESETS["conservative"]


def known_preset(state: PartitionState, name: str) -> Preset | None:
    """A preset as it was journaled; as it ships, where the journal is from before that."""
    return state.presets.get(name) or PRESETS.get(name)


def preset_of(state: PartitionState, account: AccountState | None) -> Preset:
    """What an account is judged by."""
    known = known_preset(state, account.definition.preset) if account is not None else None
    return known or STRICTEST


def limits_at(account: AccountState | None, preset: Preset, vix: float) -> tuple[LimitSet, bool]:
    """What an account is held to at a level of the VIX, and whether that brings in the preset's crisis limits."""
    limits = account.limits if account is not None else preset.limits
    crisis = vix > limits.vix_crisis_max
    return (both(limits, preset.crisis) if crisis else limits), crisis


def effective_limits(own: LimitSet, definition: Account, ceilings: dict[str, dict[str, float]]) -> LimitSet:
    """The most restrictive value of each limit."""
    limits = own
    for scope, scope_id in ((Scope.DESK, definition.desk_id), (Scope.FIRM, definition.firm_id)):
        ceiling = ceilings.get(f"{scope}:{scope_id}")
        if ceiling:
            limits = most_restrictive(limits, ceiling)
    return limits


def rebuild_limits(state: PartitionState) -> None:
    """Recompute what holds for every account; an account whose limits changed gets the partition's new version."""
    for account in state.accounts.values():
        _rebuild(account, state)


def _rebuild(account: AccountState, state: PartitionState) -> None:
    limits = effective_limits(account.own_limits, account.definition, state.ceilings)
    if limits != account.limits or not account.limits_version:
        account.limits = limits
        account.limits_version = state.limits_version


def killed_by(state: PartitionState, definition: Account, strategy_id: str | None, trader_id: str | None) -> str | None:
    """The kill switch that stops an order, such as ``desk:rates``; ``None`` if none does."""
    if not state.kills:
        return None
    scopes = (
        (Scope.FIRM, definition.firm_id),
        (Scope.DESK, definition.desk_id),
        (Scope.ACCOUNT, definition.account_id),
        (Scope.STRATEGY, strategy_id),
        (Scope.TRADER, trader_id),
    )
    keys = (f"{scope}:{scope_id}" for scope, scope_id in scopes if scope_id is not None)
    return next((key for key in keys if key in state.kills), None)
