"""Running mean and variance in Welford's form."""

from __future__ import annotations

import numpy as np

from risk.estimators.base import Counts, Estimator, Vector, known


class Welford(Estimator):
    """Unweighted mean and variance [N] of all observations (Welford 1962; Knuth, vol. 2, 4.2.2).

    d = x - mean; mean += d / n; M2 += d (x - mean); variance = M2 / (n - 1). Unlike E[x^2] - E[x]^2 it holds where the
    level is large: a deviation of 0.01 at 1e8 gives 1e-4.

    >>> import numpy as np
    >>> moments = Welford()
    >>> for x in (1.0, 2.0, 3.0):
    ...     moments.update(np.array([x]))
    >>> moments.mean, moments.variance
    (array([2.]), array([1.]))
    """

    PARAMETERS = ("size",)
    ARRAYS = ("counts", "mean", "squares")

    def __init__(self, size: int = 1) -> None:
        self.size = size
        self.counts: Counts = np.zeros(size, dtype=np.int64)
        self.mean: Vector = np.zeros(size)
        self.squares: Vector = np.zeros(size)

    def update(self, values: Vector) -> None:
        """Take one value a symbol [N]; nan where there is none.

        :raises ValueError: another shape, an infinity, or a magnitude beyond ``MAGNITUDE_MAX``; nothing is changed.
        """
        seen = known(values, self.size)
        filled = np.where(seen, values, self.mean)
        delta = filled - self.mean
        self.counts = self.counts + seen
        self.mean = self.mean + delta / np.maximum(self.counts, 1)
        self.squares = self.squares + delta * (filled - self.mean)

    @property
    def variance(self) -> Vector:
        """Sample variance [N] (divisor n - 1); nan below two observations."""
        variance: Vector = np.where(self.counts > 1, self.squares / np.maximum(self.counts - 1, 1), np.nan)
        return variance
