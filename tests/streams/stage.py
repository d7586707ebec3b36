"""A real worker process on the embedded broker, with the calm market and one account published."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.request import urlopen

import msgspec
import numpy as np

from riskstream.demo.net import free_port
from riskstream.embedded.broker import EmbeddedBroker
from schemas.decisions import Decision
from schemas.limits import LimitSet
from schemas.market import IndexLevel, Quote, Trade
from schemas.records import AccountDefined, Facts
from schemas.reference import Account
from streams.producer import EventProducer
from streams.reader import Entry, JournalReader
from streams.settings import Clock, StreamSettings
from streams.topics import required_topics
from tests.risk.world import DAY_NS, LOOSE, NOW_NS, START_NS, SYMBOLS, bar, instrument
from tests.waiting import until

WORKER = (
    "import sys; from riskstream.settings import load; from streams.worker import run; sys.exit(run(load().stream))"
)
PRICE = Decimal(100)


class Stage:
    """The broker in this process, workers as children. ``settings`` are those that all of them use."""

    def __init__(self, limits: LimitSet = LOOSE, accounts: Sequence[str] = ("acc",)) -> None:
        self._accounts = accounts
        self._broker: EmbeddedBroker | None = None
        self._limits = limits
        self._workers: list[subprocess.Popen[bytes]] = []
        self._log = Path(tempfile.mkdtemp()) / "worker.log"
        self.settings = StreamSettings()
        #: Where each worker answers probes.
        self.ports: dict[subprocess.Popen[bytes], int] = {}

    async def __aenter__(self) -> Self:
        self._broker = EmbeddedBroker(required_topics(StreamSettings())).start()
        self.settings = StreamSettings(
            bootstrap_servers=self._broker.bootstrap_servers,
            clock=Clock.EVENT,
            conflation_ms=20,
            sweep_ms=200,
            fetch_wait_ms=5,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.kill()
            worker.wait()
        if self._broker is not None:
            self._broker.stop()
        if error is not None:
            sys.stderr.write(self.log)

    @property
    def broker(self) -> EmbeddedBroker:
        """The broker, to break it."""
        assert self._broker is not None, "the stage is open"
        return self._broker

    @property
    def log(self) -> str:
        """What the workers wrote."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def start_worker(self, code: str = WORKER) -> subprocess.Popen[bytes]:
        """A new worker process; ``code`` is what it runs."""
        from riskstream.settings import Settings, environment

        settings = msgspec.structs.replace(self.settings, web_port=free_port(0))
        env = {"PATH": "/usr/bin:/bin"} | environment(Settings(stream=settings))
        with self._log.open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, "-c", code], env=env, stdout=log, stderr=log, cwd=Path(__file__).parents[2]
            )
        self._workers.append(worker)
        self.ports[worker] = settings.web_port
        return worker

    def kill(self, worker: subprocess.Popen[bytes], how: signal.Signals) -> int:
        """Send a signal and wait for the end."""
        worker.send_signal(how)
        return worker.wait(15)

    async def publish_market(self) -> None:
        """Reference data, 300 days of bars, a fresh price and quote of each symbol, the VIX."""
        random = np.random.default_rng(3)
        async with EventProducer(self.settings, linger_ms=5) as producer:
            for symbol in SYMBOLS:
                await producer.send(instrument(symbol))
            cash = {"USD": Decimal(1_000_000)}
            for account_id in self._accounts:
                await producer.send(Account(account_id=account_id, cash=cash, limits=self._limits))
            for day in range(300):
                for symbol in SYMBOLS:
                    close = 100.0 + float(random.standard_normal())
                    await producer.send(bar(symbol, close, START_NS + day * DAY_NS))
            for symbol in SYMBOLS:
                await producer.send(Quote(symbol=symbol, bid=PRICE, ask=PRICE, event_time_ns=NOW_NS))
                await producer.send(Trade(symbol=symbol, price=PRICE, quantity=Decimal(1), event_time_ns=NOW_NS))
            await producer.send(IndexLevel(symbol="VIX", level=Decimal(15), event_time_ns=NOW_NS))

    async def market_is_known(self) -> None:
        """Until the marks that the worker makes of the ticks are on their topic, and every running worker has
        computed with them what is too slow for an order."""
        from schemas.topics import MARKS
        from streams.reader import EventReader

        seen: set[str] = set()
        async with EventReader(self.settings, MARKS) as reader:
            entries = reader.entries()

            async def complete() -> bool:
                seen.update(entry.event.symbol for entry in await anext(entries))
                return {*SYMBOLS, "VIX"} <= seen

            await until(complete, 30, "all marks")
        for worker, port in self.ports.items():
            if worker.poll() is None:
                await until(partial(market_is_computed, port), 30, "what is computed of the market as it is")


async def market_is_computed(port: int) -> bool:
    """Whether the worker that answers there has simulated and analysed the market after its newest mark."""
    try:
        answer = await asyncio.to_thread(urlopen, f"http://127.0.0.1:{port}/metrics", timeout=5)
    except OSError:  # it is still starting
        return False
    with answer:
        shown = answer.read().decode()
    pattern = r'^riskstream_background_time_seconds\{measure="(?:monte_carlo_stress|market_analysis)"\} (.*)$'
    times = [float(time_s) >= NOW_NS / 1e9 for time_s in re.findall(pattern, shown, re.MULTILINE)]
    return times == [True, True] and "riskstream_analysis_known 1.0" in shown


class Journal:
    """The effective records as they come."""

    def __init__(self, settings: StreamSettings) -> None:
        self._reader = JournalReader(settings)
        self.entries: list[Entry] = []

    async def __aenter__(self) -> Self:
        await self._reader.__aenter__()
        self._source: Any = self._reader.entries()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._source.aclose()
        await self._reader.__aexit__(kind, error, trace)

    @property
    def decisions(self) -> list[Decision]:
        """All decisions so far."""
        return [entry.body for entry in self.entries if isinstance(entry.body, Decision)]

    async def has_decisions(self, count: int, timeout_s: float = 40.0) -> None:
        """Read until there are so many."""

        async def enough() -> bool:
            self.entries += await anext(self._source)
            return len(self.decisions) >= count

        await until(enough, timeout_s, f"{count} decisions ({len(self.decisions)} so far)")

    async def has_facts(self) -> None:
        """Read until fills or commands were applied."""

        async def applied() -> bool:
            self.entries += await anext(self._source)
            return any(isinstance(entry.body, Facts) for entry in self.entries)

        await until(applied, 40, "facts in the journal")

    async def knows_the_account(self, count: int = 1) -> None:
        """Read until the accounts are in the state of their partitions."""

        async def known() -> bool:
            self.entries += await anext(self._source)
            return sum(isinstance(entry.body, AccountDefined) for entry in self.entries) >= count

        await until(known, 40, "the account in the journal")
