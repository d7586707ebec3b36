"""Probes and Prometheus see what a worker does."""

from __future__ import annotations

import asyncio
import json
import re
import time
from http.client import HTTPConnection

import pytest

from risk.state import AccountState
from schemas.reference import Account
from streams.health import Health
from streams.owner import Owner
from streams.ports import kafka_ports
from streams.settings import StreamSettings
from streams.worker import Worker
from tests.risk.world import NOW_NS, calm_market
from tests.streams.stage import Journal, Stage
from tests.waiting import until


def worker_with_one_partition() -> Worker:
    worker = Worker(StreamSettings())
    ports = kafka_ports(worker.settings, worker.publisher, retention_ms=1000)
    worker.owners[3] = Owner(worker.settings, 3, worker.market, worker.references, ports)
    return worker


@pytest.mark.parametrize(
    ("caught_up", "owned", "status"), [(False, False, 503), (False, True, 503), (True, False, 503), (True, True, 200)]
)
async def test_healthy_is_who_decides(caught_up: bool, owned: bool, status: int) -> None:
    """A worker is healthy when it knows the market and owns every partition that it was given."""
    worker = worker_with_one_partition()
    worker.owners[3].owned = owned
    if caught_up:
        worker.broadcast.ready.set()
    code, _, body = Health(worker).answer("/health")
    assert (code, json.loads(body)) == (status, {"market_caught_up": caught_up, "partitions_owned": {"3": owned}})


async def test_metrics_are_prometheus_text() -> None:
    """Counts by partition, and refused market data by reason."""
    worker = worker_with_one_partition()
    worker.owners[3].counts["decisions"] = 7
    worker.market.refused["mark_older"] = 2
    worker.owners[3].state.commands_lost = 5
    worker.owners[3].state.fills_lost = {"late": 2}
    worker.owners[3].state.accounts["acc"] = AccountState(definition=Account(account_id="acc"), fills_lost=1)
    worker.background.schedule.counts["stress failed"] = 3
    worker.background.schedule.times_ns["stress"] = 5_000_000_000
    worker.owners[3].coverage.complete(10, time.time_ns() - 900_000_000_000)
    worker.lags = lambda: {("risk.orders.v1", 3): 12}
    _, kind, body = Health(worker).answer("/metrics")
    assert kind.startswith("text/plain")
    assert b'riskstream_decisions_total{partition="3"} 7.0' in body
    age = re.search(rb'riskstream_snapshot_age_seconds{partition="3"} (.*)', body)
    assert age is not None
    assert float(age[1]) == pytest.approx(900, abs=60)
    assert b'riskstream_snapshot_overdue{partition="3"} 1.0' in body
    assert b'riskstream_lost{kind="commands",partition="3"} 5.0' in body
    assert b'riskstream_lost{kind="fills",partition="3"} 3.0' in body
    assert b'riskstream_lag{partition="3",topic="risk.orders.v1"} 12.0' in body
    assert b'riskstream_market_refused_total{reason="mark_older"} 2.0' in body
    assert b'riskstream_background_total{ended="stress failed"} 3.0' in body
    assert b'riskstream_background_time_seconds{measure="stress"} 5.0' in body
    assert Health(worker).answer("/other")[0] == 404


async def test_metrics_tell_how_many_symbols_are_measured() -> None:
    """Whoever starts a worker sees when the measures beside the decisions are there."""
    worker = worker_with_one_partition()
    assert b"riskstream_symbols 0.0" in Health(worker).answer("/metrics")[2]
    worker.market = calm_market()
    body = Health(worker).answer("/metrics")[2]
    assert b"riskstream_symbols 4.0" in body
    assert b"riskstream_symbols_measured 4.0" in body


@pytest.mark.e2e
async def test_a_worker_serves_its_port() -> None:
    """With a port set, a running worker answers there."""
    async with Stage() as stage, Journal(stage.settings) as journal:
        stage.start_worker()
        (port,) = stage.ports.values()
        await stage.publish_market()
        await stage.market_is_known()
        await journal.knows_the_account()
        answer = json.loads(await _get(port, "/health"))
        assert set(answer["partitions_owned"]) == {"0", "1", "2", "3"}

        async def nothing_waits() -> bool:
            shown = (await _get(port, "/metrics")).decode()
            lags = re.findall(r"^riskstream_lag{.*} (.*)$", shown, re.MULTILINE)
            return 'riskstream_lag{partition="0",topic="risk.ticks.v1"} 0.0' in shown and set(lags) == {"0.0"}

        await until(nothing_waits, 20, "a lag of 0 everywhere")
        metrics = (await _get(port, "/metrics")).decode()
        assert float(metrics.split("\nriskstream_feed_time_seconds ")[1].split()[0]) == NOW_NS / 1e9


async def _get(port: int, path: str) -> bytes:
    def read() -> bytes:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", path)
        return connection.getresponse().read()

    return await asyncio.to_thread(read)
