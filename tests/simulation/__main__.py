"""``python -m tests.simulation 17 3:20=crash`` replays runs with their history: a seed, or a short run and what goes
wrong at which step. ``--count 200000`` looks for a bad seed, ``--pairs`` for a bad pair of crashes."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator

from tests.simulation.run import simulate, simulate_script
from tests.simulation.search import Short, every_pair, script_of, search_scripts, search_seeds, short_runs

SHORT_SEEDS = range(40)
#: What the short runs together must do; what only follows from a fault is met once something goes wrong in them.
KINDS = (
    *(
        f"step {name}"
        for name in (
            "snapshots read",
            "log start",
            "log begin",
            "log end",
            "log read",
            "append claim",
            "append decision",
            "append facts",
            "append event",
            "append skip",
            "append sent",
            "append answered",
            "bury",
            "metrics",
            "commit",
            "snapshot",
            "snapshot manifest",
            "cursor load",
            "cursor save",
            "journal range",
            "reader start",
            "reader poll",
            "publish breakers",
            "publish alerts",
            "publish backtests",
        )
    ),
    "repeats",
)


def main() -> int:
    """0: all invariants hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("runs", nargs="*")
    parser.add_argument("--count", type=int, default=0, help="so many seeds from --first on")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--pairs", action="store_true", help="two crashes of a short run, at all pairs of steps")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    given = parser.parse_args()
    if given.pairs:
        pairs = [pair for run in short_runs(KINDS, SHORT_SEEDS) for pair in every_pair(run, run.steps)]
        return _look(search_scripts(pairs, given.processes))
    if given.count:
        return _look(search_seeds(range(given.first, given.first + given.count), given.processes))
    return max((_replay(run) for run in given.runs), default=0)


def _replay(run: str) -> int:
    report = simulate_script(*script_of(run)) if ":" in run else simulate(int(run))
    print(*report.history, dict(sorted(report.counts.items())), report, sep="\n")
    return 1 if report.faults else 0


def _look(found: Iterator[Short]) -> int:
    began, counts, runs, bad = time.monotonic(), Counter[str](), 0, 0
    for run in found:
        counts += run.counts
        runs += 1
        if run.faults:
            bad += 1
            print(f"python -m tests.simulation {run.again}  # {'; '.join(run.faults)}", flush=True)
        if runs % 10_000 == 0:
            print(f"{runs} runs, {bad} bad, {time.monotonic() - began:.0f} s", flush=True)
    print(dict(sorted(counts.items())), f"{runs} runs, {bad} bad, {runs / (time.monotonic() - began):.1f}/s", sep="\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
