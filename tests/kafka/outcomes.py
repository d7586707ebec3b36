"""What must leave because of an effective record: events by topic and id, and rows by table and key."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from tests.kafka.content import Body, Fact

LEVELS = ("normal", "warning", "restricted", "reduce_only", "halted")
#: Of alerts that are projections: workers tell of themselves under others, with ids of their own.
CATEGORIES = ("circuit_breaker", "command_lost", "crisis", "fills_lost", "kill_switch")
SEVERITIES = {"warning": "info", "restricted": "warning", "reduce_only": "critical", "halted": "critical"}
#: Of each output topic what is compared, its id first, and the table that it fills.
OUTPUTS = {
    "breakers": ("circuit_breaker_events", ("event_id", "account_id", "breaker", "level_from", "level_to")),
    "alerts": ("risk_alerts", ("alert_id", "account_id", "severity", "category")),
    "backtests": (
        "var_backtests",
        ("backtest_id", "account_id", "method", "exceeded", "exceptions", "observations", "zone"),
    ),
}
#: Of each table the key and what is compared.
FILL = ("fill_id", "order_id", "account_id", "symbol", "side", "quantity", "price", "commission")
CLOSE = ("order_id", "account_id", "reason")
TABLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "decisions": (
        ("partition", "seq"),
        ("journal_offset", "order_id", "account_id", "status", "reason", "sha256(body)"),
    ),
    "fills": (("partition", "seq", "item"), FILL),
    "order_closes": (("partition", "seq", "item"), CLOSE),
} | {table: (names[:1], names[1:]) for table, names in OUTPUTS.values()}
Values = tuple[Any, ...]


class Outcome(NamedTuple):
    """An event of a topic, or a row of a table."""

    place: str
    key: Values
    values: Values


def events(ident: str, body: Body) -> Iterator[Outcome]:
    """The events of a record; ``ident`` is its partition and number."""
    if body.type == "breaker_moved":
        move = (body.account_id, body.breaker, body.level_from, body.level_to)
        yield Outcome("breakers", (ident,), move)
        if LEVELS.index(body.level_to) > LEVELS.index(body.level_from):
            alert = (body.account_id, SEVERITIES[body.level_to], "circuit_breaker")
            yield Outcome("alerts", (ident,), alert)
    if body.type == "day_rolled":
        for place, result in enumerate(body.backtests):
            figures = (result.method, result.exceeded, result.exceptions, result.observations, result.zone)
            yield Outcome("backtests", (f"{ident}-{place}",), (body.account_id, *figures))
    if body.type == "crisis_moved":
        yield Outcome("alerts", (ident,), (body.account_id, "warning" if body.active else "info", "crisis"))
    if body.type == "fills_lost":
        yield Outcome("alerts", (ident,), (body.account_id, "critical", "fills_lost"))
    if body.type == "command_lost":
        yield Outcome("alerts", (ident,), (body.account_id, "critical", "command_lost"))
    for fact in facts_of(body):
        if fact.type == "kill":
            yield Outcome("alerts", (f"kill-{fact.command_id}",), (fact.scope_id, "critical", "kill_switch"))


def rows(partition: int, seq: int, offset: int, body: Body, payload: bytes) -> Iterator[Outcome]:
    """The rows of a record that do not come out of another topic."""
    if body.type == "decision":
        ids = (body.order_id, body.account_id, body.status, body.reason)
        yield Outcome("decisions", (partition, seq), (offset, *ids, sha256(payload).digest()))
    for item, fact in enumerate(facts_of(body)):
        if fact.type == "fill":
            yield Outcome("fills", (partition, seq, item), fields(fact, FILL))
        elif fact.type == "order_closed":
            yield Outcome("order_closes", (partition, seq, item), fields(fact, CLOSE))


def is_projected(place: str, values: Values) -> bool:
    """Whether an event or a row must come out of the journal."""
    return place not in {"alerts", "risk_alerts"} or values[-1] in CATEGORIES


def facts_of(body: Body) -> list[Fact]:
    """What was applied."""
    return [msgspec.json.decode(each, type=Fact) for each in body.facts]


def fields(event: object, names: tuple[str, ...]) -> Values:
    """Some fields of an event."""
    return tuple(getattr(event, name) for name in names)
