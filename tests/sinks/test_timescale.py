"""The same sink on TimescaleDB: hypertables, and the same promises."""

from __future__ import annotations

import psycopg
import pytest

from sinks.timescale import TimescaleSink, migrate
from sinks.timescale.tables import TABLES
from tests.sinks.samples import decision, decisions, facts, fill, item, journaled, metrics

pytestmark = pytest.mark.timescale
COMMUNITY = "SELECT current_setting('timescaledb.license', true) = 'timescale'"


def test_every_table_is_a_hypertable(timescale: str) -> None:
    """All tables of rows are hypertables by ``time``; the cursors are a plain table."""
    with psycopg.connect(timescale, autocommit=True) as connection:
        migrate(connection)
        found = connection.execute(
            "SELECT hypertable_name::text FROM timescaledb_information.hypertables WHERE hypertable_schema = 'public'"
        ).fetchall()
    assert {name for (name,) in found} == {table.name for table in TABLES}


def test_community_features_only_under_their_licence(timescale: str) -> None:
    """Policies and the continuous aggregate exist exactly when the server runs the Community edition."""
    with psycopg.connect(timescale, autocommit=True) as connection:
        migrate(connection)
        community = connection.execute(COMMUNITY).fetchone()
        aggregate = connection.execute("SELECT to_regclass('decisions_hourly') IS NOT NULL").fetchone()
        policies = connection.execute(
            "SELECT count(*) > 0 FROM timescaledb_information.jobs"
            " WHERE proc_name IN ('policy_compression', 'policy_retention')"
        ).fetchone()
    assert aggregate == policies == community


def test_rows_once_across_chunks(timescale: str) -> None:
    """Rows of several chunks, added twice by two sinks, are there once, and the cursor stands behind them."""
    week_ns = 7 * 24 * 3600 * 1_000_000_000
    late = decision(20)
    items = [
        *decisions(20),
        journaled(decision(20, decided_at_ns=late.decided_at_ns + 3 * week_ns), 20),
        journaled(facts(fill(1), fill(2)), 21),
        item(metrics()),
    ]
    for _ in range(2):
        sink = TimescaleSink(timescale)
        cursors = sink.prepare()
        for added in items:
            sink.add(added)
        sink.flush()
        sink.close()
    assert cursors[items[-2].topic, 0] == items[-2].cursor
    with psycopg.connect(timescale) as connection:
        counts = connection.execute(
            "SELECT (SELECT count(*) FROM decisions), (SELECT count(*) FROM fills), (SELECT count(*) FROM risk_metrics)"
        ).fetchone()
        chunks = connection.execute(
            "SELECT count(*) FROM timescaledb_information.chunks WHERE hypertable_name = 'decisions'"
        ).fetchone()
    assert (counts, chunks) == ((21, 2, 1), (2,))
