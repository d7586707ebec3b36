"""One partition of a worker is stuck: the others go on, and nothing of it is lost."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import msgspec
import pytest
from aiokafka import AIOKafkaProducer

from schemas.commands import Kill, Scope
from schemas.topics import ALERTS, ORDERS
from streams.auditing import audit
from streams.journal import Input
from streams.partitioning import partition_of
from streams.producer import EventProducer
from streams.reader import EventReader
from streams.settings import StreamSettings
from tests.streams.stage import Journal, Stage
from tests.streams.test_workers import ACCOUNTS, order
from tests.waiting import until

STUCK = 1
POISON, LONG_BYTES = 70, 60_000
#: A worker that can't reach the journal of one partition before a file is there.
WORKER = """
import asyncio, sys
from pathlib import Path
from riskstream.settings import load
from streams.kafka_log import KafkaLog
from streams.worker import run

begin = KafkaLog.start

async def start(self):
    while self.name.endswith("-{stuck}") and not Path({file!r}).exists():
        await asyncio.sleep(0.05)
    await begin(self)

KafkaLog.start = start
sys.exit(run(load().stream))
"""


#: A worker whose projector can't find out where the journal of one partition begins before a file is there.
SILENT = """
import sys
from pathlib import Path
from aiokafka.errors import KafkaTimeoutError
from riskstream.settings import load
from streams import projector
from streams.worker import run

begin = projector.snapshots_to_start_from

async def start(settings, cursors, partitions):
    if {stuck} in partitions and not Path({file!r}).exists():
        raise KafkaTimeoutError
    return await begin(settings, cursors, partitions)

projector.snapshots_to_start_from = start
sys.exit(run(load().stream))
"""


async def consumed(settings: StreamSettings, partition: int) -> int:
    """How many orders of a partition its journal has consumed, each once and in order."""
    (found,) = await audit(settings, [partition])
    assert not found.findings
    return found.vector[Input.ORDERS]


def metric(port: int, name: str) -> Callable[[], float]:
    """Reads a metric of the worker that answers there."""

    def read() -> float:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            found = re.search(rf"^{re.escape(name)} (.*)$", answer.read().decode(), re.MULTILINE)
        return float(found[1]) if found else 0.0

    return read


@pytest.mark.e2e
async def test_a_stuck_partition_stops_no_other(tmp_path: Path) -> None:
    """Its journal can't be reached and its inputs pile up at the broker, not in the worker; the orders of the others
    are decided meanwhile. Once it can be reached, each of its inputs is consumed once and in order."""
    file = tmp_path / "go-on"
    async with Stage(accounts=ACCOUNTS) as stage, Journal(stage.settings) as journal:
        stage.settings = msgspec.structs.replace(stage.settings, batch_max_bytes=100_000)
        async with AIOKafkaProducer(bootstrap_servers=stage.settings.bootstrap_servers) as raw:
            for _ in range(POISON):
                await raw.send_and_wait(stage.settings.topic(ORDERS), b"x" * LONG_BYTES, partition=STUCK)
        await stage.publish_market()
        worker = stage.start_worker(WORKER.format(stuck=STUCK, file=str(file)))
        port = stage.ports[worker]
        await stage.market_is_known()
        await journal.knows_the_account(3)
        async with EventProducer(stage.settings) as producer:
            for number in range(80):
                await producer.send(order(number))
        await journal.has_decisions(60)
        assert {entry.partition for entry in journal.entries} == {0, 2, 3}

        async def is_behind() -> bool:
            lag = metric(port, f'riskstream_lag{{partition="{STUCK}",topic="{stage.settings.topic(ORDERS)}"}}')
            return await asyncio.to_thread(lag) > POISON / 2

        await until(is_behind, 20, "a lag")
        assert 0 < await asyncio.to_thread(metric(port, f'riskstream_waiting{{partition="{STUCK}"}}')) < POISON / 2
        file.touch()
        await journal.has_decisions(80)
        assert await consumed(stage.settings, STUCK) == POISON + 20
        assert worker.poll() is None


@pytest.mark.e2e
async def test_a_stuck_projector_stops_no_other(tmp_path: Path) -> None:
    """What follows from the journal of a partition that is out of reach waits for it; the alerts of the others come,
    and once it can be reached, so do its own."""
    file, seen = tmp_path / "go-on", set[str]()
    async with Stage(accounts=ACCOUNTS) as stage, EventReader(stage.settings, ALERTS) as reader:
        stage.start_worker(SILENT.format(stuck=STUCK, file=str(file)))
        async with EventProducer(stage.settings) as producer:
            for account in ACCOUNTS:
                await producer.send(
                    Kill(command_id=account, scope=Scope.ACCOUNT, scope_id=account, author="jo", event_time_ns=1)
                )
        entries = reader.entries()

        async def told(accounts: set[str]) -> bool:
            seen.update(entry.event.account_id for entry in await anext(entries))
            return accounts <= seen

        stuck = {account for account in ACCOUNTS if partition_of(account, 4) == STUCK}
        await until(lambda: told({*ACCOUNTS} - stuck), 30, "the alerts of the others")
        assert not stuck & seen
        file.touch()
        await until(lambda: told(stuck), 30, "the alerts of the partition that was out of reach")
