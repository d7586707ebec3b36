"""What the calculations are to take at most, held against what was measured."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tests.bench.quant.timing import Figure, time_text


def missed(measured: Sequence[Figure]) -> list[Figure]:
    """The figures beyond their aims."""
    return [each for each in measured if each.met is False]


def show_aims(measured: Sequence[Figure]) -> None:
    """As a table: each aim, what was measured, and whether that holds it."""
    from rich.console import Console
    from rich.table import Table

    table = Table("aim", "measured", "", box=None, header_style="dim")
    for each in measured:
        if each.aim_us is not None:
            row = f"{each.name} <= {time_text(each.aim_us)}", time_text(each.quick_us), "held" if each.met else "missed"
            table.add_row(*row, style="" if each.met else "red")
    if not table.row_count:
        return
    console = Console(width=None if sys.stdout.isatty() else 140)
    console.print("", table, f"\n{table.row_count - len(missed(measured))} of {table.row_count} aims held")
