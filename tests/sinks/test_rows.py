"""What stands in the database is what was on the topic: exactly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import psycopg
from hypothesis import given
from hypothesis import strategies as st

from schemas import codec
from schemas.commands import BreakerKind, BreakerLevel
from schemas.decisions import Status
from schemas.orders import CloseReason, OrderCancel, OrderClosed, OrderReplace
from schemas.outputs import Alert, BreakerEvent, Severity, StressResult, VarResult
from schemas.reasons import Reason
from sinks.timescale import TimescaleSink
from sinks.timescale.columns import json_text, numeric, timestamp
from tests.sinks.samples import START_NS, decision, facts, fill, item, journaled, metrics

NewSink = Callable[..., TimescaleSink]


def one(connection: psycopg.Connection, statement: str) -> tuple:
    rows = connection.execute(statement).fetchall()
    assert len(rows) == 1
    return rows[0]


def store(sink: TimescaleSink, *items) -> None:
    sink.prepare()
    for added in items:
        sink.add(added)
    sink.flush()


def test_decimals_come_back_exactly(new_sink: NewSink, connection: psycopg.Connection) -> None:
    """Quantity, price and commission of a fill keep every digit, at both ends of the allowed range."""
    sent = fill(1, commission=Decimal("-0.000000000001"))
    store(new_sink(), journaled(facts(sent), 0))
    row = one(connection, "SELECT quantity, price, commission FROM fills")
    assert [str(value) for value in row] == ["1E-12", "999999999999999.123456789012", "-1E-12"]


def test_facts_become_one_row_each(new_sink: NewSink, connection: psycopg.Connection) -> None:
    """Fills and closes of one journal record share its id and differ by their place in it."""
    closed = OrderClosed(order_id="order-1", account_id="alpha", reason=CloseReason.FILLED, event_time_ns=START_NS)
    store(new_sink(), journaled(facts(fill(1), closed, fill(2)), 7))
    fills = connection.execute("SELECT seq, item, fill_id, time_ns, event_time_ns FROM fills ORDER BY item").fetchall()
    assert fills == [(7, 0, "fill-1", START_NS + 9, START_NS + 5), (7, 2, "fill-2", START_NS + 9, START_NS + 5)]
    assert one(connection, "SELECT seq, item, order_id, reason FROM order_closes") == (7, 1, "order-1", "filled")


def test_evidence_is_the_journal_body(new_sink: NewSink, connection: psycopg.Connection) -> None:
    """``body`` holds the journal's bytes and ``evidence`` the same JSON, number by number."""
    sent = journaled(decision(1), 0)
    store(new_sink(), sent)
    body, evidence = one(connection, "SELECT body, evidence FROM decisions")
    assert bytes(body) == sent.payload
    assert evidence == msgspec.json.decode(sent.payload)
    assert codec.decode_body(bytes(body)) == sent.event


def test_unknown_fields_of_a_newer_writer_are_kept(new_sink: NewSink, connection: psycopg.Connection) -> None:
    """The row holds the bytes that were journaled, not what this version understood of them."""
    sent = journaled(decision(1), 0)
    newer = sent._replace(payload=sent.payload[:-1] + b',"added_later":[1,2]}')
    store(new_sink(), newer)
    assert one(connection, "SELECT body, evidence->'added_later' FROM decisions") == (newer.payload, [1, 2])


def test_times_are_exact(new_sink: NewSink, connection: psycopg.Connection) -> None:
    """``time`` is the microsecond (floor), ``time_ns`` the exact instant."""
    store(new_sink(), journaled(decision(0), 0))
    assert one(connection, "SELECT time, time_ns FROM decisions") == (
        datetime(2020, 3, 1, 0, 0, 0, 123456, tzinfo=UTC),
        START_NS,
    )
    assert timestamp(2**63 - 1).year == 2262


def test_dry_runs_and_repeats_are_flagged(new_sink: NewSink, connection: psycopg.Connection) -> None:
    """Neither is left out, and both can be told from the decision itself, in decisions and in orders."""
    sent = [decision(1, dry_run=True, reservation=None), decision(1), decision(1, repeat=True, reservation=None)]
    store(new_sink(), *(journaled(body, seq) for seq, body in enumerate(sent)))
    flags = [(0, True, False), (1, False, False), (2, False, True)]
    for table in ("decisions", "orders"):
        assert connection.execute(f"SELECT seq, dry_run, repeat FROM {table} ORDER BY seq").fetchall() == flags
    reserved = connection.execute("SELECT reserved_quantity FROM decisions ORDER BY seq").fetchall()
    assert reserved == [(None,), (Decimal("100.000000000001"),), (None,)]


