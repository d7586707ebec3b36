"""The figures behind the aims, as tables."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

Rows = Iterable[Sequence[str]]


def show_all(results: dict[str, Any]) -> None:
    """A table for each section that was measured."""
    cpu = ("us: system", "us: broker", "us: load")
    if "rates" in results:
        show(("engine", "system", "batch", "orders/s", *cpu), _rates(results["rates"]))
    if "paces" in results:
        columns = ("engine", "system", "orders/s", "p50 ms", "p99 ms", "p99.9 ms", "missing", *cpu)
        alone = {"null, one partition": results["one_partition"]}
        show(columns, _paces(results["paces"] | alone))
    if "recovery" in results:
        show(("decisions in the journal", "with snapshots s", "without s"), _recovery(results["recovery"]))


def show(columns: Sequence[str], rows: Rows) -> None:
    """One table; numbers to the right."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="dim")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number > 1 else "left")
    for row in rows:
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else 140).print(table)


def _rates(rates: dict[str, Any]) -> Iterator[Sequence[str]]:
    for engine, systems in rates.items():
        for system, sizes in systems.items():
            for size, found in sizes.items():
                yield engine, system, size, f"{found['orders_per_s']:,}", *_cpu(found)


def _paces(paces: dict[str, Any]) -> Iterator[Sequence[str]]:
    for engine, by_pace in paces.items():
        for pace, systems in by_pace.items():
            for system, found in systems.items():
                tails = (f"{low}..{high}" for low, high in (found["p99_range_ms"], found["p99_9_range_ms"]))
                yield (
                    engine,
                    system,
                    f"{int(pace):,}",
                    str(found["p50_ms"]),
                    *tails,
                    str(found["missing"]),
                    *_cpu(found),
                )


def _cpu(found: dict[str, Any]) -> tuple[str, ...]:
    return tuple(f"{found['cpu_us'][name]:.0f}" for name in ("system", "broker", "load"))


def _recovery(by_length: dict[str, Any]) -> Iterator[Sequence[str]]:
    for length, found in by_length.items():
        yield f"{int(length):,}", str(found["snapshots_s"]), str(found["none_s"])
