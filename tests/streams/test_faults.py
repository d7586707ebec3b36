"""Where a test may stop a process: named points, nothing else."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from streams.faults import POINTS, VARIABLE, parsed

ROOT = Path(__file__).parents[2]
PASSES = """
from streams.faults import passing
for _ in range(3):
    passing("after_send")
    print("passed", flush=True)
"""


def test_a_process_is_killed_at_the_named_passage() -> None:
    """The second of three: one was passed."""
    ended = subprocess.run(
        [sys.executable, "-c", PASSES], env={VARIABLE: "after_send:2"}, cwd=ROOT, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stdout) == (-signal.SIGKILL, "passed\n")


@pytest.mark.parametrize("text", ["", "nowhere", "after_send:x", "after_send:1:SIGTERM", "after_send:-1"])
def test_a_point_that_does_not_exist_is_refused(text: str) -> None:
    """A misspelt fault must not look like one that was survived."""
    with pytest.raises(ValueError, match="expected POINT:COUNT:SIGNAL"):
        parsed(text)


def test_the_ways_to_write_one() -> None:
    """Once and with SIGKILL by default."""
    assert parsed("mid_fold") == ("mid_fold", 1, signal.SIGKILL)
    assert parsed("mid_fold:7:SIGSTOP") == ("mid_fold", 7, signal.SIGSTOP)


def test_every_point_is_on_the_way_of_a_worker() -> None:
    """Each is passed in exactly one place of the code."""
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "streams").glob("*.py"))
    assert sorted(re.findall(r'passing\("(\w+)"\)', sources)) == sorted(POINTS)
