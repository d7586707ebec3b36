"""What the market view keeps of the last simulation of its returns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


class Simulated(NamedTuple):
    """Joint ``returns`` [K, N], columns contiguous; ``known`` [N] tells which columns mean anything, the others are 0;
    ``time_ns`` is that of the covariance behind them, 0: never simulated."""

    returns: Matrix = np.zeros((0, 0))
    known: NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)
    time_ns: int = 0

    def knows(self, index: int) -> bool:
        """Whether the symbol of that index is part of it."""
        return index < len(self.known) and bool(self.known[index])
