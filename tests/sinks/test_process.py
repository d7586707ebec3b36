"""The sink as a process of its own, over the embedded broker and database."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import psycopg
import pytest
from aiokafka import AIOKafkaProducer

from riskstream.embedded.broker import EmbeddedBroker
from schemas import topics
from schemas.base import Event
from schemas.codec import encode
from schemas.records import Claim
from sinks.timescale.migrations import migrate
from streams.exits import FATAL, MISMATCH, UNREACHABLE
from streams.journal import HEADER_KEY, Header, Kind, encode_header
from streams.settings import StreamSettings
from tests.sinks.samples import OWNER, START_NS, decision, facts, fill, metrics

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
PROGRAM = """import sys, msgspec
from streams.settings import StreamSettings
from streams.sinking import run
sys.exit(run(msgspec.json.decode(sys.argv[1], type=StreamSettings), sys.argv[2]))"""
DEADLINE_S = 30.0
READ = topics.DECISIONS, topics.METRICS, topics.ALERTS, topics.BREAKERS
Record = tuple[Header, Event]


@pytest.fixture
def settings() -> Iterator[StreamSettings]:
    """A broker with the topics that the sink reads, of one partition each."""
    blank = StreamSettings(partitions=1)
    with EmbeddedBroker({blank.topic(topic): 1 for topic in READ}) as broker:
        yield msgspec.structs.replace(blank, bootstrap_servers=broker.bootstrap_servers)


@pytest.fixture
def start(settings: StreamSettings, database: str) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts sink processes; none outlives the test."""
    processes: list[subprocess.Popen[bytes]] = []

    def run() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", PROGRAM, msgspec.json.encode(settings).decode(), database]
        processes.append(subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}))
        return processes[-1]

    yield run
    for process in processes:
        process.kill()
        process.wait()


async def publish(settings: StreamSettings, journal: Sequence[Record], outputs: Sequence[Event] = ()) -> None:
    """Append to the journal and to the metrics topic, in this order."""
    async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers) as producer:
        for header, body in journal:
            await producer.send_and_wait(
                settings.topic(topics.DECISIONS),
                encode(body),
                partition=0,
                headers=[(HEADER_KEY, encode_header(header))],
            )
        for event in outputs:
            await producer.send_and_wait(settings.topic(topics.METRICS), encode(event), partition=0)


