"""Prices, positions and instruments from files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from schemas.base import Event
from schemas.codec import BadPayload, decode_input
from schemas.reference import Instrument
from schemas.strays import refuse_strays


def read_prices(path: Path) -> pd.DataFrame:
    """A CSV whose first column is the day and whose other columns are closes by symbol.

    :raises ValueError: no such table; the message names the file.
    :raises OSError: the file can't be read.
    """
    table = _table(path)
    try:
        days = pd.DatetimeIndex(pd.to_datetime(table.iloc[:, 0], format="ISO8601"))
        return table.iloc[:, 1:].set_index(days).astype(float)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: {error}, expected a day (2024-01-31) and a close a symbol in each row") from None


def read_positions(path: Path) -> pd.Series[float]:
    """A CSV with the columns ``symbol`` and ``quantity``; short is negative.

    :raises ValueError: other columns, or a quantity that is no number; the message names the file.
    :raises OSError: the file can't be read.
    """
    table = _table(path)
    if list(table.columns) != ["symbol", "quantity"]:
        raise ValueError(f"{path}: the columns are {', '.join(map(str, table.columns))}, expected symbol,quantity")
    try:
        return table.astype({"symbol": str}).set_index("symbol")["quantity"].astype(float)
    except ValueError as error:
        raise ValueError(f"{path}: {error}, expected a number in each row of quantity") from None


def read_instruments(path: Path) -> list[Instrument]:
    """JSON Lines of instruments.

    :raises ValueError: a line that is none; the message names file and line.
    :raises OSError: the file can't be read.
    """
    found = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            event = decode_input(line)
            refuse_strays(event, line)
        except BadPayload as error:
            raise ValueError(f"{path}:{number}: {error}") from None
        found.append(_instrument(event, f"{path}:{number}"))
    return found


def _instrument(event: Event, where: str) -> Instrument:
    if isinstance(event, Instrument):
        return event
    raise ValueError(f"{where}: the type is {type(event).__name__}, expected an instrument")


def _table(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path)
    except (ValueError, UnicodeDecodeError) as error:  # pandas' parser errors are ValueErrors
        raise ValueError(f"{path}: {error}, expected CSV with a header") from None
