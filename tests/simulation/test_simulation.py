"""The real worker keeps the journal's invariants I1 to I10 whatever happens to it, in every simulated run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.simulation.__main__ import KINDS, SHORT_SEEDS
from tests.simulation.chaos import RATES
from tests.simulation.run import simulate, simulate_idle
from tests.simulation.search import Short, every_pair, every_step, search_scripts, search_seeds, short_runs

SEEDS = int(os.environ.get("RISKSTREAM_SIMULATION_SEEDS", "2000"))
PROCESSES = min(2, os.cpu_count() or 1)
#: What a run may do, beside the faults of :data:`RATES`; without it, nothing would be shown.
EVENTS = (
    "claims",
    "lost_claims",
    "void",
    "approved",
    "rejected",
    "repeats",
    "published",
    "leaps",
    "snapshots",
    "from_snapshot",
    "from_genesis",
    "torn_sets_read",
    "metrics",
    "AccountDefined",
    "DayRolled",
    "PeakReached",
    "BreakerMoved",
    "CrisisMoved",
)


def bad(runs: list[Short]) -> str:
    """Those that violate an invariant, and how to see it again; empty if none does."""
    return "\n".join(f"python -m tests.simulation {run.again}  # {'; '.join(run.faults)}" for run in runs if run.faults)


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest) -> list[Short]:
    """One run a seed."""
    began = time.monotonic()
    found = list(search_seeds(range(SEEDS), PROCESSES))
    counts = sum((run.counts for run in found), Counter[str]())
    reporter = request.config.pluginmanager.getplugin("terminalreporter")
    reporter.write_line(f"\nseeds 0 to {SEEDS - 1} in {time.monotonic() - began:.0f} s: {dict(sorted(counts.items()))}")
    return found


def test_every_invariant_holds_for_every_seed(runs: list[Short]) -> None:
    """Crashes, zombies, claim races, lost and repeated appends, torn snapshots, a journal whose beginning goes: what
    counts is decided once, acknowledged only when it counts, and finished by the next healthy worker."""
    assert not bad(runs), f"\n{bad(runs)}"


def test_everything_that_can_go_wrong_did(runs: list[Short]) -> None:
    """A simulation in which nothing happens proves nothing: each kind of fault, and what it leads to, is among the
    runs, at least once in 200 of them."""
    counts = sum((run.counts for run in runs), Counter[str]())
    rare = {kind: counts[kind] for kind in (*RATES, *EVENTS) if counts[kind] < len(runs) / 200}
    assert not rare


@pytest.fixture(scope="module")
def short() -> list[Short]:
    """Short runs in which a worker does all that it can do."""
    found = short_runs(KINDS, SHORT_SEEDS)
    met = {kind for run in found for kind in run.counts}
    assert not set(KINDS) - met
    return found


@pytest.mark.parametrize("kind", ["crash", "pause"])
def test_a_fault_at_every_step(kind: str, short: list[Short]) -> None:
    """A process that ends, or sleeps until it is replaced and then goes on, at any one step of any kind; some begin at
    a snapshot, and some learn that they were replaced."""
    runs = list(search_scripts([script for run in short for script in every_step(run, kind)], PROCESSES))
    counts = sum((run.counts for run in runs), Counter[str]())
    assert counts[kind] == len(runs) > 100
    assert counts["from_snapshot"] > len(runs) / 10
    assert counts["step log stop"] or kind == "crash"
    assert not bad(runs), f"\n{bad(runs)}"


def test_a_second_crash_at_every_step_after_the_first(short: list[Short]) -> None:
    """A process that ends at any step, and the next one at any step of taking over from it."""
    runs = list(search_scripts(every_pair(short[0]), PROCESSES))
    assert sum(run.counts["crash"] for run in runs) > 1.5 * len(runs)
    assert not bad(runs), f"\n{bad(runs)}"


@pytest.mark.parametrize("seed", range(8))
def test_an_idle_partition_outlives_its_journal(seed: int) -> None:
    """Workers come and go, nothing else happens, and the journal keeps nothing for so long: each takeover goes well,
    for snapshots cover the claims too."""
    faults = simulate_idle(seed).faults
    assert not faults, "; ".join(faults)


def test_a_seed_is_a_history() -> None:
    """The same seed gives the same history, in this process and in one that hashes strings otherwise."""
    seeds = range(6)
    here = [simulate(seed).digest for seed in seeds]
    assert [simulate(seed).digest for seed in seeds] == here
    code = "from tests.simulation.run import simulate; print(*(simulate(seed).digest for seed in range(6)))"
    for hash_seed in ("1", "2"):
        there = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
        )
        assert there.stdout.split() == here
    assert len(set(here)) == len(here)
