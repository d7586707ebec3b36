"""Filtered bootstrap: paths of days drawn from the past, each with its own volatility."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk.var.filters import Recursion, VolatilityFilter, standardised
from risk.var.inputs import Matrix, Portfolio, Vector


@dataclass(frozen=True, eq=False)
class FilteredBootstrap:
    """Past days as standardised returns [T, N], and the volatilities [N] that paths start from.

    Days are in the order of the book's outcome, so that the draws u and 1 - u are opposite days.
    """

    scores: Matrix
    ahead: Vector
    rule: Recursion

    @classmethod
    def of(cls, book: Portfolio, volatility: VolatilityFilter) -> FilteredBootstrap:
        """Of a book's returns; the filter runs over those before the window, too."""
        rows = book.filtered_over
        variances = volatility.path(rows)
        scores = standardised(rows, variances)[0][-len(book.returns) :]
        order = np.argsort(scores * np.sqrt(variances[-1]) @ book.exposures, kind="stable")
        return cls(scores[order], variances[-1], volatility.recursion(rows))

    def draw(self, points: Matrix) -> Matrix:
        """Summed returns [n, N] over h days; ``points`` [n, h] in [0, 1) choose each day of each path.

        A path's day is that past day's standardised returns, all assets together, times the path's own volatilities,
        which then follow the recursion. Exposures stay constant in money, and so returns add up.
        """
        count = len(self.scores)
        rows: NDArray[np.intp] = np.minimum((points * count).astype(np.intp), count - 1)
        total: Matrix = np.zeros((len(points), len(self.ahead)))
        variance: Matrix = np.broadcast_to(self.ahead, total.shape)
        for day in rows.T:
            moved = self.scores[day] * np.sqrt(variance)
            total += moved
            variance = self.rule.drive(moved) + self.rule.persistence * variance
        return total
