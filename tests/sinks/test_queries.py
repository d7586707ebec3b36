"""The reads of other parts, over rows that the sink wrote."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from schemas.decisions import Status
from schemas.reasons import Reason
from sinks import queries
from sinks.timescale import TimescaleSink
from tests.sinks.samples import JOURNAL, START_NS, decision, decisions, item, journaled, metrics

NewSink = Callable[..., TimescaleSink]


def store(sink: TimescaleSink, *items) -> None:
    sink.prepare()
    for added in items:
        sink.add(added)
    sink.flush()


def test_counts_by_status_and_reason(new_sink: NewSink, connection: psycopg.Connection) -> None:
    """Every decision is counted once, under its status, reason and flags; an account can be singled out."""
    refused = decision(3, account_id="beta", status=Status.REJECTED, reason=Reason.PRICE_STALE, reservation=None)
    store(new_sink(), *decisions(3), journaled(refused, 3), journaled(decision(0, repeat=True), 4))
    assert queries.decision_counts(connection) == [
        (Status.APPROVED, Reason.APPROVED, False, False, 3),
        (Status.APPROVED, Reason.APPROVED, False, True, 1),
        (Status.REJECTED, Reason.PRICE_STALE, False, False, 1),
    ]
    assert queries.decision_counts(connection, "beta") == [(Status.REJECTED, Reason.PRICE_STALE, False, False, 1)]
    assert queries.decision_counts(connection, "nobody") == []


def test_explain_gives_the_decision_and_not_its_repeat(new_sink: NewSink, connection: psycopg.Connection) -> None:
    """Of a dry run, a decision and its repeat the decision is what explains the order, with all its evidence."""
    bodies = [decision(1, dry_run=True), decision(1), decision(1, repeat=True, layers=())]
    items = [journaled(body, seq) for seq, body in enumerate(bodies)]
    store(new_sink(), *items)
    found = queries.explain(connection, "order-1")
    assert found == (0, 1, items[1].offset, items[1].payload, bodies[1])
    assert queries.explain(connection, "order-1", "alpha") == found
    assert queries.explain(connection, "order-1", "beta") is None
    assert queries.explain(connection, "no such order") is None


def test_latest_metrics_are_the_newest_of_each_account(new_sink: NewSink, connection: psycopg.Connection) -> None:
    """One event an account, equal to the one that was published last, to the last bit."""
    newest = [metrics("alpha", START_NS + 5000), metrics("beta", START_NS, equity=0.1 + 0.2, vix=82.69)]
    assert _latest(new_sink(), connection) == []
    store(new_sink(), item(metrics("alpha", START_NS), 0), item(newest[1], 1), item(newest[0], 2))
    assert queries.latest_metrics(connection) == newest


def _latest(sink: TimescaleSink, connection: psycopg.Connection) -> list:
    sink.prepare()
    return queries.latest_metrics(connection)


def test_decisions_of_an_account_come_newest_first_in_pages(new_sink: NewSink, connection: psycopg.Connection) -> None:
    """Pages cover all decisions of the account once, also where several share one instant."""
    same_instant = [journaled(decision(9, order_id=f"x{seq}"), seq) for seq in range(10, 14)]
    store(new_sink(), *decisions(10), *same_instant, journaled(decision(1, account_id="beta"), 14))
    seen: list[int] = []
    page = queries.account_decisions(connection, "alpha", limit=4)
    while page:
        seen += [line.seq for line in page]
        page = queries.account_decisions(connection, "alpha", limit=4, before=page[-1].page_key)
    assert seen == [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    with pytest.raises(ValueError, match="limit"):
        queries.account_decisions(connection, "alpha", limit=0)


def test_stored_offsets_tell_how_far_a_reader_is(new_sink: NewSink, connection: psycopg.Connection) -> None:
    """The next offset of each partition, as the last commit stored it."""
    store(new_sink(), *decisions(3), *decisions(1, partition=2))
    assert queries.stored_offsets(connection) == {(JOURNAL, 0): 4, (JOURNAL, 2): 2}
    assert queries.stored_offsets(connection, "another reader") == {}
