"""Servers for the tests, and empty databases on them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import conninfo, sql

from riskstream.embedded.postgres import EmbeddedPostgres, reachable_home


@contextmanager
def running(binaries: Path | None = None) -> Iterator[EmbeddedPostgres]:
    """A server that keeps its data when it is stopped, until the end of the block."""
    home = reachable_home("riskstream-sinks-")
    server = EmbeddedPostgres(data_dir=home / "data", binaries=binaries)
    try:
        yield server.start()
    finally:
        server.stop()
        shutil.rmtree(home)


@contextmanager
def running_timescale(binaries: Path) -> Iterator[EmbeddedPostgres]:
    """A server of binaries that have TimescaleDB beside them, with its library preloaded."""
    with running(binaries) as server:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET shared_preload_libraries = 'timescaledb'")
        server.restart()
        yield server


def fresh_database(dsn: str, name: str) -> str:
    """Create an empty database beside the one of ``dsn``; gives its dsn."""
    drop_database(dsn, name)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return conninfo.make_conninfo(dsn, dbname=name)


def drop_database(dsn: str, name: str) -> None:
    """Drop a database, whoever uses it."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
