"""Layer 7, circuit breakers: what the daily loss and the drawdown, open P&L included, still allow.

The level that counts is the more severe of the journaled one and the one that the loss right now calls for: an order
never profits from a breaker that has not been moved yet.
"""

from __future__ import annotations

from risk.breaker import SEVERITY, level_of, loss, thresholds
from risk.layers.checks import at_most, missing, summarise
from risk.proposal import Proposal
from risk.state import AccountState
from schemas.commands import BreakerKind, BreakerLevel
from schemas.decisions import Check, LayerResult, Verdict
from schemas.reasons import Reason

#: Share of the order value limit that is left at level "restricted".
RESTRICTED_SHARE = 0.5
_RESTRICTED, _REDUCE_ONLY = SEVERITY[BreakerLevel.RESTRICTED], SEVERITY[BreakerLevel.REDUCE_ONLY]
_REASONS = {SEVERITY[BreakerLevel.HALTED]: Reason.BREAKER_HALTED, _REDUCE_ONLY: Reason.BREAKER_REDUCE_ONLY}
_UNITS = {rank: f"loss, level {level.value}" for level, rank in SEVERITY.items()}
_NAMES = {kind: kind.value for kind in BreakerKind}


def breakers(p: Proposal) -> LayerResult:
    """Both breakers of the account; reducing orders always pass."""
    if p.account is None or p.equity is None:
        return summarise(7, "breakers", [missing("equity", Reason.BREAKER_UNAVAILABLE)], p.reducing)
    checks = [_check(p, p.account, p.equity, kind) for kind in BreakerKind]
    return summarise(7, "breakers", checks, p.reducing)


def _check(p: Proposal, account: AccountState, equity: float, kind: BreakerKind) -> Check:
    breaker, bounds = account.breakers[kind], thresholds(p.limits, kind)
    lost = loss(breaker, equity)
    if lost is None:
        return missing(kind.value, Reason.BREAKER_UNAVAILABLE)
    severity = max(SEVERITY[breaker.level], SEVERITY[level_of(lost, bounds)])
    if severity == _RESTRICTED:
        return at_most(
            _NAMES[kind] + "_restricted_value",
            p.value,
            RESTRICTED_SHARE * p.limits.order_value_max,
            "money",
            Reason.BREAKER_SIZE_RESTRICTED,
        )
    return _judged(_NAMES[kind], lost, bounds[_REDUCE_ONLY - 1], severity)


def _judged(name: str, lost: float, limit: float, severity: int) -> Check:
    reason = _REASONS.get(severity)
    verdict = Verdict.FAIL if reason else Verdict.WARN if severity else Verdict.PASS
    return Check(
        name=name,
        measure=lost,
        limit=limit,
        unit=_UNITS[severity],
        headroom=1.0 - lost / limit,
        verdict=verdict,
        reason=reason,
    )
