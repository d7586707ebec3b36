"""The demo as a user runs it: broker, database, worker, sink, API and replayer, in processes of their own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from riskstream.demo.net import free_port
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
START_TIMEOUT_S = 180.0
#: On an idle machine these are 10 s and 5 s; this much on one that does many other things as well.
PAGE_TIMEOUT_S, STOP_TIMEOUT_S = 60.0, 20.0


class Run:
    """One ``riskstream demo``; its processes are known by a variable in their environment."""

    def __init__(self, path: Path, *options: str, **variables: str) -> None:
        self._mark = f"RISKSTREAM_TEST_RUN={uuid.uuid4()}"
        name, value = self._mark.split("=")
        self._output = path / "output.txt"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "riskstream", "demo", *options],
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=os.environ
                | {"RISKSTREAM_API_PORT": str(free_port(0))}  # another run may take the usual one at the same time
                | variables
                | {name: value, "PYTHONUNBUFFERED": "1", "TMPDIR": str(path)},
            )

    @property
    def output(self) -> str:
        """What it printed so far."""
        return self._output.read_text(errors="replace")

    def until(self, pattern: str) -> re.Match[str]:
        """Wait until the output has a match."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while (match := re.search(pattern, self.output)) is None:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.05)
        return match

    def approved(self) -> int:
        """What the newest status says."""
        return int(re.findall(r"(\d+) approved", self.output)[-1])

    def worker(self) -> int:
        """The worker's process id."""
        (found,) = [number for number, command in self.processes().items() if command.rstrip().endswith("worker")]
        return found

    def processes(self) -> dict[int, str]:
        """Processes of this run that are alive: id and command line."""
        return {
            int(path.name): _read(path / "cmdline").replace("\0", " ")
            for path in Path("/proc").glob("[0-9]*")
            if self._mark in _read(path / "environ").split("\0")
        }


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


@pytest.fixture
def runs() -> Iterator[list[Run]]:
    """Runs that a test starts; what of them is still there in the end is killed."""
    started: list[Run] = []
    yield started
    for run in started:
        for process_id in run.processes():
            os.kill(process_id, signal.SIGKILL)
        run.process.wait(10)


def test_headless_run_is_right(tmp_path: Path, runs: list[Run]) -> None:
    """20 s of the demo decide every order, leave the journal's decisions in the database and no process behind; where
    the wanted port is taken, the page gets another."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        runs.append(run := Run(tmp_path, "--seconds", "20", RISKSTREAM_API_PORT=str(port)))
        assert run.process.wait(START_TIMEOUT_S + 60) == 0, run.output
    page = run.until(r"live page: http://127\.0\.0\.1:(\d+) \(after (.*) s\)")
    assert int(page[1]) != port
    print(f"the page was there after {page[2]} s")
    assert float(page[2]) < PAGE_TIMEOUT_S
    assert re.search(r"database: [1-9]\d+ decisions, journal: [1-9]\d+, equal", run.output), run.output
    assert re.search(r"event time 2020-02-03 to 20\d\d-\d\d-\d\d", run.output), run.output
    assert re.search(r"^2020-.*: .* [1-9]\d* approved", run.output, re.MULTILINE), run.output
    assert not re.search(r"_(STALE|UNAVAILABLE)", run.output), run.output
    assert run.processes() == {}
    assert [path.name for path in tmp_path.iterdir()] == ["output.txt"], "temporary files are left behind"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stops_soon(tmp_path: Path, runs: list[Run], how: signal.Signals) -> None:
    """Ctrl-C and SIGTERM while it plays end the demo soon, with code 0 and a closing line; nothing is left running."""
    runs.append(run := Run(tmp_path))
    run.until(r"[1-9]\d* approved")
    start = time.monotonic()
    run.process.send_signal(how)
    assert run.process.wait(STOP_TIMEOUT_S) == 0, run.output
    print(f"it stopped within {time.monotonic() - start:.1f} s")
    assert re.search(r"\nstopped after .* [1-9]\d* approved, .*\n$", run.output), run.output
    assert run.processes() == {}


def test_stops_while_it_starts(tmp_path: Path, runs: list[Run]) -> None:
    """Ctrl-C before anything is up ends the demo as cleanly."""
    runs.append(run := Run(tmp_path))
    run.until("prices: real")
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(STOP_TIMEOUT_S) == 0, run.output
    assert "stopped before anything was played" in run.output
    assert run.processes() == {}


def test_dead_worker_ends_the_demo(tmp_path: Path, runs: list[Run]) -> None:
    """A worker that dies ends the demo with code 4 and the worker's name; nothing is left running."""
    runs.append(run := Run(tmp_path))
    run.until(r"[1-9]\d* approved")
    os.kill(run.worker(), signal.SIGKILL)
    assert run.process.wait(20) == 4, run.output
    assert "the worker ended with code -9" in run.output
    wait_until(lambda: run.processes() == {}, 2.0, "the end of all processes")


def test_a_worker_that_pauses_is_waited_for(tmp_path: Path, runs: list[Run]) -> None:
    """Longer than its group waits for it: the status says so, and the demo goes on when the worker does."""
    runs.append(run := Run(tmp_path))
    run.until(r"[1-9]\d* approved")
    os.kill(run.worker(), signal.SIGSTOP)
    run.until(r"waiting (1[2-9]|[2-9]\d) s for the worker: ")
    before = run.approved()
    os.kill(run.worker(), signal.SIGCONT)
    wait_until(lambda: run.process.poll() is not None or run.approved() > before, START_TIMEOUT_S, "more approvals")
    assert run.process.poll() is None, run.output
