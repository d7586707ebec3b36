"""The books that a ratio of the order to the book is taken of: with the working orders at their worst, and without any.

Such a ratio has no worst set of fills that could be found in O(1); of these two books the worse counts, so that what
works can at least not hide what is held.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from risk.book import Book, Vector
from risk.proposal import Proposal


class View(NamedTuple):
    """One of them: exposures [N], Sigma @ exposure [N], its variance, sum (x sigma)^2 and sum |x| sigma, and the
    exposure in the order's symbol ``before`` and ``after``."""

    exposure: Vector
    covered: Vector
    variance: float
    own_variance: float
    weighted_volatility: float
    before: float
    after: float

    @property
    def shift(self) -> float:
        """What the order changes in its symbol."""
        return self.after - self.before


def views(p: Proposal, book: Book, index: int) -> tuple[View, ...]:
    """The worst case, and what is held where anything works."""
    worst = View(
        book.exposure, book.covered, book.variance, book.own_variance, book.weighted_volatility, p.before, p.after
    )
    if not len(book.working.symbols):
        return (worst,)
    held = float(book.held[index])
    sums = book.held_variance, book.held_own_variance, book.held_weighted_volatility
    return worst, View(book.held, book.held_covered, *sums, held, held + p.filled)


def largest(measures: Iterable[float]) -> float:
    """Of the measures; nan if one is."""
    known = tuple(measures)
    return math.nan if any(map(math.isnan, known)) else max(known)
