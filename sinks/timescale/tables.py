"""One table: which event fills which database table, with which columns, by which row function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from schemas.base import Event
from schemas.decisions import Decision
from schemas.orders import Fill, OrderClosed
from schemas.outputs import Alert, Backtest, BreakerEvent, RiskMetrics, StressResult, VarResult
from schemas.records import Facts
from sinks.base import Item
from sinks.timescale.columns import Column, columns, evidence, numeric, text, timestamp

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """``rows`` gives the rows of an item of type ``source``, in column order; ``key`` is the primary key."""

    name: str
    source: type[Event]
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: Callable[[Item], Iterator[Row]]


JOURNAL = columns(partition="int4", seq="int8")
TIME = columns(time="timestamptz", time_ns="int8")
EVENT_TIME = columns(event_time="timestamptz", event_time_ns="int8")


def _fields(event: object, wanted: tuple[Column, ...]) -> Row:
    """Fields by column name; a field that this kind of event lacks is NULL."""
    return tuple(column.convert(getattr(event, column.name, None)) for column in wanted)


def _times(time_ns: int) -> Row:
    return timestamp(time_ns), time_ns


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
        *_times(decision.decided_at_ns),
        item.offset,
        *_fields(decision, _VERDICT),
        text(getattr(order, "symbol", None)),
        *_fields(decision, _EXPLAINED),
        reserved,
        *_fields(decision, _FLAGS),
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
        *_times(decision.decided_at_ns),
        *_times(order.event_time_ns),
        order.__struct_config__.tag,
        *_fields(order, _ORDER),
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
                    *_times(facts.applied_at_ns),
                    *_times(fact.event_time_ns),
                    *_fields(fact, wanted),
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


def _output(name: str, source: type[Event], key: tuple[Column, ...], rest: tuple[Column, ...]) -> Table:
    """A table whose columns are the fields of the event."""

    def rows(item: Item) -> Iterator[Row]:
        event: Any = item.event
        yield (*_fields(event, key), *_times(event.event_time_ns), *_fields(event, rest))

    return Table(name, source, (*(column.name for column in key), "time"), (*key, *TIME, *rest), rows)


METRICS = _output(
    "risk_metrics",
    RiskMetrics,
    columns(account_id="text"),
    columns(
        equity="numeric",
        cash="numeric",
        gross_exposure="numeric",
        net_exposure="numeric",
        leverage="float8",
        realised_pnl="numeric",
        unrealised_pnl="numeric",
        start_of_day_equity="numeric",
        peak_equity="numeric",
        daily_loss="float8",
        drawdown="float8",
        var_parametric="numeric",
        var_historical="numeric",
        expected_shortfall="numeric",
        var_limit="numeric",
        confidence="float8",
        stress_loss="numeric",
        stress_scenario="text",
        volatility="float8",
        average_correlation="float8",
        turbulence="float8",
        vix="float8",
        breakers="jsonb",
        exposures="jsonb",
        limits_version="int8",
        herfindahl="float8",
        effective_positions="float8",
        top5_share="float8",
        days_to_liquidate="float8",
        liquidation_cost="numeric",
        market_correlation="float8",
        market_largest_share="float8",
        performance="jsonb",
        unavailable="jsonb",
        partition="int4",
        seq="int8",
    ),
)

TABLES: tuple[Table, ...] = (
    DECISIONS,
    ORDERS,
    _facts("fills", Fill, _FILL),
    _facts("order_closes", OrderClosed, _CLOSE),
    METRICS,
    _output(
        "risk_alerts",
        Alert,
        columns(alert_id="text"),
        columns(account_id="text", severity="text", category="text", text="text"),
    ),
    _output(
        "circuit_breaker_events",
        BreakerEvent,
        columns(event_id="text"),
        columns(
            account_id="text",
            breaker="text",
            level_from="text",
            level_to="text",
            trigger="text",
            measure="float8",
            limit="float8",
            equity="numeric",
        ),
    ),
    _output(
        "stress_test_results",
        StressResult,
        columns(account_id="text", scenario="text"),
        columns(pnl="numeric", partition="int4", seq="int8"),
    ),
    _output(
        "var_calculations",
        VarResult,
        columns(account_id="text", method="text", confidence="float8"),
        columns(
            horizon_days="int4",
            value_at_risk="numeric",
            expected_shortfall="numeric",
            observations="int4",
            partition="int4",
            seq="int8",
        ),
    ),
    _output(
        "var_backtests",
        Backtest,
        columns(backtest_id="text"),
        columns(
            account_id="text",
            method="text",
            confidence="float8",
            observations="int4",
            exceptions="int4",
            exceeded="bool",
            zone="text",
            scale="float8",
            kupiec_p="float8",
            independence_p="float8",
            coverage_p="float8",
            z1="float8",
            z2="float8",
            quantile_loss="float8",
        ),
    ),
)
#: The tables that an event fills; an event that isn't here only moves the cursor.
TABLES_BY_SOURCE: dict[type[Event], tuple[Table, ...]] = {
    source: tuple(table for table in TABLES if table.source is source) for source in {table.source for table in TABLES}
}
