"""The sink into PostgreSQL and TimescaleDB."""

from __future__ import annotations

from collections import defaultdict

from psycopg import Connection

from sinks.base import Cursor, Item
from sinks.timescale.connection import Database
from sinks.timescale.migrations import migrate
from sinks.timescale.table import Row, Table
from sinks.timescale.tables import TABLES_BY_SOURCE
from sinks.timescale.writer import Place, Writer, read_cursors

ROWS_MAX = 4_000
BYTES_MAX = 16 * 1024 * 1024


class TimescaleSink:
    """Rows of journal records and output events, in batches. A commit goes as :class:`sinks.base.Sink` says, and its
    rows, cursors and durability are one database transaction.

    The buffer is bounded by ``rows_max`` and ``bytes_max`` (payloads): when it is full, ``add`` flushes first, and
    while the database is away that waits. Whoever reads the topics waits with it: nothing is lost, nothing piles up.
    Not for use by several threads at once, except :meth:`interrupt`.
    """

    def __init__(
        self, database_url: str, reader: str = "sink", rows_max: int = ROWS_MAX, bytes_max: int = BYTES_MAX
    ) -> None:
        self._database = Database(database_url)
        self._reader = reader
        self._rows_max, self._bytes_max = rows_max, bytes_max
        self._writer: tuple[Connection[Row], Writer] | None = None
        self._clear()

    def _clear(self) -> None:
        self._batch: dict[Table, list[Row]] = defaultdict(list)
        self._cursors: dict[Place, Cursor] = {}
        self._rows = self._bytes = 0

    def prepare(self) -> dict[Place, Cursor]:
        """Bring the schema to this version; gives the cursors to read on from. Waits for a database that is away.

        :raises SinkUnavailable: interrupted. :raises MigrationError: schema and version disagree.
        """
        self._database.run(migrate)
        return self._database.run(lambda connection: read_cursors(connection, self._reader))

    @property
    def full(self) -> bool:
        """Whether the next ``add`` would flush first."""
        return self._rows >= self._rows_max or self._bytes >= self._bytes_max

    @property
    def pending(self) -> int:
        """Rows that were added and are not yet durable."""
        return self._rows

    def add(self, item: Item) -> None:
        """Take one item; an event without a table only moves the cursor.

        :raises SinkUnavailable: the buffer is full and the sink was interrupted while the database was away.
        """
        if self.full:
            self.flush()
        for table in TABLES_BY_SOURCE.get(type(item.event), ()):
            rows = list(table.rows(item))
            self._batch[table] += rows
            self._rows += len(rows)
        self._bytes += len(item.payload)
        self._cursors[item.topic, item.partition] = item.cursor

    def flush(self) -> None:
        """Write everything in one transaction, again and again until it is committed; then forget it.

        :raises SinkUnavailable: interrupted first; the items are kept.
        :raises psycopg.Error: the database refuses the data or lacks the schema.
        """
        if self._cursors:
            self._database.run(self._write)
            self._clear()

    def _write(self, connection: Connection[Row]) -> None:
        if self._writer is None or self._writer[0] is not connection:
            self._writer = (connection, Writer(connection, self._reader))
        self._writer[1].write(self._batch, self._cursors)

    def interrupt(self) -> None:
        """From any thread: whatever waits for the database ends with :class:`SinkUnavailable`."""
        self._database.interrupt()

    def close(self) -> None:
        """Drop the connection and what was not flushed."""
        self._clear()
        self._writer = None
        self._database.close()
