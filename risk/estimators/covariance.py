"""EWMA covariance of synchronous rows."""

from __future__ import annotations

import numpy as np

from risk.estimators.base import TINY, Counts, Estimator, Matrix, Vector, check_range, known


class EwmaCovariance(Estimator):
    """EWMA covariance at zero mean, over the rows that both symbols of a pair have.

    S_ij = sum lam^k r_i r_j / sum lam^k over their common rows (see :class:`risk.estimators.ewma.EwmaMean` for the
    recursion), shape [N, N], per bar, symmetric. With all rows complete it is positive semidefinite; pairs of unequal
    history can break that, a user of quadratic forms must expect slightly negative ones. The effective sample
    (1 + lam) / (1 - lam) is 65.7 for 0.97: beyond that many symbols the matrix is near-singular (RiskMetrics 1996).

    >>> import numpy as np
    >>> covariance = EwmaCovariance(lam=0.97, size=2)
    >>> covariance.update(np.array([0.01, -0.02]))
    >>> covariance.covariance
    array([[ 0.0001, -0.0002],
           [-0.0002,  0.0004]])
    """

    PARAMETERS = ("lam", "size")
    ARRAYS = ("covariance", "weight", "counts")
    SQUARE = True

    def __init__(self, lam: float, size: int = 1) -> None:
        check_range("lam", lam, 0.0, 1.0)
        self.lam = lam
        self.size = size
        self.covariance: Matrix = np.zeros((size, size))
        self.weight: Matrix = np.zeros((size, size))
        self.counts: Counts = np.zeros((size, size), dtype=np.int64)

    def update(self, values: Vector) -> None:
        """Take one row of returns [N]; nan where a symbol has none.

        :raises ValueError: another shape, an infinity, or a magnitude beyond ``MAGNITUDE_MAX``; nothing is changed.
        """
        seen = known(values, self.size)
        filled = np.where(seen, values, 0.0)
        pairs = np.logical_and.outer(seen, seen)
        gain = 1.0 - self.lam
        self.counts = self.counts + pairs
        self.weight = np.where(pairs, self.lam * self.weight + gain, self.weight)
        products = np.where(pairs, np.multiply.outer(filled, filled), self.covariance)
        self.covariance = self.covariance + gain / np.maximum(self.weight, TINY) * (products - self.covariance)

    def masked(self, observations_min: int) -> Matrix:
        """The matrix with nan where a pair has fewer common rows."""
        masked: Matrix = np.where(self.counts >= observations_min, self.covariance, np.nan)
        return masked
