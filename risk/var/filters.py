"""Volatility filters in batch: each asset's variance path, for standardised scenarios and forecasts."""

from __future__ import annotations

from math import inf
from typing import NamedTuple

import msgspec
import numpy as np

from risk.var.errors import VarError
from risk.var.inputs import Matrix, Vector, between, one_of

#: The variance before the first return is the mean square of this many returns.
START_ROWS = 30
#: A past volatility counts as at least this share of the asset's overall one: else a stale price's first move, divided
#: by a volatility near zero, would be the largest scenario by far.
FLOOR = 0.1
FLOORED = "a past volatility was near zero and was raised to a tenth of the asset's overall one"


class Recursion(NamedTuple):
    """h_{t+1} = intercept [N] + news * r_t^2 + persistence * h_t."""

    intercept: Vector
    news: float
    persistence: float


class VolatilityFilter(msgspec.Struct, frozen=True, kw_only=True):
    """EWMA (RiskMetrics 1996) or GARCH(1,1) with variance targeting (Engle, Mezrich 1996), each asset at zero mean.

    The recursions of :class:`risk.estimators.ewma.EwmaVariance` and :class:`risk.estimators.garch.Garch`, over whole
    columns at once. Variance targeting takes V as the mean square of the column, omega = (1 - alpha - beta) V.

    :raises VarError: a parameter outside its range.
    """

    kind: str = "ewma"
    lam: float = 0.94
    alpha: float = 0.10
    beta: float = 0.88

    def __post_init__(self) -> None:
        one_of("volatility", self.kind, ("ewma", "garch"))
        between("lam", self.lam, 0.0, 1.0)
        if not (self.alpha >= 0.0 and self.beta >= 0.0 and self.alpha + self.beta < 1.0):
            raise VarError(f"`alpha` is {self.alpha} and `beta` {self.beta}, expected both >= 0 and their sum below 1")

    @property
    def effective_observations(self) -> float:
        """1 / sum of the squared weights news * persistence^k of past squares: how many equal ones they are worth."""
        if self.kind == "ewma":
            return (1.0 + self.lam) / (1.0 - self.lam)
        return (1.0 - self.beta**2) / self.alpha**2 if self.alpha else inf

    def recursion(self, returns: Matrix) -> Recursion:
        """The recursion's coefficients for these returns [T, N]."""
        if self.kind == "ewma":
            return Recursion(np.zeros(returns.shape[1]), 1.0 - self.lam, self.lam)
        target = (1.0 - self.alpha - self.beta) * np.mean(returns**2, axis=0)
        return Recursion(target, self.alpha, self.beta)

    def path(self, returns: Matrix) -> Matrix:
        """Variances [T + 1, N]: row t is the forecast for return t, made from the returns before it."""
        from scipy.signal import lfilter

        rule = self.recursion(returns)
        start = np.mean(returns[:START_ROWS] ** 2, axis=0)
        drive = rule.intercept + rule.news * returns**2
        first = rule.persistence * start[None, :]
        later = np.asarray(lfilter([1.0], [1.0, -rule.persistence], drive, axis=0, zi=first)[0])
        variances: Matrix = np.vstack([start, later])
        return variances

    def horizon_variance(self, returns: Matrix, horizon_days: int) -> Vector:
        """Variance [N] of the sum of the next ``horizon_days`` returns: the sum of the forecasts."""
        rule = self.recursion(returns)
        ahead: Vector = self.path(returns)[-1]
        total: Vector = np.zeros_like(ahead)
        for _ in range(horizon_days):
            total = total + ahead
            ahead = rule.intercept + (rule.news + rule.persistence) * ahead
        return total


def standardised(returns: Matrix, variances: Matrix) -> tuple[Matrix, bool]:
    """z_s = r_s / sigma_s [T, N], and whether a sigma was raised to :data:`FLOOR` times the overall one."""
    sigma = np.sqrt(variances[:-1])
    floor = FLOOR * np.sqrt(np.mean(returns**2, axis=0))
    used = np.maximum(sigma, floor)
    raised = bool((sigma < floor).any())
    return np.divide(returns, used, out=np.zeros_like(returns), where=used > 0.0), raised


def filtered_returns(returns: Matrix, volatility: VolatilityFilter) -> tuple[Matrix, bool]:
    """Scenario returns r_s * sigma_{T+1} / sigma_s [T, N], asset by asset (Barone-Adesi, Giannopoulos, Vosper 1999).

    Linear in the exposures, so that a book's scenario P&L is one product. The second part is that of
    :func:`standardised`.
    """
    variances = volatility.path(returns)
    scores, raised = standardised(returns, variances)
    return scores * np.sqrt(variances[-1]), raised
