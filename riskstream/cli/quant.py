"""What the commands over the library share: the portfolio they are about, and how they print."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from riskstream.cli.codes import Code, fail
from riskstream.figures import figure

if TYPE_CHECKING:
    from riskstream.library import RiskLibrary

PricesOption = Annotated[
    Path | None,
    typer.Option("--prices", help="CSV of daily closes: a column of days, then one a symbol. Without it: the demo's."),
]
PositionsOption = Annotated[
    Path | None, typer.Option("--positions", help="CSV with the columns symbol,quantity. Without it: the demo's book.")
]
InstrumentsOption = Annotated[
    Path | None,
    typer.Option("--instruments", help="JSON Lines of instruments: sector, adv, spread_bps, lot_size of each symbol."),
]
CashOption = Annotated[float, typer.Option("--cash", help="Money beside the positions of --positions.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def portfolio(prices: Path | None, positions: Path | None, instruments: Path | None, cash: float) -> RiskLibrary:
    """The library over the files, or over the demo's data where none is given.

    :raises ValueError: a file that is wrong, or prices without positions.
    """
    from riskstream.library import RiskLibrary, open_demo, portfolio_data
    from riskstream.library.files import read_instruments, read_positions, read_prices

    demo = open_demo()
    if positions is None:
        if prices is not None or instruments is not None or cash:
            raise ValueError("--positions is missing, expected it with --prices, --instruments and --cash")
        return demo
    own = None if prices is None else read_prices(prices)
    known = demo.data.instruments.values() if own is None else ()
    return RiskLibrary(
        portfolio_data(
            demo.data.prices if own is None else own,
            read_positions(positions),
            cash=cash,
            instruments=known if instruments is None else read_instruments(instruments),
            vix=demo.data.vix if own is None else None,
            benchmark=demo.data.benchmark if own is None else None,
        )
    )


def assignments(settings: Sequence[str]) -> dict[str, Any]:
    """NAME=VALUE each; a value is what it says as JSON (numbers, true and false, {"AAPL": 2}), else the text itself.

    :raises ValueError: not a name and a value.
    """
    found = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        if not (name and value):
            raise ValueError(f"--set is {setting!r}, expected NAME=VALUE")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what the library refuses, or a file that can't be read, into exit code 2 with its message."""
    try:
        yield
    except (ValueError, OSError) as error:
        fail(str(error), Code.USAGE)


def print_json(value: object) -> None:
    """One JSON document; numbers that JSON has no word for are null."""
    typer.echo(json.dumps(_plain(value), allow_nan=False, default=str))


def print_numbers(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
    """A table whose first column is text and whose numbers stand right; text of more than a word stands left."""
    from rich.table import Table
    from rich.text import Text

    from riskstream.cli.context import console

    table = Table(box=None, header_style="dim", title=title or None, title_justify="left", title_style="bold")
    for index, column in enumerate(columns):
        number = index > 0 and all(_is_number(row[index]) for row in rows)
        table.add_column(column, justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console().print(table)


def money(value: float) -> str:
    """Whole units with thousands marked; cents below a thousand, but not of nothing; "-" for what is unknown."""
    if isnan(value):
        return "-"
    return figure(value, ",.0f" if abs(value) >= 1000.0 or value == 0.0 else ",.2f")


def _is_number(cell: str) -> bool:
    return not cell or cell == "-" or cell.strip("-<").replace(",", "").replace(".", "", 1).replace("e-", "").isdigit()


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
