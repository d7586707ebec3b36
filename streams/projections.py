"""What follows from one effective journal record: breaker events and alerts, under the record's own id. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from risk.breaker import SEVERITY
from schemas.base import Event
from schemas.commands import BreakerLevel, Kill
from schemas.outputs import Alert, Backtest, BreakerEvent, Severity
from schemas.records import BreakerMoved, DayRolled, Facts
from schemas.topics import ALERTS, BACKTESTS, BREAKERS, Topic
from streams.journal import Kind
from streams.reader import Entry

_ALERT_LEVELS = {
    BreakerLevel.WARNING: Severity.INFO,
    BreakerLevel.RESTRICTED: Severity.WARNING,
    BreakerLevel.REDUCE_ONLY: Severity.CRITICAL,
    BreakerLevel.HALTED: Severity.CRITICAL,
}


#: The records that anything follows from.
KINDS = (Kind.EVENT, Kind.FACTS)


def project(entry: Entry) -> Iterator[tuple[Topic, Event]]:
    """The events of one record; ids are "partition-seq"."""
    body, number = entry.body, f"{entry.partition}-{entry.seq}"
    if isinstance(body, BreakerMoved):
        fields = {name: getattr(body, name) for name in BreakerEvent.__struct_fields__ if name != "event_id"}
        yield BREAKERS, BreakerEvent(event_id=number, **fields)
        if SEVERITY[body.level_to] > SEVERITY[body.level_from]:
            yield ALERTS, _breaker_alert(number, body)
    elif isinstance(body, DayRolled):
        for place, result in enumerate(body.backtests):
            fields = {name: getattr(result, name) for name in result.__struct_fields__}
            yield (
                BACKTESTS,
                Backtest(
                    backtest_id=f"{number}-{place}",
                    account_id=body.account_id,
                    event_time_ns=body.event_time_ns,
                    **fields,
                ),
            )
    elif isinstance(body, Facts):
        for fact in body.facts:
            if isinstance(fact, Kill):
                yield ALERTS, _kill_alert(number, fact)


def _breaker_alert(number: str, moved: BreakerMoved) -> Alert:
    text = (
        f"{moved.breaker} of {moved.account_id} went from {moved.level_from} to {moved.level_to}: "
        f"{moved.measure:.4f} against {moved.limit:.4f} ({moved.trigger})"
    )
    return Alert(
        alert_id=number,
        account_id=moved.account_id,
        severity=_ALERT_LEVELS[moved.level_to],
        category="circuit_breaker",
        text=text[:500],
        event_time_ns=moved.event_time_ns,
    )


def _kill_alert(number: str, kill: Kill) -> Alert:
    text = f"{kill.author} stopped {kill.scope} {kill.scope_id}: {kill.reason or 'no reason given'}"
    return Alert(
        alert_id=number,
        account_id=kill.scope_id,
        severity=Severity.CRITICAL,
        category="kill_switch",
        text=text[:500],
        event_time_ns=kill.event_time_ns,
    )
