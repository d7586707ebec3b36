"""Tables of the journal: decisions, the orders they are about, fills and closes."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import NamedTuple

from schemas.base import Event
from schemas.decisions import Decision
from schemas.orders import Fill, OrderClosed
from schemas.records import Facts
from sinks.base import Item
from sinks.timescale.columns import Column, columns, evidence, numeric
from sinks.timescale.table import Part, Table, fields, table, time

_EVENT, _ORDER = attrgetter("event"), attrgetter("event.order")
_JOURNAL = fields(lambda subject: subject, columns(partition="int4", seq="int8"))
_RESERVED = columns(reserved_quantity="numeric")


DECISIONS = table(
    "decisions",
    Decision,
    ("partition", "seq", "time"),
    _JOURNAL,
    time("event.decided_at_ns"),
    Part(columns(journal_offset="int8"), lambda item: (item.offset,)),
    fields(_EVENT, columns(order_id="text", account_id="text")),
    fields(_ORDER, columns(symbol="text")),
    fields(
        _EVENT,
        columns(
            status="text", reason="text", fix_ord_rej_reason="int4", text="text", score="float8", max_quantity="numeric"
        ),
    ),
    Part(_RESERVED, lambda item: (numeric(getattr(item.event.reservation, "quantity", None)),)),
    fields(
        _EVENT,
        columns(
            reducing="bool", dry_run="bool", repeat="bool", preset="text", limits_version="int8", market_version="int8"
        ),
    ),
    Part(columns(evidence="jsonb", body="bytea"), lambda item: (evidence(item.payload), item.payload)),
)

ORDERS = table(
    "orders",
    Decision,
    ("partition", "seq", "time"),
    _JOURNAL,
    time("event.decided_at_ns"),
    time("event.order.event_time_ns", "event_time"),
    Part(columns(kind="text"), lambda item: (item.event.order.__struct_config__.tag,)),
    fields(
        _ORDER,
        columns(
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
        ),
    ),
    Part(columns(reduce_only="bool"), lambda item: (getattr(item.event.order, "reduce_only", False),)),
    fields(_EVENT, columns(dry_run="bool", repeat="bool", status="text")),
)


class _Fact(NamedTuple):
    """One fact of a journal record, the ``item``-th."""

    partition: int
    seq: int | None
    item: int
    applied_at_ns: int
    event: Event


def _facts(name: str, kind: type[Event], wanted: tuple[Column, ...]) -> Table:
    def each(item: Item) -> Iterator[_Fact]:
        facts: Facts = item.event  # type: ignore[assignment]
        for place, fact in enumerate(facts.facts):
            if isinstance(fact, kind):
                yield _Fact(item.partition, item.seq, place, facts.applied_at_ns, fact)

    return table(
        name,
        Facts,
        ("partition", "seq", "item", "time"),
        _JOURNAL,
        fields(lambda fact: fact, columns(item="int4")),
        time("applied_at_ns"),
        time("event.event_time_ns", "event_time"),
        fields(_EVENT, wanted),
        each=each,
    )


FILLS = _facts(
    "fills",
    Fill,
    columns(
        fill_id="text",
        order_id="text",
        account_id="text",
        symbol="text",
        side="text",
        quantity="numeric",
        price="numeric",
        commission="numeric",
    ),
)
CLOSES = _facts("order_closes", OrderClosed, columns(order_id="text", account_id="text", reason="text", text="text"))
