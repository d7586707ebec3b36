"""Financial turbulence (Kritzman, Li 2010)."""

from __future__ import annotations

from typing import Self

import msgspec
import numpy as np
from scipy.linalg.lapack import dposv

from risk.estimators.base import Mask, Matrix, Snapshot, Vector, check_range, known
from risk.estimators.covariance import EwmaCovariance
from risk.estimators.ewma import EwmaMean

#: Symbols whose variance per bar lies below this do not move; they have no part in it.
VARIANCE_MIN = 1e-16


class Turbulence:
    """d = (1/n) (r - mu)' Sigma^-1 (r - mu) of the last row: unusual size or unusual company of returns, about 1 in
    calm times, dimensionless.

    mu and Sigma are those *before* the row (EWMA; Sigma of the past one-step errors r - mu), so a shock can't hide in
    its own estimate. Over the n symbols of the row with at least ``observations_min`` returns; needs two of them, and
    keeps its value over a row that has fewer. The correlation matrix C is shrunk to (1 - s) C + s I, with s the larger
    of ``shrinkage`` and n / effective sample: hence d <= mean(z^2) / s, whatever the estimate.

    >>> import numpy as np
    >>> turbulence = Turbulence(lam=0.99, observations_min=50, size=2)
    >>> rows = np.random.default_rng(1).normal(0, 0.01, (200, 2))
    >>> for row in rows:
    ...     measured = turbulence.update(row)
    >>> turbulence.update(np.array([0.05, -0.05]))
    True
    >>> turbulence.value > 10
    True
    """

    def __init__(self, lam: float = 0.99, shrinkage: float = 0.1, observations_min: int = 100, size: int = 1) -> None:
        check_range("shrinkage", shrinkage, 0.0, 1.0)
        if observations_min < 2:
            raise ValueError(f"`observations_min` is {observations_min}, expected at least 2")
        self.shrinkage, self.observations_min = shrinkage, observations_min
        self.mean = EwmaMean(lam, size)
        self.errors = EwmaCovariance(lam, size)
        self.value = float("nan")

    @property
    def size(self) -> int:
        """Number of symbols."""
        return self.mean.size

    def resize(self, size: int) -> None:
        """Make room for more symbols."""
        self.mean.resize(size)
        self.errors.resize(size)

    def update(self, values: Vector) -> bool:
        """Take one row of returns [N], nan where a symbol has none; whether the value is of this row.

        :raises ValueError: another shape, an infinity, or a magnitude beyond ``MAGNITUDE_MAX``; nothing is changed.
        """
        seen = known(values, self.size)
        errors = values - self.mean.mean
        ready = seen & self._ready()
        measured = int(ready.sum()) > 1
        if measured:
            self.value = self._distance(errors, ready)
        # the first return of a symbol has no mean to differ from
        self.errors.update(np.where(self.mean.weight > 0.0, errors, np.nan))
        self.mean.update(values)
        return measured

    def _ready(self) -> Mask:
        own, counts = self.errors.covariance.diagonal(), self.errors.counts.diagonal()
        return (counts >= self.observations_min) & (own > VARIANCE_MIN)

    def _distance(self, errors: Vector, ready: Mask) -> float:
        covariance, counts = self.errors.covariance, self.errors.counts
        if not ready.all():
            block = np.ix_(ready, ready)
            errors, covariance, counts = errors[ready], covariance[block], counts[block]
        if counts.min() < self.observations_min:
            covariance = np.where(counts >= self.observations_min, covariance, 0.0)
        scale = 1.0 / np.sqrt(covariance.diagonal())
        return mahalanobis(errors * scale, covariance * scale * scale[:, None], self._least(len(scale)))

    def _least(self, count: int) -> float:
        effective = (1.0 + self.mean.lam) / (1.0 - self.mean.lam)
        return min(1.0, max(self.shrinkage, count / effective))

    def snapshot(self) -> tuple[float, Snapshot, Snapshot]:
        """The state as it is, for :meth:`restore`."""
        return self.value, self.mean.snapshot(), self.errors.snapshot()

    def restore(self, snapshot: tuple[float, Snapshot, Snapshot]) -> None:
        """Go back to a snapshot."""
        self.value = snapshot[0]
        self.mean.restore(snapshot[1])
        self.errors.restore(snapshot[2])

    def encode(self) -> bytes:
        """Parameters and state as MessagePack."""
        value = None if self.value != self.value else self.value
        parts = (self.shrinkage, self.observations_min, value, self.mean.encode(), self.errors.encode())
        return msgspec.msgpack.encode(parts)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The estimator that :meth:`encode` wrote."""
        parts: tuple[float, int, float | None, bytes, bytes]
        parts = msgspec.msgpack.decode(data, type=tuple[float, int, float | None, bytes, bytes])
        mean = EwmaMean.decode(parts[3])
        estimator = cls(mean.lam, parts[0], parts[1], mean.size)
        estimator.value = float("nan") if parts[2] is None else parts[2]
        estimator.mean, estimator.errors = mean, EwmaCovariance.decode(parts[4])
        return estimator


def mahalanobis(deviates: Vector, correlation: Matrix, shrinkage: float) -> float:
    """z' C^-1 z / n with C shrunk towards the identity by ``shrinkage``; at most mean(z^2) / shrinkage.

    Correlations from unequal histories can contradict each other (C is then not positive semidefinite, which shows in
    a failed factorisation or a value beyond the bound); C is then shrunk further, in the end to the identity.
    """
    count, square = len(deviates), float(deviates @ deviates)
    for share in (shrinkage, max(shrinkage, 0.5)):
        shrunk = (1.0 - share) * correlation
        shrunk.flat[:: count + 1] = 1.0
        # LAPACK's solver by Cholesky says in its last result whether the matrix was positive definite
        _, solved, failed = dposv(shrunk, deviates)
        distance = float(deviates @ solved)
        if not failed and distance <= square / share * (1.0 + 1e-9):
            return distance / count
    return square / count
