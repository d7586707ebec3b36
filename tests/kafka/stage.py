"""Worker processes on a real broker, with the calm market and some accounts published."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from riskstream.demo.net import free_port
from riskstream.embedded.guard import dies_with_parent
from riskstream.settings import Settings, environment
from schemas.limits import LimitSet
from streams.settings import Clock, StreamSettings
from streams.topics import create_topics
from tests.risk.world import LOOSE
from tests.streams.stage import Stage

REPOSITORY = Path(__file__).parents[2]
#: What every stage wants: event time, quick conflation, a short session.
QUICK = StreamSettings(
    clock=Clock.EVENT,
    conflation_ms=20,
    sweep_ms=200,
    fetch_wait_ms=20,
    session_timeout_ms=4000,
    heartbeat_ms=1300,
    rebalance_timeout_ms=8000,
)


class KafkaStage(Stage):
    """Topics of its own on a broker that someone else runs, and processes of riskstream as children.

    ``servers`` is where this process connects, ``worker_servers`` (default: the same) where the workers do.
    """

    def __init__(
        self,
        servers: str,
        prefix: str,
        worker_servers: str = "",
        limits: LimitSet = LOOSE,
        accounts: Sequence[str] = ("acc",),
        settings: StreamSettings = QUICK,
    ) -> None:
        super().__init__(limits, accounts)
        self.settings = msgspec.structs.replace(settings, bootstrap_servers=servers, prefix=prefix, application=prefix)
        self._worker_servers = worker_servers or servers
        self._folder = Path(tempfile.mkdtemp(prefix="riskstream-stage-"))

    async def __aenter__(self) -> Self:
        await create_topics(self.settings)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._workers:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()
        if error is not None:
            sys.stderr.write(self.log[-20_000:])
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def log(self) -> str:
        """What all the processes wrote, one after the other."""
        return "".join(path.read_text(errors="replace") for path in sorted(self._folder.glob("*.log")))

    def log_of(self, process: subprocess.Popen[bytes]) -> str:
        """What one process wrote."""
        return self._log_path(self._workers.index(process)).read_text(errors="replace")

    def start_worker(self, fault_at: str = "", **changes: object) -> subprocess.Popen[bytes]:
        """A new worker process, which ends itself at a named point if one is given."""
        fields = {"bootstrap_servers": self._worker_servers, "web_port": free_port(0), **changes}
        settings = msgspec.structs.replace(self.settings, **fields)
        variables = environment(Settings(stream=settings))
        worker = self._start("worker", variables | ({"FAULT_AT": fault_at} if fault_at else {}))
        self.ports[worker] = settings.web_port
        return worker

    def start_sink(self, database_url: str) -> subprocess.Popen[bytes]:
        """A new sink process."""
        return self._start("sink", environment(Settings(stream=self.settings, database_url=database_url)))

    def _log_path(self, number: int) -> Path:
        return self._folder / f"{number:03d}.log"

    def _start(self, command: str, variables: dict[str, str]) -> subprocess.Popen[bytes]:
        inherited = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
        with self._log_path(len(self._workers)).open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "riskstream", command],
                env=inherited | variables,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=REPOSITORY,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGKILL),  # noqa: PLW1509
            )
        self._workers.append(process)
        return process
