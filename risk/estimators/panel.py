"""All estimators that live on closed rows, updated together, with the last row open to late symbols."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk.estimators.base import Snapshot, Vector
from risk.estimators.covariance import EwmaCovariance
from risk.estimators.ewma import EwmaMean, EwmaVariance
from risk.estimators.garch import Garch, GarchParameters, last_variances
from risk.estimators.history import History
from risk.estimators.regime import Regime
from risk.estimators.residuals import standardised
from risk.estimators.sound_covariance import Shrinkage, sound_covariance
from risk.estimators.turbulence import Turbulence
from risk.estimators.welford import Welford


class Panel:
    """Variance, GARCH, regime, long run, covariance, turbulence, mean volume and two histories over the same rows.

    ``update`` takes a closed row; ``amend`` takes the same row again with more symbols in it and leaves exactly the
    state that ``update`` would have left had they been there at once.
    """

    def __init__(
        self,
        *,
        lambda_volatility: float,
        lambda_correlation: float,
        lambda_volume: float,
        alpha: float,
        beta: float,
        regime: Regime,
        turbulence: Turbulence,
        rows: int,
        shrinkage: Shrinkage = "none",
    ) -> None:
        self._shrinkage = shrinkage
        self.variance = EwmaVariance(lambda_volatility, size=0)
        self.volume = EwmaMean(lambda_volume, size=0)
        self.moments = Welford(size=0)
        self.garch = Garch(alpha, beta, size=0)
        self.regime = regime
        self.covariance = EwmaCovariance(lambda_correlation, size=0)
        self.turbulence = turbulence
        self.history, self.residuals = History(rows, size=0), History(rows, size=0)
        self.turbulence_time_ns = 0
        self._before = self._snapshot()
        self._pushed = False

    def update(self, returns: Vector, volumes: Vector, time_ns: int) -> None:
        """Take one closed row; ``returns`` and ``volumes`` [N], nan where a symbol has none."""
        self._before = self._snapshot()
        self._take(returns, volumes, time_ns)

    def amend(self, returns: Vector, volumes: Vector, time_ns: int) -> None:
        """Take the last row again, now with more symbols in it."""
        for estimator, snapshot in zip(self._estimators(), self._before[0], strict=True):
            estimator.restore(snapshot)
        self.turbulence.restore(self._before[1])
        self.turbulence_time_ns = self._before[2]
        if self._pushed:
            self.history.pop()
            self.residuals.pop()
        self._take(returns, volumes, time_ns)

    def estimates(self, own_min: int, common_min: int, volume_min: int) -> Iterator[tuple[str, NDArray[Any]]]:
        """Name and values, [N] or [N, N]; nan where there are fewer observations than the minimum of its kind."""
        enough = self.moments.counts >= own_min
        yield "observations", self.moments.counts
        yield "mean", np.where(enough, self.moments.mean, np.nan)
        yield "variance", np.where(enough, self.variance.variance, np.nan)
        yield "forecast", np.where(enough, self.garch.variance, np.nan)
        yield "regime", self.regime.level
        yield "long_run", np.where(enough, self.moments.variance, np.nan)
        yield "mean_volume", np.where(self.volume.counts >= volume_min, self.volume.mean, np.nan)
        covariance, variances, history = self.covariance, self.variance.variance, self.history.view
        yield "covariance", sound_covariance(covariance, variances, common_min, self._shrinkage, history)

    def _take(self, returns: Vector, volumes: Vector, time_ns: int) -> None:
        self._resize(len(returns))
        residuals = standardised(returns, self.variance.variance, self.moments.variance, self.moments.counts)
        self.volume.update(volumes)
        self.variance.update(returns)
        self.moments.update(returns)
        self.garch.update(returns, self.moments.variance)
        self.regime.update(self.variance.variance, self.moments.variance)
        self.covariance.update(returns)
        if self.turbulence.update(returns):
            self.turbulence_time_ns = time_ns
        self._pushed = bool((~np.isnan(returns)).any())
        if self._pushed:
            self.history.update(returns)
            self.residuals.update(residuals)

    def refit(self, index: int, parameters: GarchParameters) -> None:
        """Go on with other GARCH parameters of a symbol, as if its rows in the history had been filtered by them; so
        does a last row that is taken again.

        :raises ValueError: no return of the symbol is known.
        """
        before, after = last_variances(self.history.view[:, index], parameters)
        last = self.history.view[-1, index] if self._pushed else np.nan
        self.garch.refit(index, parameters, after)
        now = self.garch.snapshot()
        self.garch.restore(self._before[0][0])
        if index < self.garch.size:
            self.garch.refit(index, parameters, after if np.isnan(last) else before)
            self._before = ((self.garch.snapshot(), *self._before[0][1:]), *self._before[1:])
        self.garch.restore(now)

    def _resize(self, size: int) -> None:
        for each in (*self._estimators(), self.turbulence, self.history, self.residuals):
            if each.size != size:
                each.resize(size)

    def _estimators(self) -> tuple[Garch, EwmaVariance, EwmaMean, Welford, Regime, EwmaCovariance]:
        return self.garch, self.variance, self.volume, self.moments, self.regime, self.covariance

    def _snapshot(self) -> tuple[tuple[Snapshot, ...], tuple[float, Snapshot, Snapshot], int]:
        parts = tuple(estimator.snapshot() for estimator in self._estimators())
        return parts, self.turbulence.snapshot(), self.turbulence_time_ns
