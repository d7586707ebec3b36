"""Whatever ends when: nothing lost, nothing doubled, and reading goes on from the cursor."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

from riskstream.embedded.postgres import EmbeddedPostgres
from sinks.base import SinkUnavailable
from sinks.timescale import TimescaleSink
from tests.sinks.samples import JOURNAL, OWNER, decision, decisions, facts, fill, item, journaled, metrics
from tests.sinks.waiting import DEADLINE_S, wait_for

NewSink = Callable[..., TimescaleSink]
BLOCKED = """SELECT pid FROM pg_stat_activity WHERE application_name = 'riskstream-sink'
             AND datname = current_database() AND wait_event_type = 'Lock' AND strpos(query, 'reader_cursors') > 0"""


def counted(connection: psycopg.Connection) -> tuple[int, int, int]:
    """Decisions, distinct decisions, and the offset that is stored."""
    row = connection.execute(
        'SELECT count(*), count(DISTINCT seq), (SELECT coalesce(max("offset"), 0) FROM reader_cursors) FROM decisions'
    ).fetchone()
    assert row is not None
    return row


@pytest.fixture
def background() -> Iterator[Callable[[Callable[[], None]], threading.Thread]]:
    """Starts a function in a thread; the test ends only when the thread did."""
    threads: list[threading.Thread] = []

    def start(work: Callable[[], None]) -> threading.Thread:
        threads.append(threading.Thread(target=work))
        threads[-1].start()
        return threads[-1]

    yield start
    for thread in threads:
        thread.join(timeout=DEADLINE_S)
        assert not thread.is_alive()


def test_the_same_items_again_change_nothing(new_sink: NewSink, connection: psycopg.Connection) -> None:
    """Items of every kind, added by two sinks and twice within one batch, give the rows of adding them once."""
    items = [*decisions(50), journaled(facts(fill(1), fill(2)), 50), item(metrics())]
    tables = ("decisions", "orders", "fills", "risk_metrics")
    seen = []
    for _ in range(2):
        sink = new_sink()
        sink.prepare()
        for added in (*items, *items):
            sink.add(added)
        sink.flush()
        seen.append([connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall() for table in tables])
    assert seen[0] == seen[1]
    assert [len(rows) for rows in seen[0]] == [50, 50, 2, 1]


def test_nothing_counts_before_the_flush(new_sink: NewSink, connection: psycopg.Connection) -> None:
    """Added items are neither in the tables nor behind the cursor until they are flushed, and then both."""
    sink = new_sink()
    assert sink.prepare() == {}
    for added in decisions(10):
        sink.add(added)
    assert (counted(connection), sink.pending) == ((0, 0, 0), 20)
    sink.flush()
    assert (counted(connection), sink.pending) == ((10, 10, 11), 0)


def test_a_backend_killed_between_copy_and_commit_loses_and_doubles_nothing(
    new_sink: NewSink, database: str, connection: psycopg.Connection, background
) -> None:
    """The batch is written, its commit never comes; the sink writes it again on a new connection, once."""
    sink = new_sink()
    sink.prepare()
    for added in decisions(100):
        sink.add(added)
    with psycopg.connect(database) as gate:
        gate.execute("LOCK TABLE reader_cursors IN ACCESS EXCLUSIVE MODE")
        flushing = background(sink.flush)
        (victim,) = wait_for(lambda: connection.execute(BLOCKED).fetchone())
        assert connection.execute("SELECT count(*) FROM decisions").fetchone() == (0,)
        assert connection.execute("SELECT pg_terminate_backend(%s)", (victim,)).fetchone() == (True,)
        (second,) = wait_for(lambda: connection.execute(BLOCKED + " AND pid <> %s", (victim,)).fetchone())
        assert second != victim
        gate.rollback()
    flushing.join(timeout=DEADLINE_S)
    assert counted(connection) == (100, 100, 101)


def test_a_restart_goes_on_from_the_cursor(new_sink: NewSink, connection: psycopg.Connection) -> None:
    """A new process gets the four-part cursor of the last commit; what was added but not flushed comes again."""
    first = new_sink()
    first.prepare()
    items = decisions(30)
    for added in items[:20]:
        first.add(added)
    first.flush()
    for added in items[20:25]:
        first.add(added)
    first.close()
    second = new_sink()
    cursors = second.prepare()
    assert cursors == {(JOURNAL, 0): (21, 1, OWNER, 20)}
    for added in items:
        if added.offset >= cursors[JOURNAL, 0][0]:
            second.add(added)
    second.flush()
    assert counted(connection) == (30, 30, 31)


def test_a_cursor_never_moves_back(new_sink: NewSink, connection: psycopg.Connection) -> None:
    """Of two sinks that run by mistake, the slower one neither doubles rows nor takes back the cursor."""
    fast, slow = new_sink(), new_sink()
    fast.prepare()
    slow.prepare()
    for sink, count in ((fast, 20), (slow, 10)):
        for added in decisions(count):
            sink.add(added)
        sink.flush()
    assert counted(connection) == (20, 20, 21)


def test_a_database_that_stops_in_the_middle_and_comes_back(
    new_sink: NewSink, database: str, postgres: EmbeddedPostgres, background
) -> None:
    """While the database is away a flush waits; when it is back everything is there once."""
    sink = new_sink()
    sink.prepare()
    for added in decisions(20):
        sink.add(added)
    sink.flush()
    for added in decisions(20, first=20):
        sink.add(added)
    postgres.stop()
    try:
        flushing = background(sink.flush)
        flushing.join(timeout=0.3)
        assert flushing.is_alive()
    finally:
        postgres.start()
    flushing.join(timeout=DEADLINE_S)
    with psycopg.connect(database) as connection:
        assert counted(connection) == (40, 40, 41)


def test_a_full_buffer_flushes_before_it_takes_more(new_sink: NewSink, connection: psycopg.Connection) -> None:
    """Memory is bounded: by rows and by bytes, whatever is reached first."""
    by_rows, by_bytes = new_sink(rows_max=10), new_sink(bytes_max=1)
    by_rows.prepare()
    for added in decisions(12):
        by_rows.add(added)
        assert by_rows.pending <= 10 + 1
    assert counted(connection) == (10, 10, 11)
    for added in decisions(2, first=12):
        by_bytes.add(added)
    assert counted(connection) == (11, 11, 14)


def test_an_interrupted_sink_gives_up_within_a_second(
    new_sink: NewSink, database: str, connection: psycopg.Connection, background
) -> None:
    """A flush that hangs in the database ends when it is interrupted; nothing of it counts, nothing is dropped."""
    sink = new_sink()
    sink.prepare()
    sink.add(journaled(decision(0), 0))
    failures: list[Exception] = []

    def flush() -> None:
        try:
            sink.flush()
        except SinkUnavailable as error:
            failures.append(error)

    with psycopg.connect(database) as gate:
        gate.execute("LOCK TABLE reader_cursors IN ACCESS EXCLUSIVE MODE")
        flushing = background(flush)
        wait_for(lambda: connection.execute(BLOCKED).fetchone())
        started = time.monotonic()
        sink.interrupt()
        flushing.join(timeout=DEADLINE_S)
        assert time.monotonic() - started < 1.0
        gate.rollback()
    assert len(failures) == 1
    assert sink.pending == 2
    wait_for(lambda: connection.execute(BLOCKED).fetchone() is None)
    assert counted(connection) == (0, 0, 0)


def test_bad_data_is_an_error_and_not_a_retry(new_sink: NewSink, connection: psycopg.Connection) -> None:
    """What a new connection can't cure ends the flush with the database's own error; the rows are kept."""
    sink = new_sink()
    sink.prepare()
    sink.add(journaled(decision(0, limits_version=2**70), 0))
    with pytest.raises((psycopg.DataError, OverflowError)):
        sink.flush()
    assert sink.pending == 2
    assert counted(connection) == (0, 0, 0)
