"""What the stream is to reach, held against what was measured."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

#: The batch size that a worker has by default.
BATCH = "500"
FAUST_RATIO_MIN, RAW_RATIO_MIN, P50_RATIO_MAX = 10.0, 0.9, 1.2
ONE_PARTITION, ONE_PARTITION_P99_MAX_MS = "5000", 10.0
TAKEOVER_MAX_S = 2.0
#: Flat: the longest journal costs at most so many times what the shortest does.
FLAT_RATIO_MAX = 1.25


class Row(NamedTuple):
    """An aim, what was measured, and whether that holds it."""

    aim: str
    measured: str
    held: bool


def judged(results: dict[str, Any]) -> list[Row]:
    """The aims that the results say something about."""
    sections = {
        "rates": _rates,
        "paces": _paces,
        "one_partition": _one_partition,
        "takeover": _takeover,
        "recovery": _recovery,
    }
    return [row for name, judge in sections.items() if results.get(name) for row in judge(results[name])]


def _rates(rates: dict[str, Any]) -> Iterator[Row]:
    null = rates.get("null", {})
    if "faust" in null and "riskstream" in null:
        best = max(each["orders_per_s"] for each in null["riskstream"].values())
        (bare,) = (each["orders_per_s"] for each in null["faust"].values())
        yield _at_least(f"orders/s >= {FAUST_RATIO_MIN:g}x bare Faust", best, bare, FAUST_RATIO_MIN)
    for engine, systems in rates.items():
        ours, raw = (systems.get(name, {}).get(BATCH) for name in ("riskstream", "raw"))
        if ours and raw:
            aim = f"orders/s >= {RAW_RATIO_MIN}x the raw loop, {engine} engine, batches of {BATCH}"
            yield _at_least(aim, ours["orders_per_s"], raw["orders_per_s"], RAW_RATIO_MIN)


def _at_least(aim: str, ours: float, theirs: float, ratio_min: float) -> Row:
    return Row(aim, f"{ours:,.0f} against {theirs:,.0f}: {ours / theirs:.2f}x", ours >= ratio_min * theirs)


def _paces(paces: dict[str, Any]) -> Iterator[Row]:
    for engine, by_pace in paces.items():
        for pace, systems in by_pace.items():
            if {"raw", "riskstream"} <= systems.keys():
                aim = f"p50 <= {P50_RATIO_MAX}x the raw loop at {int(pace):,}/s, {engine} engine"
                yield _latency(aim, systems["riskstream"], systems["raw"])


def _latency(aim: str, ours: dict[str, Any], raw: dict[str, Any]) -> Row:
    text = (
        f"{ours['p50_ms']} against {raw['p50_ms']} ms: {ours['p50_ms'] / raw['p50_ms']:.2f}x; "
        f"p99 {_range(ours)} against {_range(raw)} ms"
    )
    return Row(aim, text, not ours["missing"] and ours["p50_ms"] <= P50_RATIO_MAX * raw["p50_ms"])


def _range(figures: dict[str, Any]) -> str:
    low, high = figures["p99_range_ms"]
    return f"{low}..{high}"


def _one_partition(by_pace: dict[str, Any]) -> Iterator[Row]:
    if ONE_PARTITION in by_pace:
        ours, raw = by_pace[ONE_PARTITION]["riskstream"], by_pace[ONE_PARTITION]["raw"]
        yield Row(
            f"one partition: p99 <= {ONE_PARTITION_P99_MAX_MS:g} ms at {int(ONE_PARTITION):,}/s",
            f"{ours['p99_ms']} ms ({_range(ours)}); the raw loop {raw['p99_ms']} ms ({_range(raw)})",
            not ours["missing"] and ours["p99_ms"] <= ONE_PARTITION_P99_MAX_MS,
        )


def _takeover(takeover: dict[str, Any]) -> Iterator[Row]:
    session_s = takeover["session_timeout_s"]
    bounds = {
        "SIGTERM": (f"takeover after SIGTERM <= {TAKEOVER_MAX_S:g} s", TAKEOVER_MAX_S),
        "SIGKILL": (
            f"takeover after kill -9 <= session time-out ({session_s:g} s) + {TAKEOVER_MAX_S:g} s",
            session_s + TAKEOVER_MAX_S,
        ),
    }
    for name, (aim, most_s) in bounds.items():
        each = takeover[name]
        yield Row(aim, f"median {each['median_s']} s, at most {each['max_s']} s", each["max_s"] <= most_s)


def _recovery(by_length: dict[str, Any]) -> Iterator[Row]:
    times = {int(length): each["snapshots_s"] for length, each in by_length.items()}
    if len(times) > 1:
        shortest, longest = times[min(times)], times[max(times)]
        yield Row(
            f"recovery with snapshots is flat: <= {FLAT_RATIO_MAX}x from {min(times):,} to {max(times):,} decisions",
            ", ".join(f"{length:,}: {each} s" for length, each in sorted(times.items())),
            longest <= FLAT_RATIO_MAX * shortest,
        )


def show(rows: list[Row]) -> None:
    """As a table."""
    from rich.console import Console
    from rich.table import Table

    table = Table("aim", "measured", "", box=None, header_style="dim")
    for row in rows:
        table.add_row(row.aim, row.measured, "held" if row.held else "missed", style="" if row.held else "red")
    Console(width=None if sys.stdout.isatty() else 180).print(table)
