"""What goes in: returns and exposures as numpy or pandas, checked once and turned into arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import UnionType
from typing import Any, get_args

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from risk.var.errors import TooFewObservations, VarError

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

CONFIDENCE_MIN, CONFIDENCE_MAX = 0.90, 0.999
HORIZON_MAX_DAYS = 30
#: Beyond this a return, or a P&L or exposure in money, is an error in the data.
RETURN_MAX, MONEY_MAX = 1e6, 1e18
_TOLERANCE = 1e-12


@dataclass(frozen=True, eq=False)
class Portfolio:
    """N ``symbols``, simple ``returns`` [T, N], chronological, and ``exposures`` [N] in money (short is negative).
    ``before`` [P, N] are returns older than those, which filters of volatility start from."""

    symbols: tuple[str, ...]
    returns: Matrix
    exposures: Vector
    before: Matrix | None = None

    @cached_property
    def pnl(self) -> Vector:
        """P&L [T] of today's exposures in each past return."""
        outcomes: Vector = self.returns @ self.exposures
        return outcomes

    @cached_property
    def filtered_over(self) -> Matrix:
        """Returns [P + T, N] that a volatility filter runs over; those of the window are the last T."""
        return self.returns if self.before is None else np.vstack([self.before, self.returns])

    def require(self, needed: int, why: str) -> None:
        """:raises TooFewObservations: fewer rows than that."""
        if len(self.returns) < needed:
            count = len(self.returns)
            raise TooFewObservations(f"`returns` has {count} observations, expected at least {needed}: {why}")


def portfolio(
    returns: ArrayLike, exposures: ArrayLike | Mapping[str, float] | None = None, window: int | None = None
) -> Portfolio:
    """Check and gather. With a ``window`` only so many of the last rows are its returns.

    ``returns`` [T, N] with ``exposures`` [N]: arrays, or a DataFrame by symbol and a Series or mapping by symbol (a
    symbol left out is not held). Or a P&L series [T] in money alone, which is a book of one asset.

    >>> portfolio([0.5, -1.0]).pnl
    array([ 0.5, -1. ])

    :raises VarError: labels of rows that are not in order, shapes that don't fit, unknown or repeated symbols, a nan,
        an infinity or an absurd magnitude, a window that is no number of rows.
    """
    check_window(window)
    _check_order(returns)
    rows = np.asarray(returns, dtype=np.float64)
    if rows.ndim not in {1, 2} or not rows.size or (rows.ndim == 2 and exposures is None):
        raise VarError(f"`returns` has shape {rows.shape}, expected [T, N] with exposures [N], or a P&L series [T]")
    symbols = _symbols(returns, rows)
    held = _exposures(exposures, symbols) if exposures is not None else np.ones(1)
    own_money = rows.ndim == 1
    book = Portfolio(symbols, rows.reshape(len(rows), -1), held)
    _check("returns", book.returns, MONEY_MAX if own_money else RETURN_MAX)
    _check("exposures", held, MONEY_MAX)
    if window is None or len(rows) <= window:
        return book
    return replace(book, returns=book.returns[-window:], before=book.returns[:-window])


def check_request(confidence: float, horizon_days: int) -> None:
    """:raises VarError: a confidence outside 0.90 to 0.999, a horizon outside 1 to 30 days or not whole."""
    check_type("confidence", confidence, float)
    if not CONFIDENCE_MIN - _TOLERANCE <= confidence <= CONFIDENCE_MAX + _TOLERANCE:
        raise VarError(f"`confidence` is {confidence}, expected {CONFIDENCE_MIN} to {CONFIDENCE_MAX}")
    whole = hasattr(horizon_days, "__index__") and not isinstance(horizon_days, bool)
    if not whole or not 1 <= horizon_days <= HORIZON_MAX_DAYS:
        raise VarError(f"`horizon_days` is {horizon_days!r}, expected a whole number from 1 to {HORIZON_MAX_DAYS}")


def check_window(window: int | None) -> None:
    """:raises VarError: neither ``None``, which is all rows, nor a whole number of them."""
    check_type("window", window, int | None)
    if window is not None and (isinstance(window, bool) or window < 1):
        raise VarError(f"`window` is {window}, expected at least 1, or None for all returns")


def one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    """:raises VarError: the setting is none of those."""
    if value not in allowed:
        raise VarError(f"`{name}` is {value!r}, expected one of {', '.join(allowed)}")


def between(name: str, value: float, low: float, high: float) -> None:
    """:raises VarError: the setting is not strictly between the two."""
    if not low < value < high:
        raise VarError(f"`{name}` is {value}, expected above {low} and below {high}")


def check_type(name: str, value: Any, wanted: Any) -> None:
    """:raises VarError: the value is of another type; numpy's numbers are numbers."""
    try:
        msgspec.convert(value.item() if isinstance(value, np.generic) else value, wanted)
    except msgspec.ValidationError:
        kinds = get_args(wanted) if isinstance(wanted, UnionType) else (wanted,)
        expected = " or ".join(each.__name__ for each in kinds).replace("NoneType", "None")
        raise VarError(f"`{name}` is {value!r}, expected {expected}") from None


def _check_order(returns: Any) -> None:
    """:raises VarError: rows of pandas whose labels are not each after the one before it."""
    index = returns.index if hasattr(returns, "iloc") else None
    if index is not None and not (index.is_monotonic_increasing and index.is_unique):
        raise VarError(
            f"`returns` has labels from {index[0]} to {index[-1]} out of order or twice, expected each once, "
            "the oldest first: sort it by its index"
        )


def _symbols(returns: Any, rows: NDArray[Any]) -> tuple[str, ...]:
    if rows.ndim == 1:
        return (str(getattr(returns, "name", None) or "pnl"),)
    columns = getattr(returns, "columns", None)
    names = tuple(str(c) for c in (columns if columns is not None else range(rows.shape[1])))
    if len(set(names)) < len(names):
        raise VarError(f"`returns` has columns {names}, expected each symbol once")
    return names


def _exposures(exposures: Any, symbols: tuple[str, ...]) -> Vector:
    if isinstance(exposures, Mapping) or (hasattr(exposures, "index") and hasattr(exposures, "items")):
        held = {str(symbol): float(value) for symbol, value in exposures.items()}
        unknown = sorted(held.keys() - set(symbols))
        if unknown or len(held) != len(exposures):
            raise VarError(f"`exposures` names {unknown or 'a symbol twice'}, expected symbols of the returns")
        return np.array([held.get(symbol, 0.0) for symbol in symbols])
    values = np.atleast_1d(np.asarray(exposures, dtype=np.float64))
    if values.shape != (len(symbols),):
        raise VarError(f"`exposures` has shape {values.shape}, expected ({len(symbols)},)")
    return values


def _check(name: str, values: NDArray[np.float64], largest: float) -> None:
    bad = ~(np.abs(values) <= largest)
    if bad.any():
        at = tuple(int(i) for i in np.argwhere(bad)[0])
        raise VarError(f"`{name}{list(at)}` is {values[at]}, expected at most {largest:g} in magnitude")
