"""One metric over many series."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

T = TypeVar("T")


def by_column(metric: Callable[..., T], returns: ArrayLike, *args: object, **settings: object) -> tuple[T, ...]:
    """``metric`` of each column of returns [T, N]; every column has its own reason when it is not available.

    >>> from risk.performance.hit_rate import hit_rate
    >>> by_column(hit_rate, [[0.01, -0.01], [0.02, 0.01]])
    (1.0, 0.5)

    :raises ValueError: not two axes.
    """
    table = np.asarray(returns, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"`returns` has shape {table.shape}, expected two axes")
    return tuple(metric(column, *args, **settings) for column in table.T)
