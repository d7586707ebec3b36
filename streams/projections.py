"""What follows from one effective journal record: breaker events and alerts, under the record's own id. Pure.

Only the alert of a kill switch goes by its command, of which each partition's journal may have a copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict

from risk.breaker import SEVERITY
from schemas.base import Event
from schemas.commands import BreakerLevel, Kill
from schemas.outputs import Alert, Backtest, BreakerEvent, Severity
from schemas.records import BreakerMoved, CommandLost, CrisisMoved, DayRolled, Facts, FillsLost
from schemas.topics import ALERTS, BACKTESTS, BREAKERS, Topic
from streams.journal import Kind

if TYPE_CHECKING:
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


def tells(body: Event) -> bool:
    """Whether anything may follow from a record, without a look at what: no record that it denies is projected."""
    if type(body) is Facts:
        return any(isinstance(fact, Kill) for fact in body.facts)
    return type(body) in _TOLD


def project(entry: Entry) -> Iterator[tuple[Topic, Event]]:
    """The events of one record; ids are "partition-seq", of kill switches "kill-command"."""
    told = _TOLD.get(type(entry.body))
    return iter(()) if told is None else told(f"{entry.partition}-{entry.seq}", entry.body)


def _breaker(number: str, moved: BreakerMoved) -> Iterator[tuple[Topic, Event]]:
    fields = {name: getattr(moved, name) for name in BreakerEvent.__struct_fields__ if name != "event_id"}
    yield BREAKERS, BreakerEvent(event_id=number, **fields)
    if SEVERITY[moved.level_to] > SEVERITY[moved.level_from]:
        text = (
            f"{moved.breaker} of {moved.account_id} went from {moved.level_from} to {moved.level_to}: "
            f"{moved.measure:.4f} against {moved.limit:.4f} ({moved.trigger})"
        )
        yield _alert(number, moved, _ALERT_LEVELS[moved.level_to], "circuit_breaker", text)


def _backtests(number: str, rolled: DayRolled) -> Iterator[tuple[Topic, Event]]:
    for place, result in enumerate(rolled.backtests):
        fields = {name: getattr(rolled, name) for name in ("account_id", "event_time_ns")} | asdict(result)
        yield BACKTESTS, Backtest(backtest_id=f"{number}-{place}", **fields)


def _crisis(number: str, moved: CrisisMoved) -> Iterator[tuple[Topic, Event]]:
    text = f"the tighter limits of a crisis {'hold for' if moved.active else 'ended for'} {moved.account_id}: VIX "
    severity = Severity.WARNING if moved.active else Severity.INFO
    yield _alert(number, moved, severity, "crisis", f"{text}{moved.vix:.2f} against {moved.limit:.2f}")


def _fills_lost(number: str, lost: FillsLost) -> Iterator[tuple[Topic, Event]]:
    text = f"{lost.account_id} is closed: {lost.count} fills could not be kept, so what it holds is unknown"
    yield _alert(number, lost, Severity.CRITICAL, "fills_lost", text)


def _command_lost(number: str, lost: CommandLost) -> Iterator[tuple[Topic, Event]]:
    text = (
        f"{lost.command} {lost.command_id} of {lost.account_id} could not be kept until the account is known: send it "
        "again then; whatever account begins in its partition begins halted"
    )
    yield _alert(number, lost, Severity.CRITICAL, "command_lost", text)


def _kills(_: str, facts: Facts) -> Iterator[tuple[Topic, Event]]:
    for kill in facts.facts:
        if isinstance(kill, Kill):
            text = f"{kill.author} stopped {kill.scope} {kill.scope_id}: {kill.reason or 'no reason given'}"
            yield (
                ALERTS,
                Alert(
                    alert_id=_kill_id(kill.command_id),
                    account_id=kill.scope_id,
                    severity=Severity.CRITICAL,
                    category="kill_switch",
                    text=text[:500],
                    event_time_ns=kill.event_time_ns,
                ),
            )


def _alert(number: str, record: Any, severity: Severity, category: str, text: str) -> tuple[Topic, Alert]:
    """The alert of a record about one account."""
    return ALERTS, Alert(
        alert_id=number,
        account_id=record.account_id,
        severity=severity,
        category=category,
        text=text[:500],
        event_time_ns=record.event_time_ns,
    )


def _kill_id(command_id: str) -> str:
    """The same in every partition; of a command whose id is too long to be part of it, by a hash."""
    number = f"kill-{command_id}"
    return number if len(number) <= ID_MAX else f"kill-{blake2b(command_id.encode(), digest_size=16).hexdigest()}"


_TOLD: dict[type[Event], Callable[[str, Any], Iterator[tuple[Topic, Event]]]] = {
    BreakerMoved: _breaker,
    DayRolled: _backtests,
    CrisisMoved: _crisis,
    FillsLost: _fills_lost,
    CommandLost: _command_lost,
    Facts: _kills,
}
