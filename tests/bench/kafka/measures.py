"""Throughput and latency: systems one after the other, again and again, so that a slow moment hits all alike."""

from __future__ import annotations

import itertools
import sys
from collections import defaultdict
from collections.abc import Sequence
from statistics import median
from typing import Any

from tests.bench.kafka.load import Answers
from tests.bench.kafka.stand import Stand

#: Orders of a burst; a system that takes one order a batch, or waits for each, needs many times as long for one.
BURSTS = {"null": 40_000, "full": 4000}
SMALL_BURST = 3000
#: Beyond this a system has fallen behind for good, and is not asked for more.
BEHIND_MS = 1000.0
Figures = dict[str, Any]


def rates(stand: Stand, system: str, engine: str, batch: int, repeats: int) -> Figures:
    """Orders a second of a burst (the median), and microseconds of CPU for an order."""
    small = batch == 1 or system == "faust"
    count = min(SMALL_BURST, BURSTS[engine]) if small else BURSTS[engine]
    with stand.loaded(system, engine, batch_max=batch) as (load, running):
        before = stand.spent(running)
        answers = [load.burst(count) for _ in range(repeats)]
        cpu = stand.spent(running).since(before, count * repeats)
    each = [round(one.rate) for one in answers]
    found = {
        "orders_per_s": round(median(each)),
        "each": each,
        "missing": sum(one.missing for one in answers),
        "cpu_us": cpu,
    }
    sys.stderr.write(f"{system}, {engine} engine, batches of {batch}: {found}\n")
    return found


def paces(
    stand: Stand, engine: str, wanted: Sequence[int], seconds: float, repeats: int, **changes: Any
) -> dict[str, dict[str, Figures]]:
    """Latency of an open loop by pace and system: raw and riskstream in turn."""
    found: dict[int, dict[str, list[Figures]]] = {pace: defaultdict(list) for pace in wanted}
    for number, system in itertools.product(range(repeats), ("raw", "riskstream")):
        for pace, figures in _one_round(stand, system, engine, wanted, seconds, changes).items():
            found[pace][system].append(figures)
            sys.stderr.write(f"{system}, {engine} engine, {pace}/s, round {number + 1}: {figures}\n")
    return {
        str(pace): {system: summary(rounds) for system, rounds in systems.items()} for pace, systems in found.items()
    }


def _one_round(
    stand: Stand, system: str, engine: str, wanted: Sequence[int], seconds: float, changes: dict[str, Any]
) -> dict[int, Figures]:
    found: dict[int, Figures] = {}
    with stand.loaded(system, engine, **changes) as (load, running):
        for pace in wanted:
            before = stand.spent(running)
            answers: Answers = load.paced(pace, seconds)
            cpu = stand.spent(running).since(before, len(answers.due))
            found[pace] = answers.percentiles_ms | {"missing": answers.missing, "cpu_us": cpu}
            if answers.missing or answers.percentiles_ms["p50"] > BEHIND_MS:
                break
    return found


def summary(rounds: Sequence[Figures]) -> Figures:
    """Of some rounds: the medians of p50 and p99, the range of p99 and p99.9 (ms), the mean microseconds of CPU."""
    by = {name: [each[name] for each in rounds] for name in ("p50", "p99", "p99_9")}
    return {
        "rounds": len(rounds),
        "p50_ms": median(by["p50"]),
        "p99_ms": median(by["p99"]),
        "p99_range_ms": [min(by["p99"]), max(by["p99"])],
        "p99_9_range_ms": [min(by["p99_9"]), max(by["p99_9"])],
        "missing": sum(each["missing"] for each in rounds),
        "cpu_us": {
            name: round(sum(each["cpu_us"][name] for each in rounds) / len(rounds), 1) for name in rounds[0]["cpu_us"]
        },
    }
