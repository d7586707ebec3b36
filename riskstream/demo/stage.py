"""What the demo runs on: an embedded broker and database, and the worker, sink and API as child processes."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from riskstream.demo.interrupt import SIGNALS
from riskstream.demo.net import free_port
from riskstream.embedded.broker import EmbeddedBroker
from riskstream.embedded.children import Children, Ended
from riskstream.embedded.postgres import EmbeddedPostgres
from riskstream.settings import Settings, environment
from streams.settings import Clock
from streams.topics import required_topics

STOP_TIMEOUT_S = 3.0
_CONFLATION_MS = 20
_SWEEP_MS = 250
_METRICS_MS = 500
_FETCH_WAIT_MS = 5
#: The embedded broker keeps 5 MiB of a partition, seconds of decisions: whoever starts later needs a snapshot.
_SNAPSHOT_MS = 2000
_BENCHMARK = "SPX"


class Stage:
    """Broker, database and processes, up to :meth:`stop`. ``settings`` are those that the processes run with.

    Everything is started from the thread that makes it, because the children end with that thread. ``check`` is called
    between two steps of the start and raises to end it.
    """

    def __init__(self, settings: Settings, check: Callable[[], None]) -> None:
        self._broker = EmbeddedBroker(required_topics(settings.stream))
        self._database = EmbeddedPostgres()
        self._children = Children()
        self._wanted, self._check = settings, check
        self.settings = settings
        self.logs = Path(tempfile.mkdtemp(prefix="riskstream-demo-"))

    def __enter__(self) -> Self:
        try:
            self._start_all()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start_all(self) -> None:
        self._broker.start()
        self.settings = _adapted(self._wanted, self._broker.bootstrap_servers, self._database.dsn)
        self._start("worker")
        self._check()
        self._database.start()
        self._check()
        self._start("sink")
        self._start("api")
        self._check()

    @property
    def page(self) -> str:
        """Address of the live page."""
        return f"http://{self.settings.api.host}:{self.settings.api.port}"

    @property
    def addresses(self) -> str:
        """Broker and database as the variables that point the other commands at them."""
        settings = self.settings
        return (
            f"RISKSTREAM_BOOTSTRAP_SERVERS={settings.stream.bootstrap_servers} "
            f"RISKSTREAM_DATABASE_URL={settings.database_url}"
        )

    def dead(self) -> Ended | None:
        """The first process that ended by itself."""
        return self._children.poll()

    def stop(self) -> None:
        """Stop everything, in the order that lets each end cleanly; signals no longer interrupt."""
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        self._children.stop(STOP_TIMEOUT_S)
        self._database.stop()
        self._broker.stop()

    def forget(self) -> None:
        """Remove the processes' logs and temporary files."""
        shutil.rmtree(self.logs, ignore_errors=True)

    def _start(self, name: str) -> None:
        command = [sys.executable, "-m", "riskstream", name]
        variables = environment(self.settings) | {"TMPDIR": str(self.logs)}
        self._children.start(name, command, os.environ | variables, self.logs / f"{name}.log")


def _adapted(settings: Settings, bootstrap_servers: str, database_url: str) -> Settings:
    """The user's settings on the embedded servers, on event time, quick enough for days that last a second."""
    stream = msgspec.structs.replace(
        settings.stream,
        bootstrap_servers=bootstrap_servers,
        clock=Clock.EVENT,
        conflation_ms=_CONFLATION_MS,
        sweep_ms=_SWEEP_MS,
        metrics_ms=_METRICS_MS,
        fetch_wait_ms=_FETCH_WAIT_MS,
        snapshot_ms=_SNAPSHOT_MS,
        web_port=free_port(0),
        market=msgspec.structs.replace(settings.stream.market, benchmark=_BENCHMARK),
    )
    api = msgspec.structs.replace(settings.api, port=free_port(settings.api.port, settings.api.host))
    return Settings(stream=stream, api=api, database_url=database_url)
