"""Child processes are watched, stopped in time, and never outlive their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from riskstream.embedded.children import Children
from tests.embedded.test_postgres import alive
from tests.waiting import wait_until

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    ("import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"),
]
PARENT = """
import os, pathlib, sys, time
from riskstream.embedded.children import Children
print(Children().start("c", [sys.executable, "-c", "import time; time.sleep(60)"], os.environ,
                       pathlib.Path(sys.argv[1])), flush=True)
time.sleep(60)
"""


def test_stop_ends_all_within_its_time(tmp_path: Path) -> None:
    """SIGTERM first; who ignores it is killed when the time is over."""
    children = Children()
    children.start("mild", SLEEP, os.environ, tmp_path / "mild.log")
    children.start("deaf", STUBBORN, os.environ, tmp_path / "deaf.log")
    wait_until(lambda: "deaf" in (tmp_path / "deaf.log").read_text(), what="the deaf child")
    started = time.monotonic()
    codes = children.stop(timeout_s=1.0)
    assert codes == {"mild": -signal.SIGTERM, "deaf": -signal.SIGKILL}
    assert time.monotonic() - started < 3


def test_a_child_that_ends_by_itself_is_reported(tmp_path: Path) -> None:
    """Name, exit code and the end of the log."""
    children = Children()
    children.start("ok", SLEEP, os.environ, tmp_path / "ok.log")
    children.start(
        "bad", [sys.executable, "-c", "print('reason'); raise SystemExit(3)"], os.environ, tmp_path / "bad.log"
    )
    try:
        wait_until(lambda: children.poll() is not None, what="the end of the child")
        ended = children.poll()
        assert ended is not None
        assert (ended.name, ended.returncode, ended.tail.strip()) == ("bad", 3, "reason")
    finally:
        children.stop()


def test_children_end_with_a_killed_parent(tmp_path: Path) -> None:
    """When the parent is killed with SIGKILL, its children go too."""
    command = [sys.executable, "-c", PARENT, str(tmp_path / "c.log")]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: not alive(pid), what="the end of the orphan")