def wait_for_rows(connection: psycopg.Connection, table: str, number: int) -> None:
    """Return when the table has that many rows."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        exists = connection.execute("SELECT to_regclass(%s)", (table,)).fetchone() != (None,)
        found = connection.execute(f"SELECT count(*) FROM {table}").fetchone() if exists else None
        if found == (number,):
            return
        assert time.monotonic() < deadline, f"{table}: {found} rows, expected {number}"


def effective(seq: int, body: Event, kind: Kind = Kind.DECISION, owner: bytes = OWNER) -> Record:
    """A record of the first epoch; of another owner it is void."""
    return Header(kind, 1, owner, seq), body


def end(process: subprocess.Popen[bytes]) -> float:
    """Ask the process to end; gives the seconds that it took to do so with exit code 0."""
    started = time.monotonic()
    process.terminate()
    assert process.wait(timeout=DEADLINE_S) == 0
    return time.monotonic() - started


async def test_effective_records_once_over_restarts(
    settings: StreamSettings, connection: psycopg.Connection, start: Callable[[], subprocess.Popen[bytes]]
) -> None:
    """Void records leave no rows, a killed and a stopped process lose and double none, and SIGTERM ends it in 3 s."""
    claim = Header(Kind.CLAIM, 1, OWNER, 0), Claim(partitions=1, code_version="test")
    await publish(settings, [claim, *(effective(seq, decision(seq)) for seq in range(1, 21))], [metrics()])
    process = start()
    wait_for_rows(connection, "decisions", 20)
    wait_for_rows(connection, "risk_metrics", 1)
    process.kill()
    process.wait()
    void = effective(21, decision(99), owner=bytes(16))
    await publish(settings, [void, effective(21, facts(fill(1)), Kind.FACTS), effective(22, decision(22))])
    process = start()
    wait_for_rows(connection, "decisions", 21)
    assert end(process) < 3.0
    await publish(
        settings, [effective(22, decision(98)), effective(23, decision(23))], [metrics(time_ns=START_NS + 1000)]
    )
    process = start()
    wait_for_rows(connection, "decisions", 22)
    wait_for_rows(connection, "risk_metrics", 2)
    assert end(process) < 3.0
    ids = [seq for (seq,) in connection.execute("SELECT seq FROM decisions ORDER BY seq")]
    assert ids == [*range(1, 21), 22, 23]
    assert connection.execute("SELECT seq, fill_id FROM fills").fetchall() == [(21, "fill-1")]
    stored = connection.execute('SELECT topic, "offset", epoch, owner, seq FROM reader_cursors ORDER BY topic')
    assert stored.fetchall() == [("risk.decisions.v1", 26, 1, OWNER, 23), ("risk.metrics.v1", 2, 0, b"", 0)]


def ended(start: Callable[[], subprocess.Popen[bytes]]) -> int:
    """The exit code of a process that ends by itself."""
    return start().wait(timeout=DEADLINE_S)


def test_no_broker_is_code_3(database: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Nobody answers at the address: the process says which, and ends."""
    nobody = msgspec.json.encode(StreamSettings(partitions=1, bootstrap_servers="127.0.0.1:1")).decode()
    command = [sys.executable, "-c", PROGRAM, nobody, database]
    code = subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=DEADLINE_S).returncode
    assert code == UNREACHABLE
    assert "no broker at 127.0.0.1:1\n" in capfd.readouterr().err


def test_a_schema_of_another_version_is_code_2(
    connection: psycopg.Connection, start: Callable[[], subprocess.Popen[bytes]], capfd: pytest.CaptureFixture[str]
) -> None:
    """A migration that was applied with another content is named; nothing is read or written."""
    migrate(connection)
    connection.execute("UPDATE schema_migrations SET checksum = 'x' WHERE version = 1")
    assert ended(start) == MISMATCH
    assert "has changed since it was applied" in capfd.readouterr().err


async def test_what_cannot_be_read_is_code_4(
    settings: StreamSettings, start: Callable[[], subprocess.Popen[bytes]], capfd: pytest.CaptureFixture[str]
) -> None:
    """A journal record without a header may be anything: the process ends, and says where it is."""
    async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers) as producer:
        await producer.send_and_wait(settings.topic(topics.DECISIONS), b"{}", partition=0)
    assert await asyncio.to_thread(ended, start) == FATAL
    assert "record risk.decisions.v1-0@0 has no header" in capfd.readouterr().err


async def test_rows_that_the_database_refuses_are_code_4(
    settings: StreamSettings,
    connection: psycopg.Connection,
    start: Callable[[], subprocess.Popen[bytes]],
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A table that is not there any more is an error that waiting does not cure."""
    migrate(connection)
    connection.execute("DROP TABLE risk_metrics CASCADE")
    await publish(settings, [], [metrics()])
    assert await asyncio.to_thread(ended, start) == FATAL
    assert "risk_metrics" in capfd.readouterr().err


def test_a_stop_while_the_database_is_away_ends_in_time(settings: StreamSettings) -> None:
    """A process that never reached its database still ends with 0 within 3 s of SIGTERM."""
    nowhere = "postgresql://riskstream@127.0.0.1:1/none"
    command = [sys.executable, "-c", PROGRAM, msgspec.json.encode(settings).decode(), nowhere]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, env=environment) as sink:
        assert sink.stderr is not None
        assert b"the database is away" in sink.stderr.readline()
        assert end(sink) < 3.0
