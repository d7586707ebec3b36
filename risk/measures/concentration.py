"""Concentration of a book."""

from __future__ import annotations

from math import isfinite

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def weights_of(exposure: Vector) -> Vector:
    """|x_i| / sum |x|, shape [N]: long and short both concentrate. All zero for an empty book.

    :raises ValueError: an exposure that is not finite.
    """
    size = np.abs(exposure)
    gross = float(size.sum())
    if not isfinite(gross):
        raise ValueError(f"`exposure` adds up to {gross}, expected finite values")
    weights: Vector = size / gross if gross > 0.0 else np.zeros_like(size)
    return weights


def herfindahl(weights: Vector) -> float:
    """Herfindahl-Hirschman index, sum w^2: 1/N for N equal weights up to 1 for a single one; 0 for none.

    >>> import numpy as np
    >>> herfindahl(np.full(4, 0.25))
    0.25

    :raises ValueError: a weight that is not finite.
    """
    index = float(weights @ weights)
    if not isfinite(index):
        raise ValueError(f"`weights` give an index of {index}, expected finite ones")
    return index


def effective_number(weights: Vector) -> float:
    """1 / HHI: how many equal positions are as concentrated as these; 0 for an empty book.

    >>> import numpy as np
    >>> effective_number(np.full(4, 0.25))
    4.0
    """
    index = herfindahl(weights)
    return 1.0 / index if index > 0.0 else 0.0


def top_share(weights: Vector, count: int) -> float:
    """Sum of the ``count`` largest weights.

    >>> import numpy as np
    >>> top_share(np.array([0.5, 0.2, 0.3]), 2)
    0.8

    :raises ValueError: count below 1.
    """
    if count < 1:
        raise ValueError(f"`count` is {count}, expected at least 1")
    return float(np.sort(weights)[::-1][:count].sum())


def group_shares(exposure: Vector, groups: list[str]) -> dict[str, float]:
    """Share of gross exposure by group (sector, currency): sum over the group of :func:`weights_of`."""
    shares: dict[str, float] = {}
    for group, weight in zip(groups, weights_of(exposure).tolist(), strict=True):
        shares[group] = shares.get(group, 0.0) + weight
    return shares
