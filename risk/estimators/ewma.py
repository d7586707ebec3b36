"""Exponentially weighted mean and variance."""

from __future__ import annotations

import numpy as np

from risk.estimators.base import TINY, Counts, Estimator, Mask, Vector, check_range, known


class EwmaMean(Estimator):
    """Exponentially weighted mean of each symbol, weights normalised to one.

    m_t = sum lam^k x_{t-k} / sum lam^k, by the recursion w_t = lam w_{t-1} + (1 - lam),
    m_t = m_{t-1} + (1 - lam) / w_t * (x_t - m_{t-1}), from w_0 = 0. As w tends to 1 this is the plain recursion
    m_t = lam m_{t-1} + (1 - lam) x_t, and from ``initial`` (a first mean with full weight) it is that from the start.

    >>> import numpy as np
    >>> mean = EwmaMean(lam=0.5)
    >>> for x in (1.0, 2.0):
    ...     mean.update(np.array([x]))
    >>> mean.mean.round(6)
    array([1.666667])

    :param lam: decay per observation, in (0, 1). Missing values (nan) neither count nor decay.
    """

    PARAMETERS = ("lam", "size")
    ARRAYS = ("mean", "weight", "counts")

    def __init__(self, lam: float, size: int = 1, initial: float | None = None) -> None:
        check_range("lam", lam, 0.0, 1.0)
        self.lam = lam
        self.size = size
        self.mean: Vector = np.full(size, initial or 0.0)
        self.weight: Vector = np.full(size, 0.0 if initial is None else 1.0)
        self.counts: Counts = np.zeros(size, dtype=np.int64)

    def update(self, values: Vector) -> None:
        """Take one value a symbol [N]; nan where there is none.

        :raises ValueError: another shape, an infinity, or a magnitude beyond ``MAGNITUDE_MAX``; nothing is changed.
        """
        self._step(values, known(values, self.size))

    def _step(self, values: Vector, seen: Mask) -> None:
        gain = 1.0 - self.lam
        self.counts = self.counts + seen
        self.weight = np.where(seen, self.lam * self.weight + gain, self.weight)
        delta = np.where(seen, values, self.mean) - self.mean
        self.mean = self.mean + gain / np.maximum(self.weight, TINY) * delta


class EwmaVariance(EwmaMean):
    """EWMA variance at zero mean (RiskMetrics 1996): var_t = lam var_{t-1} + (1 - lam) r_t^2, per bar.

    ``update`` takes simple returns [N] of one bar; ``variance`` [N] is the forecast for the next bar, 0 before the
    first. lam 0.94 is for daily returns: half-life 11.2 bars, effective sample 32.3; never applied per tick.

    >>> import numpy as np
    >>> ewma = EwmaVariance(lam=0.94, initial=1e-4)
    >>> ewma.update(np.array([0.02]))
    >>> ewma.variance.round(8)
    array([0.000118])
    """

    def update(self, values: Vector) -> None:
        """Take one return a symbol [N]; nan where there is none.

        :raises ValueError: another shape, an infinity, or a magnitude beyond ``MAGNITUDE_MAX``; nothing is changed.
        """
        seen = known(values, self.size)
        self._step(np.square(values), seen)

    @property
    def variance(self) -> Vector:
        """Variance per bar [N]."""
        return self.mean