def test_replaces_and_cancels_are_orders_too(new_sink: NewSink, connection: psycopg.Connection) -> None:
    """Each kind of order keeps what it has; what it lacks is NULL."""
    replace = OrderReplace(
        order_id="b", original_order_id="a", account_id="alpha", quantity=Decimal(5), event_time_ns=START_NS
    )
    cancel = OrderCancel(order_id="c", original_order_id="b", account_id="alpha", event_time_ns=START_NS)
    bodies = [
        decision(n, order_id=order.order_id, order=order, status=Status.REJECTED, reason=Reason.ORDER_UNKNOWN)
        for n, order in enumerate((replace, cancel))
    ]
    store(new_sink(), *(journaled(body, seq) for seq, body in enumerate(bodies)))
    rows = connection.execute(
        "SELECT kind, order_id, original_order_id, symbol, quantity, status FROM orders ORDER BY seq"
    ).fetchall()
    assert rows == [
        ("order_replace", "b", "a", None, Decimal(5), "rejected"),
        ("order_cancel", "c", "b", None, None, "rejected"),
    ]


def test_nul_characters_neither_stop_nor_change_the_journal(new_sink: NewSink, connection: psycopg.Connection) -> None:
    """An id with NUL, which PostgreSQL's text and jsonb refuse, is stored as U+FFFD; ``body`` keeps the original."""
    sent = journaled(decision(1, order_id="a\0b\\u0000"), 0)
    store(new_sink(), sent)
    order_id, quoted, body = one(connection, "SELECT order_id, evidence->>'order_id', body FROM decisions")
    assert order_id == quoted == "a\N{REPLACEMENT CHARACTER}b\\u0000"
    assert bytes(body) == sent.payload


@given(st.text(alphabet=st.sampled_from('\0\\u0abcé"')))
def test_json_text_changes_nul_alone(value: str) -> None:
    """Whatever stands around it, only NUL becomes U+FFFD."""
    cleaned = msgspec.json.decode(json_text(msgspec.json.encode(value)))
    assert cleaned == value.replace("\0", "\N{REPLACEMENT CHARACTER}")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_of_money_read_back_as_the_same_float(value: float) -> None:
    """NUMERIC holds the shortest decimal of a float, so that the way back gives the float again."""
    assert float(numeric(value)) == value


def test_outputs_have_a_row_each(new_sink: NewSink, connection: psycopg.Connection) -> None:
    """Alerts, breaker events, VaR, stress and metrics stand in their tables under their keys."""
    moved = BreakerEvent(
        event_id="0-9",
        account_id="alpha",
        breaker=BreakerKind.DRAWDOWN,
        level_from=BreakerLevel.NORMAL,
        level_to=BreakerLevel.HALTED,
        trigger="limit",
        measure=0.21,
        limit=0.2,
        equity=790_000.5,
        event_time_ns=START_NS,
    )
    alert = Alert(
        alert_id="0-9",
        account_id="alpha",
        severity=Severity.CRITICAL,
        category="breaker",
        text="halted",
        event_time_ns=START_NS,
    )
    figures = [
        VarResult(
            account_id="alpha",
            method=method,
            confidence=0.99,
            horizon_days=1,
            value_at_risk=0.1,
            expected_shortfall=0.2,
            observations=500,
            event_time_ns=START_NS,
        )
        for method in ("parametric", "historical")
    ]
    stress = StressResult(account_id="alpha", scenario="2008", pnl=-0.1 - 0.2, event_time_ns=START_NS)
    events = [moved, alert, *figures, stress, metrics()]
    store(new_sink(), *(item(event, offset) for offset, event in enumerate(events)))
    assert one(connection, 'SELECT event_id, level_to, "limit", equity FROM circuit_breaker_events') == (
        "0-9",
        "halted",
        0.2,
        Decimal("790000.5"),
    )
    assert one(connection, "SELECT alert_id, severity, text FROM risk_alerts") == ("0-9", "critical", "halted")
    assert one(connection, "SELECT array_agg(method ORDER BY method) FROM var_calculations") == (
        ["historical", "parametric"],
    )
    assert one(connection, "SELECT scenario, pnl FROM stress_test_results") == ("2008", Decimal("-0.30000000000000004"))
    assert one(connection, "SELECT cash, breakers->>'drawdown', exposures->0->>'symbol' FROM risk_metrics") == (
        Decimal("-0.30000000000000004"),
        "normal",
        "AAPL",
    )
