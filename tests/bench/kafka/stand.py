"""Where systems are measured: topics of their own for each run, the system as a process, and the load for it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from riskstream.demo.net import free_port
from riskstream.settings import Settings, environment
from streams.producer import EventProducer
from streams.settings import Clock, StreamSettings
from streams.topics import create_topics
from tests.bench.kafka.cpu import Spent
from tests.bench.kafka.engines import accounts, instruments
from tests.bench.kafka.load import Load

ROOT = Path(__file__).parents[3]
WARM_RATE, WARM_S = 500, 1.0
END_TIMEOUT_S = 10.0


class System(NamedTuple):
    """A running system; riskstream answers probes on ``web_port``."""

    process: subprocess.Popen[bytes]
    web_port: int


class Stand:
    """Runs against one broker."""

    def __init__(self, bootstrap_servers: str, broker_pid: int | None) -> None:
        self._bootstrap, self._broker = bootstrap_servers, broker_pid
        self._runs = 0
        #: Of the latest run.
        self.settings = StreamSettings()
        self._log = Path(tempfile.mkdtemp(prefix="riskstream-bench-")) / "systems.log"

    @contextmanager
    def loaded(self, system: str, engine: str, **changes: Any) -> Iterator[tuple[Load, System]]:
        """A system that is warm, and the load for it."""
        self.settings = self._fresh(changes)
        asyncio.run(_prepare(self.settings))
        with ExitStack() as stack:
            running = stack.enter_context(self.running(system, engine))
            load = stack.enter_context(Load(self.settings))
            try:
                load.until_decided()
            except TimeoutError:
                sys.stderr.write(self._log.read_text()[-4000:])
                raise
            load.paced(WARM_RATE, WARM_S)
            yield load, running

    @contextmanager
    def running(self, system: str, engine: str) -> Iterator[System]:
        """One system as a process, on the topics of the latest run."""
        settings = msgspec.structs.replace(self.settings, web_port=free_port(0))
        with self._log.open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.bench.kafka.systems", system, engine],
                env=os.environ | environment(Settings(stream=settings)),
                stdout=out,
                stderr=out,
                cwd=ROOT,
            )
        try:
            yield System(process, settings.web_port)
        finally:
            end(process)

    def spent(self, system: System) -> Spent:
        """CPU seconds so far."""
        return Spent.so_far(system.process.pid, self._broker)

    def _fresh(self, changes: dict[str, Any]) -> StreamSettings:
        self._runs += 1
        name = f"bench{os.getpid()}-{self._runs}"
        defaults: dict[str, Any] = {
            "bootstrap_servers": self._bootstrap,
            "prefix": name,
            "application": name,
            "clock": Clock.EVENT,
            "latency_budget_ms": 0,
        }
        return StreamSettings(**defaults | changes)


def end(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM, and SIGKILL if that does not help; nothing if it has ended."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(END_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


async def _prepare(settings: StreamSettings) -> None:
    await create_topics(settings)
    async with EventProducer(settings) as producer:
        for reference in [*instruments(), *accounts(settings.partitions)]:
            await producer.send(reference)
