"""What follows from one effective journal record: breaker events and alerts, under the record's own id. Pure.

Only the alert of a kill switch goes by its command, of which each partition's journal may have a copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

from risk.breaker import SEVERITY
from schemas.base import Event
from schemas.commands import BreakerLevel, Kill
from schemas.outputs import Alert, Backtest, BreakerEvent, Severity
from schemas.records import BreakerMoved, CrisisMoved, DayRolled, Facts, FillsLost
from schemas.topics import ALERTS, BACKTESTS, BREAKERS, Topic
from streams.journal import Kind
from streams.reader import Entry

_ALERT_LEVELS = {
    BreakerLevel.WARNING: Severity.INFO,
    BreakerLevel.RESTRICTED: Severity.WARNING,
    BreakerLevel.REDUCE_ONLY: Severity.CRITICAL,
    BreakerLevel.HALTED: Severity.CRITICAL,
}
#: The length of an :data:`schemas.base.Identifier`.
ID_MAX = 64
#: The records that anything follows from.
KINDS = (Kind.EVENT, Kind.FACTS)


def project(entry: Entry) -> Iterator[tuple[Topic, Event]]:
    """The events of one record; ids are "partition-seq", of kill switches "kill-command"."""
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
    elif isinstance(body, CrisisMoved):
        yield ALERTS, _crisis_alert(number, body)
    elif isinstance(body, FillsLost):
        yield ALERTS, _fills_lost_alert(number, body)
    elif isinstance(body, Facts):
        for fact in body.facts:
            if isinstance(fact, Kill):
                yield ALERTS, _kill_alert(fact)


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


def _crisis_alert(number: str, moved: CrisisMoved) -> Alert:
    text = f"the tighter limits of a crisis {'hold for' if moved.active else 'ended for'} {moved.account_id}: VIX "
    return Alert(
        alert_id=number,
        account_id=moved.account_id,
        severity=Severity.WARNING if moved.active else Severity.INFO,
        category="crisis",
        text=f"{text}{moved.vix:.2f} against {moved.limit:.2f}",
        event_time_ns=moved.event_time_ns,
    )


def _fills_lost_alert(number: str, lost: FillsLost) -> Alert:
    return Alert(
        alert_id=number,
        account_id=lost.account_id,
        severity=Severity.CRITICAL,
        category="fills_lost",
        text=f"{lost.account_id} is closed: {lost.count} fills could not be kept, so what it holds is unknown",
        event_time_ns=lost.event_time_ns,
    )


def _kill_alert(kill: Kill) -> Alert:
    text = f"{kill.author} stopped {kill.scope} {kill.scope_id}: {kill.reason or 'no reason given'}"
    return Alert(
        alert_id=_kill_id(kill.command_id),
        account_id=kill.scope_id,
        severity=Severity.CRITICAL,
        category="kill_switch",
        text=text[:500],
        event_time_ns=kill.event_time_ns,
    )


def _kill_id(command_id: str) -> str:
    """The same in every partition; of a command whose id is too long to be part of it, by a hash."""
    number = f"kill-{command_id}"
    return number if len(number) <= ID_MAX else f"kill-{blake2b(command_id.encode(), digest_size=16).hexdigest()}"
