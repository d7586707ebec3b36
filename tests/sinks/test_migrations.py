"""Migrations: applied once and in order, never changed afterwards."""

from __future__ import annotations

import threading

import psycopg
import pytest

from schemas.decisions import Decision
from schemas.records import Facts
from sinks.timescale import MigrationError, migrate
from sinks.timescale.migrations import Migration, shipped
from sinks.timescale.table import Table
from sinks.timescale.tables import TABLES

KINDS = {
    "integer": "int4",
    "bigint": "int8",
    "boolean": "bool",
    "double precision": "float8",
    "timestamp with time zone": "timestamptz",
}


def test_all_files_are_applied_once_and_in_order(connection: psycopg.Connection) -> None:
    """The first run applies every file by number, the second none."""
    names = [migration.name for migration in shipped()]
    assert migrate(connection) == names
    assert migrate(connection) == []
    stored = connection.execute("SELECT name, checksum FROM schema_migrations ORDER BY version").fetchall()
    assert stored == [(migration.name, migration.checksum) for migration in shipped()]


def test_a_changed_file_is_refused_by_name(connection: psycopg.Connection) -> None:
    """A file that was applied and then edited is an error that names it, and nothing after it is applied."""
    migrate(connection)
    first, *rest = shipped()
    tampered = first._replace(sql=first.sql + b"-- one more thing\n")
    later = Migration(len(rest) + 2, "0099_later.sql", b"CREATE TABLE later (id integer)")
    with pytest.raises(MigrationError, match=first.name):
        migrate(connection, [tampered, *rest, later])
    assert connection.execute("SELECT to_regclass('later')").fetchone() == (None,)


def test_a_changed_stored_checksum_is_refused(connection: psycopg.Connection) -> None:
    """Tampering with the record of what was applied is found as well."""
    migrate(connection)
    connection.execute("UPDATE schema_migrations SET checksum = 'forged' WHERE version = 2")
    with pytest.raises(MigrationError, match="0002_hypertables"):
        migrate(connection)


def test_a_newer_database_is_refused(connection: psycopg.Connection) -> None:
    """An old version of the product doesn't write into a schema that it doesn't know."""
    migrate(connection)
    with pytest.raises(MigrationError, match="0003_community"):
        migrate(connection, shipped()[:2])


def test_a_failing_file_leaves_nothing(connection: psycopg.Connection) -> None:
    """When one file fails, no file of the run counts."""
    broken = Migration(2, "0002_broken.sql", b"CREATE TABLE half (id integer); SELECT 1/0")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(connection, [shipped()[0], broken])
    assert connection.execute("SELECT to_regclass('half'), to_regclass('decisions')").fetchone() == (None, None)


def test_processes_that_start_together_migrate_once(database: str) -> None:
    """Two processes at once: one applies all the files, the other waits for it and applies none."""
    applied: list[list[str]] = []
    start = threading.Barrier(2)

    def run() -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            start.wait()
            applied.append(migrate(connection))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(applied) == [[], [migration.name for migration in shipped()]]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_writers_columns_are_the_databases(table: Table, connection: psycopg.Connection) -> None:
    """Every table has exactly the columns, types and primary key that the writer believes in, in the same order."""
    migrate(connection)
    columns = connection.execute(
        "SELECT column_name::text, data_type FROM information_schema.columns"
        " WHERE table_name = %s ORDER BY ordinal_position",
        (table.name,),
    ).fetchall()
    assert [(name, KINDS.get(kind, kind)) for name, kind in columns] == [
        (column.name, column.kind) for column in table.columns
    ]
    key = connection.execute(
        "SELECT attname::text FROM pg_index, unnest(indkey) WITH ORDINALITY AS k(number, place)"
        " JOIN pg_attribute ON attnum = number WHERE attrelid = indrelid AND indisprimary"
        " AND indrelid = %s::regclass ORDER BY place",
        (table.name,),
    ).fetchall()
    assert tuple(name for (name,) in key) == table.key


@pytest.mark.parametrize(
    "table", [table for table in TABLES if table.source not in {Decision, Facts}], ids=lambda table: table.name
)
def test_every_field_of_an_output_has_a_column(table: Table) -> None:
    """A field that is added to an output event needs a column, or the database would silently lack it."""
    fields = {"time_ns" if name == "event_time_ns" else name for name in table.source.__struct_fields__}
    assert {column.name for column in table.columns} == fields | {"time"}


def test_plain_postgres_has_no_hypertables(connection: psycopg.Connection) -> None:
    """Without TimescaleDB the tables are plain and the Community file does nothing."""
    migrate(connection)
    assert connection.execute("SELECT count(*) FROM pg_extension WHERE extname = 'timescaledb'").fetchone() == (0,)
    assert connection.execute("SELECT to_regclass('decisions_hourly')").fetchone() == (None,)
    kinds = connection.execute(
        "SELECT DISTINCT relkind::text FROM pg_class WHERE relname = ANY(%s)", ([table.name for table in TABLES],)
    ).fetchall()
    assert kinds == [("r",)]
