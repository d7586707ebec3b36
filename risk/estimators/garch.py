"""GARCH(1,1) and GJR-GARCH(1,1) recursions with variance targeting, each symbol with parameters of its own."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from risk.estimators.base import Estimator, Vector, grown, known


class GarchParameters(NamedTuple):
    """h_{t+1} = omega + (alpha + gamma 1[r_t < 0]) r_t^2 + beta h_t, per bar, of plain returns (0.01 is one percent).

    ``gamma`` above zero is the leverage effect (Glosten, Jagannathan, Runkle 1993); zero is GARCH(1,1) (Bollerslev
    1986). ``omega`` 0: variance targeting. The distribution of the innovations, normal or Student-t, matters to the
    fit and not to the recursion.
    """

    alpha: float
    beta: float
    gamma: float = 0.0
    omega: float = 0.0

    @property
    def persistence(self) -> float:
        """alpha + gamma / 2 + beta, for innovations that are as often below zero as above; below 1: stationary."""
        return self.alpha + 0.5 * self.gamma + self.beta

    def checked(self) -> GarchParameters:
        """The same.

        :raises ValueError: the variance could become negative, or is not stationary.
        """
        alpha, beta, gamma, omega = self
        if not (alpha >= 0.0 and beta >= 0.0 and alpha + gamma >= 0.0 and self.persistence < 1.0):
            raise ValueError(
                f"`alpha` is {alpha}, `beta` {beta}, `gamma` {gamma}, expected `alpha`, `beta`, `alpha` + `gamma` >= 0 "
                f"and `alpha` + `gamma` / 2 + `beta` below 1"
            )
        if not 0.0 <= omega < 1.0:
            raise ValueError(f"`omega` is {omega}, expected at least 0 (variance targeting) and below 1")
        return self


class Garch(Estimator):
    """One-step variance of each symbol by :class:`GarchParameters`, at first the same for all.

    Variance targeting (Engle, Mezrich 1996): omega = (1 - persistence) V with V the running unconditional variance,
    given with each update. The first return starts h at its square; what is left of that start after t bars is
    beta^t. A fixed ``omega`` in place of targeting, and an ``initial`` h, give the textbook recursion.

    >>> import numpy as np
    >>> garch = Garch(alpha=0.1, beta=0.88, omega=2e-6, initial=1e-4)
    >>> garch.update(np.array([0.02]), np.array([np.nan]))
    >>> garch.variance.round(8)
    array([0.00013])

    :param alpha: weight of the last squared return, >= 0.
    :param beta: weight of the last variance, >= 0.
    :param gamma: further weight of a squared return below zero; alpha + gamma / 2 + beta < 1 (stationary).
    """

    PARAMETERS = ("alpha", "beta", "omega", "size", "gamma")
    ARRAYS = ("variance", "started", "alphas", "betas", "gammas", "omegas")

    def __init__(
        self,
        alpha: float,
        beta: float,
        omega: float | None = None,
        size: int = 1,
        initial: float | None = None,
        gamma: float = 0.0,
    ) -> None:
        if omega == 0.0:
            raise ValueError(f"`omega` is {omega}, expected above 0 and below 1, or none for variance targeting")
        self._default = GarchParameters(alpha, beta, gamma, omega or 0.0).checked()
        self.alpha, self.beta, self.gamma, self.omega, self.size = alpha, beta, gamma, omega, size
        self.variance: Vector = np.full(size, initial or 0.0)
        self.started = np.full(size, initial is not None)
        self.alphas, self.betas, self.gammas, self.omegas = (np.full(size, each) for each in self._default)

    def resize(self, size: int) -> None:
        """Make room for more symbols; they have seen nothing, and the parameters that all began with.

        :raises ValueError: smaller than now.
        """
        before = self.size
        parameters = self.alphas, self.betas, self.gammas, self.omegas
        super().resize(size)
        filled = (grown(array[:before], (size,), fill) for array, fill in zip(parameters, self._default, strict=True))
        self.alphas, self.betas, self.gammas, self.omegas = filled

    def parameters(self, index: int) -> GarchParameters:
        """Those of one symbol now."""
        return GarchParameters(
            float(self.alphas[index]), float(self.betas[index]), float(self.gammas[index]), float(self.omegas[index])
        )

    def refit(self, index: int, parameters: GarchParameters, variance: float) -> None:
        """Go on with other parameters of one symbol, from the variance of its next bar under them."""
        arrays = self.snapshot()
        for name, array, value in zip(self.ARRAYS, arrays, (variance, True, *parameters), strict=True):
            changed = array.copy()
            changed[index] = value
            setattr(self, name, changed)

    def update(self, values: Vector, long_run: Vector) -> None:
        """Take one return a symbol [N] (nan: none) and the unconditional variance [N] (nan: not known yet).

        :raises ValueError: another shape, an infinity, or a magnitude beyond ``MAGNITUDE_MAX``; nothing is changed.
        """
        seen = known(values, self.size)
        returns = np.where(seen, values, 0.0)
        squares = returns**2
        before = np.where(self.started, self.variance, squares)
        weights = self.alphas + self.gammas * (returns < 0.0)
        after = self._intercept(squares, long_run) + weights * squares + self.betas * before
        self.variance = np.where(seen, after, self.variance)
        self.started = self.started | seen

    @property
    def persistence(self) -> Vector:
        """alpha + gamma / 2 + beta [N]."""
        return np.asarray(self.alphas + 0.5 * self.gammas + self.betas)

    def _intercept(self, squares: Vector, long_run: Vector) -> Vector:
        targeted = (1.0 - self.persistence) * np.where(np.isnan(long_run), squares, long_run)
        return np.where(self.omegas > 0.0, self.omegas, targeted)

    def forecast(self, long_run: Vector, steps: int) -> Vector:
        """E[variance] of the bar ``steps`` ahead [N]: V + persistence^(steps - 1) (h_{t+1} - V).

        :raises ValueError: steps below 1.
        """
        if steps < 1:
            raise ValueError(f"`steps` is {steps}, expected at least 1")
        target = self._target(long_run)
        ahead: Vector = target + self.persistence ** (steps - 1) * (self.variance - target)
        return ahead

    def horizon_variance(self, long_run: Vector, steps: int) -> Vector:
        """Variance of the return over ``steps`` bars [N], the sum of the forecasts; not steps * variance.

        :raises ValueError: steps below 1.
        """
        if steps < 1:
            raise ValueError(f"`steps` is {steps}, expected at least 1")
        persistence, target = self.persistence, self._target(long_run)
        decay = (1.0 - persistence**steps) / (1.0 - persistence)
        total: Vector = steps * target + decay * (self.variance - target)
        return total

    def _target(self, long_run: Vector) -> Vector:
        return np.where(self.omegas > 0.0, self.omegas / (1.0 - self.persistence), long_run)


def last_variances(returns: Vector, parameters: GarchParameters) -> tuple[float, float]:
    """h before and after the last of the returns [T] of one symbol (nan: none), from the first one's square on.

    :raises ValueError: ``omega`` is not fixed, or no return is known.
    """
    alpha, beta, gamma, omega = parameters
    values = returns[~np.isnan(returns)].tolist()
    if not omega > 0.0:
        raise ValueError(f"`omega` is {omega}, expected above 0")
    if not values:
        raise ValueError("`returns` has no value, expected at least 1")
    before = variance = values[0] * values[0]
    for value in values:
        before = variance
        variance = omega + (alpha + gamma * (value < 0.0)) * value * value + beta * variance
    return before, variance
