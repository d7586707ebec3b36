"""Volatility filters in batch: each asset's variance path, for standardised scenarios and forecasts."""

from __future__ import annotations

from functools import lru_cache
from math import inf
from typing import NamedTuple

import msgspec
import numpy as np

from risk.estimators.garch import GarchParameters
from risk.garch_fit import garch_fit
from risk.var.errors import OutsideValidRegion, VarError
from risk.var.inputs import Matrix, Vector, between, one_of

FILTERS = ("ewma", "garch", "garch_fitted", "gjr_fitted")
#: The variance before the first return is the mean square of this many returns.
START_ROWS = 30
#: A past volatility counts as at least this share of the asset's overall one: else a stale price's first move, divided
#: by a volatility near zero, would be the largest scenario by far.
FLOOR = 0.1
FLOORED = "a past volatility was near zero and was raised to a tenth of the asset's overall one"


class Recursion(NamedTuple):
    """h_{t+1} = intercept + (news + leverage 1[r_t < 0]) r_t^2 + persistence h_t, each [N]."""

    intercept: Vector
    news: Vector
    persistence: Vector
    leverage: Vector

    def drive(self, returns: Matrix) -> Matrix:
        """What these returns [.., N] add to the next variance."""
        return np.asarray(self.intercept + (self.news + self.leverage * (returns < 0.0)) * returns**2)

    def expected(self, variance: Vector) -> Vector:
        """The variance [N] expected after one of ``variance``."""
        return np.asarray(self.intercept + (self.news + 0.5 * self.leverage + self.persistence) * variance)


class VolatilityFilter(msgspec.Struct, frozen=True, kw_only=True):
    """EWMA (RiskMetrics 1996) or GARCH(1,1) with variance targeting (Engle, Mezrich 1996), each asset at zero mean.

    The recursions of :class:`risk.estimators.ewma.EwmaVariance` and :class:`risk.estimators.garch.Garch`, over whole
    columns at once. Variance targeting takes V as the mean square of the column, omega = (1 - alpha - beta) V.
    ``garch_fitted`` and ``gjr_fitted`` take each asset's own parameters, by maximum likelihood
    (:func:`risk.garch_fit.garch_fit`), in place of ``alpha`` and ``beta``.

    :raises VarError: a parameter outside its range.
    """

    kind: str = "ewma"
    lam: float = 0.94
    alpha: float = 0.10
    beta: float = 0.88

    def __post_init__(self) -> None:
        one_of("volatility", self.kind, FILTERS)
        between("lam", self.lam, 0.0, 1.0)
        if not (self.alpha >= 0.0 and self.beta >= 0.0 and self.alpha + self.beta < 1.0):
            raise VarError(f"`alpha` is {self.alpha} and `beta` {self.beta}, expected both >= 0 and their sum below 1")

    def effective_observations(self, returns: Matrix) -> float:
        """1 / sum of the squared weights news * persistence^k of past squares: how many equal ones they are worth, for
        the asset whose are worth least."""
        if self.kind == "ewma":
            return (1.0 + self.lam) / (1.0 - self.lam)
        rule = self.recursion(returns)
        news = rule.news + 0.5 * rule.leverage
        worth = np.divide(1.0 - rule.persistence**2, news**2, out=np.full_like(news, inf), where=news > 0.0)
        return float(worth.min())

    def recursion(self, returns: Matrix) -> Recursion:
        """The recursion's coefficients for these returns [T, N].

        :raises OutsideValidRegion: an asset to which no GARCH can be fitted.
        """
        zero = np.zeros(returns.shape[1])
        if self.kind == "ewma":
            return Recursion(zero, zero + (1.0 - self.lam), zero + self.lam, zero)
        if self.kind == "garch":
            target = (1.0 - self.alpha - self.beta) * np.mean(returns**2, axis=0)
            return Recursion(target, zero + self.alpha, zero + self.beta, zero)
        found = [_fitted(at, np.ascontiguousarray(column).tobytes(), self.kind) for at, column in enumerate(returns.T)]
        alpha, beta, gamma, omega = np.array(found).T
        return Recursion(omega, alpha, beta, gamma)

    def path(self, returns: Matrix) -> Matrix:
        """Variances [T + 1, N]: row t is the forecast for return t, made from the returns before it."""
        from scipy.signal import lfilter

        rule = self.recursion(returns)
        start = np.mean(returns[:START_ROWS] ** 2, axis=0)
        drive, variances = rule.drive(returns), np.empty((len(returns) + 1, len(start)))
        variances[0] = start
        for at, (first, persistence) in enumerate(zip(start, rule.persistence, strict=True)):
            decay = [1.0, -persistence]
            variances[1:, at] = lfilter([1.0], decay, drive[:, at], zi=np.array([persistence * first]))[0]
        return variances

    def horizon_variance(self, returns: Matrix, horizon_days: int) -> Vector:
        """Variance [N] of the sum of the next ``horizon_days`` returns: the sum of the forecasts."""
        rule = self.recursion(returns)
        ahead: Vector = self.path(returns)[-1]
        total: Vector = np.zeros_like(ahead)
        for _ in range(horizon_days):
            total = total + ahead
            ahead = rule.expected(ahead)
        return total


@lru_cache(maxsize=512)
def _fitted(at: int, column: bytes, kind: str) -> GarchParameters:
    """Of one asset, of which one that never varies keeps its mean square. A fit takes some hundredths of a second, and
    an estimate asks for it several times."""
    returns = np.frombuffer(column)
    if not np.ptp(returns) > 0.0:
        return GarchParameters(0.0, 0.0, omega=float(np.mean(returns**2)))
    try:
        return garch_fit(returns, leverage=kind == "gjr_fitted").parameters.checked()
    except ValueError as error:
        raise OutsideValidRegion(f"`returns` of asset {at} give no GARCH: {error}; use garch or ewma") from None


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

    All T returns are there at once: the variance starts as the mean square of the first 30 and the floor is a share of
    the whole sample's. The stream's :func:`risk.estimators.residuals.standardised` starts from the first return, drops
    the first 20 and holds its floor to the variance so far. Once the starts have decayed, and where no floor binds, the
    two agree (to 1e-6 after 300 rows at a decay of 0.94).
    """
    variances = volatility.path(returns)
    scores, raised = standardised(returns, variances)
    return scores * np.sqrt(variances[-1]), raised
