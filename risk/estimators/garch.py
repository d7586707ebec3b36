"""GARCH(1,1) recursion with variance targeting."""

from __future__ import annotations

import numpy as np

from risk.estimators.base import Estimator, Vector, known


class Garch(Estimator):
    """One-step variance of each symbol: h_{t+1} = omega + alpha r_t^2 + beta h_t (Bollerslev 1986), per bar.

    Variance targeting (Engle, Mezrich 1996): omega = (1 - alpha - beta) V with V the running unconditional variance,
    given with each update. The first return starts h at its square; what is left of that start after t bars is
    beta^t. A fixed ``omega`` in place of targeting, and an ``initial`` h, give the textbook recursion.

    >>> import numpy as np
    >>> garch = Garch(alpha=0.1, beta=0.88, omega=2e-6, initial=1e-4)
    >>> garch.update(np.array([0.02]), np.array([np.nan]))
    >>> garch.variance.round(8)
    array([0.00013])

    :param alpha: weight of the last squared return, >= 0.
    :param beta: weight of the last variance, >= 0; alpha + beta < 1 (stationary).
    """

    PARAMETERS = ("alpha", "beta", "omega", "size")
    ARRAYS = ("variance", "started")

    def __init__(
        self, alpha: float, beta: float, omega: float | None = None, size: int = 1, initial: float | None = None
    ) -> None:
        if not (alpha >= 0.0 and beta >= 0.0 and alpha + beta < 1.0):
            raise ValueError(f"`alpha` is {alpha} and `beta` {beta}, expected both >= 0 and their sum below 1")
        if omega is not None and not 0.0 < omega < 1.0:
            raise ValueError(f"`omega` is {omega}, expected above 0 and below 1")
        self.alpha, self.beta, self.omega, self.size = alpha, beta, omega, size
        self.variance: Vector = np.full(size, initial or 0.0)
        self.started = np.full(size, initial is not None)

    def update(self, values: Vector, long_run: Vector) -> None:
        """Take one return a symbol [N] (nan: none) and the unconditional variance [N] (nan: not known yet)."""
        seen = known(values, self.size)
        squares = np.where(seen, values, 0.0) ** 2
        before = np.where(self.started, self.variance, squares)
        after = self._intercept(squares, long_run) + self.alpha * squares + self.beta * before
        self.variance = np.where(seen, after, self.variance)
        self.started = self.started | seen

    def _intercept(self, squares: Vector, long_run: Vector) -> Vector | float:
        if self.omega is not None:
            return self.omega
        return (1.0 - self.alpha - self.beta) * np.where(np.isnan(long_run), squares, long_run)

    def forecast(self, long_run: Vector, steps: int) -> Vector:
        """E[variance] of the bar ``steps`` ahead [N]: V + (alpha + beta)^(steps - 1) (h_{t+1} - V).

        :raises ValueError: steps below 1.
        """
        if steps < 1:
            raise ValueError(f"`steps` is {steps}, expected at least 1")
        target = self._target(long_run)
        ahead: Vector = target + (self.alpha + self.beta) ** (steps - 1) * (self.variance - target)
        return ahead

    def horizon_variance(self, long_run: Vector, steps: int) -> Vector:
        """Variance of the return over ``steps`` bars [N], the sum of the forecasts; not steps * variance."""
        if steps < 1:
            raise ValueError(f"`steps` is {steps}, expected at least 1")
        persistence, target = self.alpha + self.beta, self._target(long_run)
        decay = (1.0 - persistence**steps) / (1.0 - persistence)
        total: Vector = steps * target + decay * (self.variance - target)
        return total

    def _target(self, long_run: Vector) -> Vector:
        if self.omega is None:
            return long_run
        return np.full(self.size, self.omega / (1.0 - self.alpha - self.beta))
