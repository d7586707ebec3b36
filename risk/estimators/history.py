"""A bounded window of rows whose columns are contiguous."""

from __future__ import annotations

from typing import Self

import msgspec
import numpy as np

from risk.estimators.base import Matrix, Vector


class History:
    """The last ``rows`` rows [T <= rows, N], chronological, nan where a symbol had none.

    Twice the rows are kept and the upper half moves down when they are full: a push is O(N) amortised, and
    :attr:`view` is always one slice, in Fortran order, so that a symbol's column is contiguous. A view holds until
    the next change.

    >>> import numpy as np
    >>> history = History(rows=2, size=1)
    >>> for x in (1.0, 2.0, 3.0):
    ...     history.update(np.array([x]))
    >>> history.view.ravel()
    array([2., 3.])
    """

    def __init__(self, rows: int, size: int = 1) -> None:
        if rows < 1:
            raise ValueError(f"`rows` is {rows}, expected at least 1")
        self.rows, self.size = rows, size
        self._buffer: Matrix = np.full((2 * rows, max(1, size)), np.nan, order="F")
        self._end = 0
        self.total = 0

    @property
    def view(self) -> Matrix:
        """The window, read-only."""
        window = self._buffer[self._end - min(self.total, self.rows) : self._end, : self.size]
        window.flags.writeable = False
        return window

    def resize(self, size: int) -> None:
        """Make room for more symbols; they have no past."""
        if size < self.size:
            raise ValueError(f"`size` is {size}, expected at least {self.size}")
        if size > self._buffer.shape[1]:
            larger: Matrix = np.full((2 * self.rows, 2 * size), np.nan, order="F")
            larger[:, : self.size] = self._buffer[:, : self.size]
            self._buffer = larger
        self.size = size

    def update(self, row: Vector) -> None:
        """Push a row [N]."""
        if self._end == 2 * self.rows:
            self._buffer[: self.rows] = self._buffer[self.rows :]
            self._end = self.rows
        self._buffer[self._end, : self.size] = row
        self._end += 1
        self.total += 1

    def pop(self) -> None:
        """Take the last row back; what it pushed out returns. At most once a push.

        :raises ValueError: there is no row.
        """
        if not self.total or self._end - 1 < min(self.total - 1, self.rows):
            raise ValueError("`history` keeps no row before, expected one push for each row taken back")
        self._end -= 1
        self.total -= 1

    def encode(self) -> bytes:
        """The window, and the row that :meth:`pop` would bring back, as MessagePack."""
        kept = self._buffer[max(0, self._end - self.rows - 1) : self._end, : self.size]
        return msgspec.msgpack.encode((self.rows, self.size, self.total, len(kept), kept.tobytes(order="C")))

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The window that :meth:`encode` wrote."""
        rows, size, total, kept, raw = msgspec.msgpack.decode(data, type=tuple[int, int, int, int, bytes])
        history = cls(rows, size)
        history._buffer[:kept, :size] = np.frombuffer(raw).reshape(kept, size)
        history._end, history.total = kept, total
        return history
