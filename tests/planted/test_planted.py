"""The tests notice what they are for: with each of these bugs planted in the real code, they turn red."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.planted.bugs import BUGS
from tests.planted.hunt import QUIET, RED

ROOT = Path(__file__).parents[2]
CONTROL = "none"
Hunt = subprocess.CompletedProcess[str]


def hunt(name: str) -> Hunt:
    """Plant a bug in a process of its own and look for it there."""
    return subprocess.run(
        [sys.executable, "-m", "tests.planted.hunt", name], capture_output=True, text=True, cwd=ROOT, timeout=300
    )


@pytest.fixture(scope="module")
def hunts() -> Iterator[dict[str, Future[Hunt]]]:
    """All of them, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        yield {name: pool.submit(hunt, name) for name in (*(bug.name for bug in BUGS), CONTROL)}


def test_without_a_bug_the_tests_are_green(hunts: dict[str, Future[Hunt]]) -> None:
    """What finds the bugs finds nothing where there is none."""
    done = hunts[CONTROL].result()
    assert done.returncode == QUIET, done.stdout + done.stderr


@pytest.mark.parametrize("name", [bug.name for bug in BUGS])
def test_the_tests_turn_red(name: str, hunts: dict[str, Future[Hunt]]) -> None:
    """A planted bug is found, by the invariant that it violates or by what a failing test says."""
    done = hunts[name].result()
    assert done.returncode == RED, done.stdout + done.stderr
    assert "found by" in done.stdout
