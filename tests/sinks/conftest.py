"""Databases for the sink's tests: the embedded PostgreSQL, and TimescaleDB from wherever it can be had."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from riskstream.embedded.postgres import EmbeddedPostgres
from sinks.timescale import TimescaleSink
from tests.docker import docker_answers
from tests.sinks.servers import drop_database, fresh_database, running, running_timescale

IMAGE = "timescale/timescaledb:latest-pg17"
WAYS = (
    "TIMESCALE_URL is not set, no Docker engine answers, and RISKSTREAM_TIMESCALE_BIN does not name the directory "
    "that deploy/local/timescale.sh prints"
)
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """A plain PostgreSQL server; it keeps its data when a test stops and starts it."""
    with running() as server:
        yield server


@pytest.fixture
def database(postgres: EmbeddedPostgres) -> str:
    """The dsn of an empty database on plain PostgreSQL."""
    return fresh_database(postgres.dsn, f"sinks_{next(_numbers)}")


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    """A second pair of eyes on the database under test."""
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


@pytest.fixture
def new_sink(database: str) -> Iterator[Callable[..., TimescaleSink]]:
    """Makes sinks on the database under test, and closes them."""
    sinks: list[TimescaleSink] = []

    def make(**options: int) -> TimescaleSink:
        sinks.append(TimescaleSink(database, **options))
        return sinks[-1]

    yield make
    for sink in sinks:
        sink.close()


@pytest.fixture(scope="session")
def timescale_server() -> Iterator[str]:
    """The dsn of a TimescaleDB server; prints why when there is none."""
    if url := os.environ.get("TIMESCALE_URL"):
        yield url
    elif docker_answers():
        yield from _container()
    elif binaries := os.environ.get("RISKSTREAM_TIMESCALE_BIN"):
        with running_timescale(Path(binaries)) as server:
            yield server.dsn
    elif os.environ.get("RISKSTREAM_REQUIRE_TIMESCALE"):
        pytest.fail(f"no TimescaleDB: {WAYS}")
    else:
        print(f"no TimescaleDB: {WAYS}")
        pytest.skip(f"no TimescaleDB: {WAYS}")


def _container() -> Iterator[str]:
    from testcontainers.postgres import PostgresContainer

    with PostgresContainer(IMAGE, driver=None) as container:
        yield container.get_connection_url()


@pytest.fixture
def timescale(timescale_server: str) -> Iterator[str]:
    """The dsn of an empty database on TimescaleDB; dropped afterwards, as the server may be shared."""
    name = f"riskstream_{os.getpid()}_{next(_numbers)}"
    yield fresh_database(timescale_server, name)
    drop_database(timescale_server, name)
