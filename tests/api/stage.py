"""A broker with a worker and a calm market on it, for the one test that goes all the way."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import msgspec
import numpy as np

from riskstream.embedded.broker import EmbeddedBroker
from riskstream.settings import Settings, environment
from schemas.market import IndexLevel, Quote, Trade
from schemas.reference import Account
from streams.producer import EventProducer
from streams.settings import Clock, StreamSettings
from streams.topics import required_topics
from tests.api.serving import ROOT
from tests.risk.world import DAY_NS, LOOSE, NOW_NS, START_NS, SYMBOLS, bar, instrument

WORKER = (
    "import sys; from riskstream.settings import load; from streams.worker import run; sys.exit(run(load().stream))"
)
PRICE = Decimal(100)


@asynccontextmanager
async def stage() -> AsyncIterator[StreamSettings]:
    """Settings of an embedded broker with one account, four instruments, and a worker that decides."""
    settings = StreamSettings(clock=Clock.EVENT, conflation_ms=20, sweep_ms=200, metrics_ms=200, partitions=2)
    with EmbeddedBroker(required_topics(settings)) as broker:
        settings = msgspec.structs.replace(settings, bootstrap_servers=broker.bootstrap_servers)
        await _publish(settings)
        worker = _worker(settings)
        try:
            yield settings
        finally:
            worker.kill()
            worker.wait(10)


def _worker(settings: StreamSettings) -> subprocess.Popen[bytes]:
    env = {"PATH": "/usr/bin:/bin"} | environment(Settings(stream=settings))
    return subprocess.Popen([sys.executable, "-c", WORKER], env=env, cwd=ROOT)


async def _publish(settings: StreamSettings) -> None:
    random = np.random.default_rng(3)
    async with EventProducer(settings, linger_ms=5) as producer:
        for symbol in SYMBOLS:
            await producer.send(instrument(symbol))
        await producer.send(Account(account_id="acc", cash={"USD": Decimal(1_000_000)}, limits=LOOSE))
        for day in range(40, 300):
            for symbol in SYMBOLS:
                close = 100.0 + float(random.standard_normal())
                await producer.send(bar(symbol, close, START_NS + day * DAY_NS))
        for symbol in SYMBOLS:
            await producer.send(Quote(symbol=symbol, bid=PRICE, ask=PRICE, event_time_ns=NOW_NS))
            await producer.send(Trade(symbol=symbol, price=PRICE, quantity=Decimal(1), event_time_ns=NOW_NS))
        await producer.send(IndexLevel(symbol="VIX", level=Decimal(15), event_time_ns=NOW_NS))
