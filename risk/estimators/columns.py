"""Arrays over symbols that grow by doubling, with read-only views of what is in use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

CAPACITY_MIN = 16


class Columns:
    """Named arrays, written at ``own[name][index]``; a new symbol starts from the column's fill value.

    ``fills`` names the columns of shape [N]: a float fill makes float64, an integer one int64. ``squares`` names those
    of shape [N, N], which start as nan.

    >>> columns = Columns({"price": 0.0}, squares=())
    >>> columns.resize(2)
    >>> columns.own["price"][1] = 5.0
    >>> dict(columns.views())
    {'price': array([0., 5.])}
    """

    def __init__(self, fills: Mapping[str, float], squares: tuple[str, ...]) -> None:
        self._fills, self._squares = dict(fills), squares
        self.size = 0
        self.own = self._empty(CAPACITY_MIN)

    def resize(self, size: int) -> None:
        """Make room for more symbols; views handed out before no longer follow.

        :raises ValueError: smaller than now.
        """
        if size < self.size:
            raise ValueError(f"`size` is {size}, expected at least {self.size}")
        capacity = max(map(len, self.own.values()))
        if size > capacity:
            larger = self._empty(max(size, 2 * capacity))
            for name, array in self.own.items():
                larger[name][tuple(slice(n) for n in array.shape)] = array
            self.own = larger
        self.size = size

    def views(self) -> Iterator[tuple[str, NDArray[Any]]]:
        """Each column's part in use, read-only."""
        for name, array in self.own.items():
            view = array[(slice(self.size),) * array.ndim]
            view.flags.writeable = False
            yield name, view

    def _empty(self, capacity: int) -> dict[str, NDArray[Any]]:
        columns: dict[str, NDArray[Any]] = {name: np.full(capacity, fill) for name, fill in self._fills.items()}
        return columns | {name: np.full((capacity, capacity), np.nan) for name in self._squares}
