"""Numbered SQL files, each applied once, in order, under a lock; what was applied may never change afterwards."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from importlib import resources
from typing import Any, NamedTuple

from psycopg import Connection

Rows = Connection[tuple[Any, ...]]
#: Any constant would do, as long as all versions of the product share it.
LOCK_ID = 0x7269736B
_FILE_NAME = re.compile(r"(\d{4})_\w+\.sql")
_BOOK = """CREATE TABLE IF NOT EXISTS schema_migrations (version integer PRIMARY KEY, name text NOT NULL,
    checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"""


class MigrationError(RuntimeError):
    """The files and the database disagree; the message names the file."""


class Migration(NamedTuple):
    """One file; ``checksum`` is the SHA-256 of its bytes with Unix line ends."""

    version: int
    name: str
    sql: bytes

    @property
    def checksum(self) -> str:
        """What must never change once the file was applied."""
        return hashlib.sha256(self.sql.replace(b"\r\n", b"\n")).hexdigest()


def shipped() -> list[Migration]:
    """The migrations of this version of the product, in order.

    :raises MigrationError: a file name without number, or numbers that don't run 1, 2, 3, ...
    """
    folder = resources.files("sinks.timescale").joinpath("sql")
    found = []
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        match = _FILE_NAME.fullmatch(file.name)
        if match is None:
            raise MigrationError(f"{file.name}: expected a name such as 0001_tables.sql")
        found.append(Migration(int(match[1]), file.name, file.read_bytes()))
    for expected, migration in enumerate(found, 1):
        if migration.version != expected:
            raise MigrationError(f"{migration.name}: expected number {expected:04d}")
    return found


def migrate(connection: Rows, migrations: Sequence[Migration] | None = None) -> list[str]:
    """Bring the database to this version, in one transaction; returns the names of the files that were applied.

    Processes that start together wait for each other here (advisory lock, held until the commit).

    :raises MigrationError: an applied file has changed, or the database is newer than this version.
    """
    wanted = shipped() if migrations is None else migrations
    with connection.transaction():
        connection.execute("SET LOCAL statement_timeout = 0")
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK_ID,))
        connection.execute(_BOOK)
        pending = _pending(connection, wanted)
        for migration in pending:
            connection.execute(migration.sql)
            connection.execute(
                "INSERT INTO schema_migrations (version, name, checksum) VALUES (%s, %s, %s)",
                (migration.version, migration.name, migration.checksum),
            )
    return [migration.name for migration in pending]


def _pending(connection: Rows, wanted: Sequence[Migration]) -> list[Migration]:
    applied = {
        version: (name, checksum)
        for version, name, checksum in connection.execute(
            "SELECT version, name, checksum FROM schema_migrations ORDER BY version"
        )
    }
    for migration in wanted:
        name, checksum = applied.get(migration.version, (migration.name, migration.checksum))
        if checksum != migration.checksum:
            raise MigrationError(f"{migration.name} has changed since it was applied as {name}: add a new file instead")
    unknown = applied.keys() - {migration.version for migration in wanted}
    if unknown:
        names = ", ".join(str(applied[version][0]) for version in sorted(unknown))
        raise MigrationError(f"the database is newer than this version, which does not know {names}")
    return [migration for migration in wanted if migration.version not in applied]
