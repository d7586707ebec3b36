"""Tables of the journal: decisions, the orders they are about, fills and closes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from schemas.base import Event
from schemas.decisions import Decision
from schemas.orders import Fill, OrderClosed
from schemas.records import Facts
from sinks.base import Item
from sinks.timescale.columns import Column, columns, evidence, numeric, text
from sinks.timescale.table import EVENT_TIME, JOURNAL, TIME, Row, Table, fields, times

_VERDICT = columns(order_id="text", account_id="text")
_FLAGS = columns(
    reducing="bool", dry_run="bool", repeat="bool", preset="text", limits_version="int8", market_version="int8"
)
_EXPLAINED = columns(
    status="text", reason="text", fix_ord_rej_reason="int4", text="text", score="float8", max_quantity="numeric"
)


def _decision_rows(item: Item) -> Iterator[Row]:
    decision: Decision = item.event  # type: ignore[assignment]
    order, reservation = decision.order, decision.reservation
    reserved = None if reservation is None else numeric(reservation.quantity)
    yield (
        item.partition,
        item.seq,
        *times(decision.decided_at_ns),
        item.offset,
        *fields(decision, _VERDICT),
        text(getattr(order, "symbol", None)),
        *fields(decision, _EXPLAINED),
        reserved,
        *fields(decision, _FLAGS),
        evidence(item.payload),
        item.payload,
    )


DECISIONS = Table(
    "decisions",
    Decision,
    ("partition", "seq", "time"),
    (
        *JOURNAL,
        *TIME,
        *columns(journal_offset="int8"),
        *_VERDICT,
        *columns(symbol="text"),
        *_EXPLAINED,
        *columns(reserved_quantity="numeric"),
        *_FLAGS,
        *columns(evidence="jsonb", body="bytea"),
    ),
    _decision_rows,
)

_ORDER = columns(
    order_id="text",
    original_order_id="text",
    parent_order_id="text",
    account_id="text",
    strategy_id="text",
    trader_id="text",
    symbol="text",
    side="text",
    order_type="text",
    quantity="numeric",
    limit_price="numeric",
    stop_price="numeric",
    time_in_force="text",
)


def _order_rows(item: Item) -> Iterator[Row]:
    decision: Decision = item.event  # type: ignore[assignment]
    order = decision.order
    yield (
        item.partition,
        item.seq,
        *times(decision.decided_at_ns),
        *times(order.event_time_ns),
        order.__struct_config__.tag,
        *fields(order, _ORDER),
        getattr(order, "reduce_only", False),
        decision.dry_run,
        decision.repeat,
        str(decision.status),
    )


ORDERS = Table(
    "orders",
    Decision,
    ("partition", "seq", "time"),
    (
        *JOURNAL,
        *TIME,
        *EVENT_TIME,
        *columns(kind="text"),
        *_ORDER,
        *columns(reduce_only="bool", dry_run="bool", repeat="bool", status="text"),
    ),
    _order_rows,
)

_FILL = columns(
    fill_id="text",
    order_id="text",
    account_id="text",
    symbol="text",
    side="text",
    quantity="numeric",
    price="numeric",
    commission="numeric",
)
_CLOSE = columns(order_id="text", account_id="text", reason="text", text="text")


def _fact_rows(kind: type[Event], wanted: tuple[Column, ...]) -> Callable[[Item], Iterator[Row]]:
    def rows(item: Item) -> Iterator[Row]:
        facts: Facts = item.event  # type: ignore[assignment]
        for place, fact in enumerate(facts.facts):
            if isinstance(fact, kind):
                yield (
                    item.partition,
                    item.seq,
                    place,
                    *times(facts.applied_at_ns),
                    *times(fact.event_time_ns),
                    *fields(fact, wanted),
                )

    return rows


def _facts(name: str, kind: type[Event], wanted: tuple[Column, ...]) -> Table:
    return Table(
        name,
        Facts,
        ("partition", "seq", "item", "time"),
        (*JOURNAL, *columns(item="int4"), *TIME, *EVENT_TIME, *wanted),
        _fact_rows(kind, wanted),
    )


FILLS, CLOSES = _facts("fills", Fill, _FILL), _facts("order_closes", OrderClosed, _CLOSE)
