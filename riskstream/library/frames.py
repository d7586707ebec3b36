"""Prices and positions that a person brings: pandas, checked once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

#: A price or a quantity beyond this is an error in the data; below it every product stays exact enough.
VALUE_MAX = 1e12


def checked_prices(prices: Any, negative: Collection[str] = ()) -> pd.DataFrame:
    """Closes [T >= 2, N >= 1] as float64, by day and symbol; those of ``negative`` may be zero or below.

    :raises ValueError: not a DataFrame, days that are no dates, repeat or go back, symbols that repeat, or a price that
        is missing, not above 0 where it has to be, or beyond 1e12; the message names the cell.
    """
    if not isinstance(prices, pd.DataFrame):
        raise _wrong_type("prices", prices, "a DataFrame: rows by day, columns by symbol")
    if prices.shape[0] < 2 or prices.shape[1] < 1:
        raise ValueError(f"`prices` has shape {prices.shape}, expected at least 2 days and 1 symbol")
    table = pd.DataFrame(
        prices.to_numpy(dtype=np.float64, na_value=np.nan), index=_days(prices.index), columns=_symbols(prices.columns)
    )
    values = table.to_numpy()
    free, small = table.columns.isin(list(negative)), np.abs(values) <= VALUE_MAX
    _check_cells("prices", table, ~free & ~(small & (values > 0.0)), f"above 0 and at most {VALUE_MAX:g}")
    _check_cells("prices", table, free & ~small, f"at most {VALUE_MAX:g} in magnitude")
    return table


def checked_positions(positions: Any, symbols: pd.Index[str]) -> pd.Series[float]:
    """Units by symbol (short is negative), one entry a symbol of the prices; a symbol left out is not held.

    :raises ValueError: neither a mapping nor a Series, a symbol without prices or twice, a quantity that is not finite.
    """
    if not isinstance(positions, Mapping | pd.Series):
        raise _wrong_type("positions", positions, "a mapping or Series by symbol")
    held = pd.Series(dict(positions) if isinstance(positions, Mapping) else positions, dtype=np.float64)
    held.index = _symbols(held.index, "positions")
    unknown = held.index.difference(symbols)
    if len(unknown):
        raise ValueError(f"`positions` names {unknown[0]!r}, expected symbols of the prices: {', '.join(symbols)}")
    wrong = held[~(held.abs() <= VALUE_MAX)]
    if len(wrong):
        raise ValueError(
            f"`positions[{wrong.index[0]!r}]` is {wrong.iloc[0]}, expected at most {VALUE_MAX:g} in magnitude"
        )
    return held.reindex(symbols, fill_value=0.0)


def _wrong_type(name: str, value: object, expected: str) -> ValueError:
    return ValueError(f"`{name}` is a {type(value).__name__}, expected {expected}")


def _days(index: pd.Index[Any]) -> pd.DatetimeIndex:
    if not isinstance(index, pd.DatetimeIndex):
        raise _wrong_type("prices.index", index, "dates (pandas.to_datetime)")
    days = index.tz_localize(None).normalize()
    later = days[1:] > days[:-1]
    if not later.all():
        at = int(np.argmin(later)) + 1
        raise ValueError(f"`prices.index[{at}]` is {index[at]}, expected a day after {index[at - 1]}")
    return days


def _symbols(names: pd.Index[Any], where: str = "prices") -> pd.Index[str]:
    symbols = pd.Index([str(name) for name in names], dtype=object)
    if not symbols.is_unique:
        raise ValueError(f"`{where}` has {symbols[symbols.duplicated()][0]!r} twice, expected each symbol once")
    return symbols


def _check_cells(name: str, table: pd.DataFrame, wrong: np.ndarray[Any, np.dtype[np.bool_]], expected: str) -> None:
    if wrong.any():
        row, column = (int(i) for i in np.argwhere(wrong)[0])
        day, symbol = str(table.index[row])[:10], str(list(table)[column])
        raise ValueError(f"`{name}.loc[{day}, {symbol!r}]` is {table.to_numpy()[row, column]}, expected {expected}")
