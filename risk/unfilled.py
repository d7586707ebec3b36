"""Working orders at their worst: what they may add to a book's risk, were any of them filled and the others not.

An order that works may never fill, so it must not make room for another. A book's losses are therefore counted with
the fills that hurt most: in each scenario those that lose, and in the variance those that raise it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


class Unfilled(NamedTuple):
    """The M symbols with working orders: index in the market, money to buy and to sell [M], variance of the return [M],
    and ``pairs``, the most that two of them together can add to the variance, summed over all pairs."""

    symbols: NDArray[np.intp]
    buys: Vector
    sells: Vector
    own: Vector
    pairs: float


NONE = Unfilled(np.zeros(0, dtype=np.intp), np.zeros(0), np.zeros(0), np.zeros(0), 0.0)


def unfilled(buys: Vector, sells: Vector, covariance: Matrix) -> Unfilled:
    """Out of the money [N] that works on either side and Sigma [N, N]; O(M^2)."""
    symbols = np.flatnonzero(buys + sells)
    if not len(symbols):
        return NONE
    buys, sells, among = buys[symbols], sells[symbols], covariance[symbols[:, None], symbols]
    own, against = among.diagonal(), buys[:, None] * sells
    alike = np.maximum(buys[:, None] * buys, sells[:, None] * sells)
    together = alike * np.maximum(among, 0.0) + np.maximum(against, against.T) * np.maximum(-among, 0.0)
    return Unfilled(symbols, buys, sells, own, float(together.sum() - together.trace()))


def take_worst(outcomes: Vector, returns: Vector, buys: float, sells: float) -> None:
    """Charge P&L [T] with one symbol's working orders (money), each filled in exactly the scenarios in which it loses.

    ``returns`` [T]. No set of fills has less in any row, hence none has a larger loss, VaR or ES with it.

    >>> outcomes = np.zeros(2)
    >>> take_worst(outcomes, np.array([0.1, -0.1]), 10.0, 20.0)
    >>> outcomes
    array([-2., -1.])
    """
    if buys:
        outcomes += np.minimum(returns, 0.0) * buys
    if sells:
        outcomes -= np.maximum(returns, 0.0) * sells


def worst_variance(variance: float, covered: Vector, working: Unfilled) -> float:
    """The most that a book's variance can be, whatever of its working orders is filled; O(M).

    For fills w it is V + 2 w'g + w'Sw, with ``variance`` V and ``covered`` g [M] = Sigma x of what is held. Each symbol
    takes the larger of its two sides, 2 w_i g_i + w_i^2 S_ii, each pair its largest w_i w_j S_ij: exact for one symbol
    that works and for several that all raise the variance, an upper bound else.

    >>> one = Unfilled(np.array([0]), np.array([1.0]), np.array([2.0]), np.array([9.0]), 0.0)
    >>> worst_variance(4.0, np.array([0.5]), one)
    38.0
    """
    _, buys, sells, own, pairs = working
    bought, sold = buys * (buys * own + 2.0 * covered), sells * (sells * own - 2.0 * covered)
    return variance + float(np.maximum(np.maximum(bought, sold), 0.0).sum()) + pairs
