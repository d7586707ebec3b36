"""A real Kafka node as a child process, out of the same script that ``make kafka`` runs."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from riskstream.embedded.guard import dies_with_parent
from tests.waiting import wait_until

SCRIPT = Path(__file__).parents[2] / "deploy/local/kafka.sh"
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
#: Half the time to start; a broker that is to be quick wants the JVM's defaults.
QUICK_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
_READY = "Kafka Server started"
_PORTS = range(20_000, 32_000)


class KafkaMissing(Exception):
    """Java, Maven or the jars could not be had."""


class KafkaBroker:
    """One KRaft node on free loopback ports with its data in a temporary folder, both kept over a restart.

    With ``proxied`` there is a second listener on :attr:`behind_proxy`; who connects to it is told to come through
    :attr:`proxy_port`. Start it from the thread that lives longest: the node ends with the thread that started it.
    """

    def __init__(self, proxied: bool = False, java_options: str = QUICK_START) -> None:
        self.port, self._controller, self.behind_proxy, self.proxy_port = free_ports(4)
        self._proxied, self._java_options = proxied, java_options
        self._home = Path(tempfile.mkdtemp(prefix="riskstream-kafka-"))
        self._starts = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap_servers(self) -> str:
        """Where clients connect directly."""
        return f"127.0.0.1:{self.port}"

    @property
    def proxied_servers(self) -> str:
        """Where clients connect through the proxy."""
        return f"127.0.0.1:{self.proxy_port}"

    @property
    def pid(self) -> int:
        """Process id of the node; another one after a restart."""
        return self._running().pid

    @property
    def log(self) -> str:
        """What the node has said since its last start."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    @property
    def _log(self) -> Path:
        return self._home / f"node-{self._starts}.log"

    def start(self) -> Self:
        """Start, and wait until clients may come.

        :raises KafkaMissing: it can't be run here; the message says what is missing.
        """
        self.launch()
        wait_until(self.is_ready, START_TIMEOUT_S, "the start of Kafka")
        return self

    def launch(self) -> None:
        """Start without waiting."""
        proxied = ["-x", f"{self.behind_proxy}={self.proxy_port}"] if self._proxied else []
        command = [str(SCRIPT), "-p", str(self.port), "-c", str(self._controller), "-d", str(self._home / "data")]
        self._starts += 1
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, *proxied],
                env=os.environ | {"JAVA_TOOL_OPTIONS": self._java_options},
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGKILL),  # noqa: PLW1509
            )

    def is_ready(self) -> bool:
        """Whether clients may come.

        :raises KafkaMissing: the node ended.
        """
        if self._running().poll() is not None:
            raise KafkaMissing(f"Kafka ended with {self._running().returncode}: {self.log[-2000:]}")
        return _READY in self.log

    def terminate(self) -> None:
        """Ask for the end of the node, without waiting; :meth:`has_ended` says when."""
        self._running().send_signal(signal.SIGTERM)

    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self._running().poll() is not None

    def kill(self) -> None:
        """SIGKILL; the data stays."""
        self._running().kill()
        self._running().wait()

    def pause(self) -> None:
        """SIGSTOP: connections stay open, nobody answers."""
        self._running().send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """SIGCONT."""
        self._running().send_signal(signal.SIGCONT)

    def restart(self) -> None:
        """Stop and start on the same data and ports."""
        self._end()
        self.start()

    def stop(self) -> None:
        """End the node and remove its data; a second call does nothing."""
        if self._process is not None:
            self._end()
            self._process = None
        shutil.rmtree(self._home, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _end(self) -> None:
        self.go_on()
        self.terminate()
        try:
            self._running().wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "the node was not started"
        return self._process


def free_ports(count: int) -> list[int]:
    """Loopback ports that nobody listens on, all different. They lie below the range of outgoing connections: one of
    those could take the port of a node that is down, or even connect to itself there."""
    candidates = random.sample(_PORTS, len(_PORTS))
    return list(itertools.islice(filter(_is_free, candidates), count))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
