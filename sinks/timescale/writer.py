"""Rows and cursors into the database, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from psycopg import Connection, sql

from sinks.base import Cursor
from sinks.timescale.table import Row, Table

Place = tuple[str, int]
_CURSORS = """SELECT topic, partition, "offset", epoch, owner, seq FROM reader_cursors WHERE reader = %s"""
#: A cursor never moves back: of two sinks that run by mistake, the slower one repeats rows that are already there.
_STORE_CURSOR = """INSERT INTO reader_cursors AS c (reader, topic, partition, "offset", epoch, owner, seq)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (reader, topic, partition) DO UPDATE SET "offset" = excluded."offset", epoch = excluded.epoch,
        owner = excluded.owner, seq = excluded.seq, stored_at = now() WHERE excluded."offset" > c."offset" """


class _Statements(NamedTuple):
    stage: sql.Composed
    copy: sql.Composed
    insert: sql.Composed


def _statements(table: Table) -> _Statements:
    name, stage = sql.Identifier(table.name), sql.Identifier(f"stage_{table.name}")
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    key = sql.SQL(", ").join(map(sql.Identifier, table.key))
    return _Statements(
        sql.SQL("CREATE TEMP TABLE IF NOT EXISTS {} (LIKE {} INCLUDING COMPRESSION) ON COMMIT DELETE ROWS").format(
            stage, name
        ),
        sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(stage, names),
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} ON CONFLICT ({}) DO NOTHING").format(
            name, names, names, stage, key
        ),
    )


def read_cursors(connection: Connection[Row], reader: str) -> dict[Place, Cursor]:
    """Where a reader goes on, for each (topic, partition) that it has committed."""
    return {
        (topic, partition): (offset, epoch, bytes(owner), seq)
        for topic, partition, offset, epoch, owner, seq in connection.execute(_CURSORS, (reader,))
    }


class Writer:
    """Writes batches through one connection (autocommit), whose temporary tables it owns.

    The order of a write:

    1. begin;
    2. for each table: COPY BINARY of the rows into its temporary table, then INSERT ... ON CONFLICT DO NOTHING;
    3. the cursors;
    4. commit.
    """

    def __init__(self, connection: Connection[Row], reader: str) -> None:
        self._connection = connection
        self._reader = reader
        self._staged: dict[str, _Statements] = {}

    def write(self, batch: Mapping[Table, Sequence[Row]], cursors: Mapping[Place, Cursor]) -> None:
        """Write all rows and cursors in one transaction.

        :raises psycopg.Error: nothing was written, unless the connection broke during the commit itself: then all or
            nothing was, and writing the same batch again is harmless.
        """
        self._stage([table for table, rows in batch.items() if rows])
        with self._connection.transaction():
            for table, rows in batch.items():
                if rows:
                    self._write_table(table, rows)
            self._store(cursors)

    def _stage(self, tables: Sequence[Table]) -> None:
        """Once for each table and connection; outside the transaction, so that a rollback doesn't take it back."""
        for table in tables:
            if table.name not in self._staged:
                statements = _statements(table)
                self._connection.execute(statements.stage)
                self._staged[table.name] = statements

    def _write_table(self, table: Table, rows: Sequence[Row]) -> None:
        statements = self._staged[table.name]
        with self._connection.cursor() as cursor:
            with cursor.copy(statements.copy) as copy:
                copy.set_types([column.kind for column in table.columns])
                for row in rows:
                    copy.write_row(row)
            cursor.execute(statements.insert)

    def _store(self, cursors: Mapping[Place, Cursor]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(
                _STORE_CURSOR,
                [
                    (self._reader, topic, partition, *position)
                    for (topic, partition), position in sorted(cursors.items())
                ],
            )
