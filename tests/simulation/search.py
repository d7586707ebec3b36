"""Many runs on all cores: seeds with faults of all kinds, or short runs that go wrong at every step in turn."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from typing import Any, NamedTuple

from tests.simulation.run import Report, simulate, simulate_script

#: How far apart two crashes are in a pair, at most, where not all pairs are wanted: the second hits the takeover.
APART_MAX = 12


class Short(NamedTuple):
    """What is kept of a run, and the arguments that repeat it."""

    again: str
    faults: tuple[str, ...]
    counts: Counter[str]
    steps: int


class Script(NamedTuple):
    """A short run and what goes wrong at which of its steps."""

    seed: int
    at: dict[int, str]


def search_seeds(seeds: Iterable[int], processes: int) -> Iterator[Short]:
    """One run a seed, in order."""
    return _mapped(_seed, seeds, processes)


def search_scripts(scripts: Iterable[Script], processes: int) -> Iterator[Short]:
    """One run a script, in order."""
    return _mapped(_script, scripts, processes)


def short_runs(kinds: Collection[str], seeds: Iterable[int]) -> list[Short]:
    """Few short runs in which nothing goes wrong and all these kinds of steps and events are met, if there are such;
    that with most of them for its length first."""
    runs, wanted, chosen = [_script(Script(seed, {})) for seed in seeds], set(kinds), list[Short]()

    def gain(run: Short) -> float:
        return len(wanted & run.counts.keys()) / run.steps

    while wanted and gain(best := max(runs, key=gain)):
        chosen.append(best)
        wanted -= best.counts.keys()
    return chosen


def every_step(run: Short, kind: str) -> list[Script]:
    """A crash or a pause at each step of a short run, each in a run of its own."""
    return [Script(int(run.again[:-1]), {step: kind}) for step in range(1, run.steps + 1)]


def every_pair(run: Short, apart_max: int = APART_MAX) -> list[Script]:
    """A crash at each step, and another at each of those that follow it."""
    return [
        Script(int(run.again[:-1]), {first: "crash", second: "crash"})
        for first in range(1, run.steps + 1)
        for second in range(first + 1, first + 1 + apart_max)
    ]


def script_of(text: str) -> Script:
    """``3:17=crash,20=pause`` -> seed 3, a crash at step 17 and a pause at step 20."""
    seed, _, steps = text.partition(":")
    return Script(
        int(seed), {int(number): kind for number, _, kind in (step.partition("=") for step in steps.split(",") if step)}
    )


def _text(script: Script) -> str:
    return f"{script.seed}:" + ",".join(f"{step}={kind}" for step, kind in script.at.items())


def _seed(seed: int) -> Short:
    return _short(simulate(seed), str(seed))


def _script(script: Script) -> Short:
    at: Mapping[int, str] = script.at
    return _short(simulate_script(script.seed, at), _text(script))


def _short(report: Report, again: str) -> Short:
    return Short(again, report.faults, report.counts, report.steps)


def _mapped(work: Callable[[Any], Short], items: Iterable[Any], processes: int) -> Iterator[Short]:
    if processes == 1:
        yield from map(work, items)
        return
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(work, items, chunksize=10)
