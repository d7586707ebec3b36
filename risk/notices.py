"""What a person must be told of an account beside its breakers, once a change. Each becomes a record."""

from __future__ import annotations

from collections.abc import Iterator

from risk.state import AccountState
from schemas.records import CrisisMoved, FillsLost

#: A crisis ends when the VIX is below its limit by this share, so one that wavers there does not write a record a tick.
CRISIS_STEP = 0.02


def notices(account: AccountState, vix: float, now_ns: int) -> Iterator[CrisisMoved | FillsLost]:
    """The records for one account. A VIX that is not known (NaN) begins and ends nothing.

    Orders are held to the crisis limits at once, and no longer than the VIX is above its limit
    (:func:`risk.limits.limits_at`); that fills were lost refuses them as long as it lasts.
    """
    limit = account.limits.vix_crisis_max
    if vix <= limit * (1.0 - CRISIS_STEP) if account.crisis else vix > limit:
        yield CrisisMoved(
            account_id=account.definition.account_id,
            active=not account.crisis,
            vix=vix,
            limit=limit,
            event_time_ns=now_ns,
        )
    if account.fills_lost and not account.fills_lost_told:
        yield FillsLost(account_id=account.definition.account_id, count=account.fills_lost, event_time_ns=now_ns)
