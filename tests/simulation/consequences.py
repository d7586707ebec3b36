"""What has to leave a worker because of one effective record, written down from the record alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from schemas.commands import Kill
from schemas.records import BreakerMoved, CommandLost, CrisisMoved, DayRolled, Facts, FillsLost

#: The names of the ids.
IDS = {"breakers": "event_id", "alerts": "alert_id", "backtests": "backtest_id"}
SEVERITY = {name: rank for rank, name in enumerate(("normal", "warning", "restricted", "reduce_only", "halted"))}
LOUD = {"warning": "info", "restricted": "warning", "reduce_only": "critical", "halted": "critical"}
MOVED = ("account_id", "breaker", "level_from", "level_to", "trigger", "measure", "limit", "equity", "event_time_ns")
TESTED = ("method", "confidence", "observations", "exceptions", "exceeded", "zone")
LOST = {FillsLost: "fills_lost", CommandLost: "command_lost"}
Fields = dict[str, Any]


def consequences(body: Any, number: str) -> Iterator[tuple[str, str, Fields]]:
    """Topic, id and fields of each event that follows from a record with that number."""
    if isinstance(body, BreakerMoved):
        yield "breakers", number, {name: getattr(body, name) for name in MOVED}
        if SEVERITY[body.level_to] > SEVERITY[body.level_from]:
            yield "alerts", number, _alert(body.account_id, LOUD[body.level_to], "circuit_breaker", body.event_time_ns)
    elif isinstance(body, DayRolled):
        for place, result in enumerate(body.backtests):
            figures = {name: getattr(result, name) for name in TESTED}
            yield (
                "backtests",
                f"{number}-{place}",
                {"account_id": body.account_id, "event_time_ns": body.event_time_ns} | figures,
            )
    elif isinstance(body, CrisisMoved):
        severity = "warning" if body.active else "info"
        yield "alerts", number, _alert(body.account_id, severity, "crisis", body.event_time_ns)
    elif isinstance(body, FillsLost | CommandLost):
        yield "alerts", number, _alert(body.account_id, "critical", LOST[type(body)], body.event_time_ns)
    elif isinstance(body, Facts):
        for fact in body.facts:
            if isinstance(fact, Kill):
                alert = _alert(fact.scope_id, "critical", "kill_switch", fact.event_time_ns)
                yield "alerts", f"kill-{fact.command_id}", alert


def differences(fields: Fields, content: Mapping[str, Any]) -> Iterator[str]:
    """Where an event says something else."""
    for name, value in fields.items():
        if content.get(name) != value:
            yield f"{name} is {content.get(name)}, expected {value}"


def _alert(account: str, severity: str, category: str, time_ns: int) -> Fields:
    return {"account_id": account, "severity": severity, "category": category, "event_time_ns": time_ns}
