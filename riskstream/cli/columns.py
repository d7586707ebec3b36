"""Plain tables on standard output."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from riskstream.cli.context import console


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """One line a row, under dim headings. Cells are text as it is: nothing in them is markup."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console().print(table)
