"""A command whose output nobody reads any more, or that has none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from riskstream.cli.codes import Code
from riskstream.settings import Settings, environment
from streams.settings import StreamSettings

ROOT = Path(__file__).parents[2]
BASH = ["/usr/bin/env", "bash", "-c"]


def test_reading_stops_when_the_reader_has_enough() -> None:
    """A pipe that is closed early ends a command as it ends ``cat``, without a word."""
    command = f"set -o pipefail; {sys.executable} -m riskstream demo --export - | head -n 1"
    result = subprocess.run([*BASH, command], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert result.stdout.startswith('{"type":')
    assert (result.returncode, result.stderr) == (128 + signal.SIGPIPE, "")


@pytest.mark.parametrize(
    "command", ["--help", "stress", "var --json", "size AAPL", "report", "schemas export {place}", "topics list"]
)
def test_nobody_reads(command: str, settings: StreamSettings, tmp_path: Path) -> None:
    """Whatever prints, by rich, by typer or at the very end: 141, and never the code of an error or of a no."""
    read, write = os.pipe()
    os.close(read)
    told = subprocess.run(
        [sys.executable, "-m", "riskstream", *command.format(place=tmp_path).split()],
        env=os.environ | environment(Settings(stream=settings)),
        cwd=ROOT,
        stdout=write,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    os.close(write)
    assert (told.returncode, told.stderr) == (Code.UNREAD, b"")


def test_without_a_standard_output() -> None:
    """A command works as well."""
    command = f"{sys.executable} -m riskstream --version >&-"
    result = subprocess.run([*BASH, command], cwd=ROOT, capture_output=True, timeout=60)
    assert (result.returncode, result.stderr) == (Code.OK, b"")
