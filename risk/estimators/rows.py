"""Rows: the bars of all symbols with the same end time, and when such a row is closed."""

from __future__ import annotations

from typing import NamedTuple

#: Bars that end further ahead of the last row than this are believed when a second bar agrees.
TIME_JUMP_MAX_NS = 31 * 86_400_000_000_000


class Cell(NamedTuple):
    """What a bar adds to its row: a simple return (nan: none) and the volume in units."""

    value: float
    volume: float


class Rows:
    """Collects cells by symbol index into the row of one end time.

    A row closes as soon as every symbol of the row before it has reported, else when the first bar with a later end
    time arrives. A bar for a row that has already closed amends it as long as it is the last one: so the outcome of a
    row does not depend on the order of its bars, a symbol that stops holds up one row only, and one that starts gets
    in. A bar that ends before the last row is refused.
    """

    def __init__(self) -> None:
        self.time_ns = -1
        self.number = 0
        self.closed = True
        self.cells: dict[int, Cell] = {}
        self._awaited: set[int] = set()
        self._doubted = ("", 0)

    def refusal(self, symbol: str, time_ns: int) -> str | None:
        """Why a bar with this end time does not fit, or ``None``."""
        if time_ns < self.time_ns:
            return "bar_late"
        if not self.number or time_ns - self.time_ns <= TIME_JUMP_MAX_NS:
            return None
        doubted, self._doubted = self._doubted, (symbol, time_ns)
        agrees = doubted[0] and doubted != self._doubted and 0 <= time_ns - doubted[1] <= TIME_JUMP_MAX_NS
        return None if agrees else "bar_time_jump"

    def begin(self, time_ns: int) -> None:
        """Start the next row; the one before must have been closed."""
        self._awaited = set(self.cells)
        self.cells = {}
        self.time_ns = time_ns
        self.number += 1
        self.closed = False
        self._doubted = ("", 0)

    def add(self, index: int, cell: Cell) -> bool:
        """Put a cell into the current row; whether the row is now complete, or was and has changed."""
        self.cells[index] = cell
        if self.closed:
            return True
        self._awaited.discard(index)
        return self.number > 1 and not self._awaited
