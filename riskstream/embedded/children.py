"""The demo's child processes: started together, watched, and stopped in reverse order."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from riskstream.embedded.guard import dies_with_parent

TAIL_BYTES = 4000


class Ended(NamedTuple):
    """A child that ended although nobody stopped it."""

    name: str
    returncode: int
    tail: str


class _Child(NamedTuple):
    name: str
    process: subprocess.Popen[bytes]
    log_path: Path


class Children:
    """Processes of this one, each in a session of its own: Ctrl-C reaches only the parent, which stops them."""

    def __init__(self) -> None:
        self._children: list[_Child] = []

    def start(self, name: str, argv: Sequence[str], env: Mapping[str, str], log_path: Path) -> int:
        """Start a process that writes to a log file; gives its id.

        :raises OSError: the program can't be started.
        """
        with log_path.open("ab") as log:
            process = subprocess.Popen(
                list(argv),
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=dies_with_parent(),  # noqa: PLW1509
            )
        self._children.append(_Child(name, process, log_path))
        return process.pid

    def poll(self) -> Ended | None:
        """The first child that has ended, with the tail of its log."""
        for child in self._children:
            code = child.process.poll()
            if code is not None:
                return Ended(child.name, code, child.log_path.read_bytes()[-TAIL_BYTES:].decode(errors="replace"))
        return None

    def stop(self, timeout_s: float = 4.0) -> dict[str, int]:
        """SIGTERM to all, last started first; SIGKILL to what is left when the time is over. Gives the exit codes."""
        for child in reversed(self._children):
            if child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + timeout_s
        codes = {child.name: _wait(child.process, deadline) for child in self._children}
        self._children = []
        return codes


def _wait(process: subprocess.Popen[bytes], deadline: float) -> int:
    try:
        return process.wait(max(0.01, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
