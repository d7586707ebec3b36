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
_ORDER: dict[Reason | None, int] = {
    Reason.BREAKER_UNAVAILABLE: 0,
    Reason.BREAKER_HALTED: 1,
    Reason.BREAKER_REDUCE_ONLY: 2,
    Reason.BREAKER_SIZE_RESTRICTED: 3,
    None: 4,
}
_UNITS = {rank: f"loss, level {level.value}" for level, rank in SEVERITY.items()}
_NAMES = {kind: kind.value for kind in BreakerKind}


def breakers(p: Proposal) -> LayerResult:
    """Both breakers of the account, the more severe refusal first; reducing orders always pass."""
    age_ns = p.age_ns(p.marks_ns)
    if p.account is None or p.book is None or p.book.unvalued:
        return summarise(7, "breakers", [missing("equity", Reason.BREAKER_UNAVAILABLE)], p.reducing, age_ns)
    checks = [check for kind in BreakerKind for check in _checks(p, p.account, p.book.equity, kind)]
    return summarise(7, "breakers", sorted(checks, key=_precedence), p.reducing, age_ns)


def _precedence(check: Check) -> int:
    return _ORDER[check.reason]


def _checks(p: Proposal, account: AccountState, equity: float, kind: BreakerKind) -> list[Check]:
    """The loss, and at level "restricted" the order's value too: the loss keeps its part in the score."""
    breaker, bounds = account.breakers[kind], thresholds(p.limits, kind)
    lost = loss(breaker, equity)
    if lost is None:
        return [missing(kind.value, Reason.BREAKER_UNAVAILABLE)]
    severity = max(SEVERITY[breaker.level], SEVERITY[level_of(lost, bounds)])
    check = _judged(_NAMES[kind], lost, bounds[_REDUCE_ONLY - 1], severity)
    if severity != _RESTRICTED:
        return [check]
    value = at_most(
        _NAMES[kind] + "_restricted_value",
        p.value,
        RESTRICTED_SHARE * p.limits.order_value_max,
        "money",
        Reason.BREAKER_SIZE_RESTRICTED,
    )
    return [check, value]


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
