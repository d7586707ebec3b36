"""Covariance of returns over a horizon, for the methods that need no more than that."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

import msgspec
import numpy as np

from risk.measures.correlation import with_variances
from risk.measures.shrinkage import ledoit_wolf
from risk.var.errors import VarError
from risk.var.filters import FILTERS, VolatilityFilter, standardised
from risk.var.inputs import Matrix, Portfolio, Vector, between, one_of

KINDS = ("sample", "shrunk", *FILTERS)
NOISY = (
    "{} assets have correlations from observations that are worth {:.1f}: the covariance is near-singular, and what "
    "hedges in it may be noise; take volatility `shrunk`, or a longer memory"
)


class Forecast(NamedTuple):
    """``matrix`` [N, N] of the returns over the horizon, how many observations its variances are worth, how the horizon
    was reached, and what to know before it is used."""

    matrix: Matrix
    observations: float
    scaling: str
    warnings: tuple[str, ...]


class CovarianceModel(msgspec.Struct, frozen=True, kw_only=True):
    """How covariances are estimated, by ``volatility``; a method that needs one takes these as parameters of its own.

    - ``sample``: unbiased, of all rows [T, N], times h (independent returns).
    - ``shrunk``: the sample's, divisor T, shrunk to a scaled identity (Ledoit, Wolf 2004), times h.
    - ``ewma``: D R D at zero mean, the variances weighted with ``lam`` and the correlations with ``lam_correlation``,
      as the stream's (:class:`risk.estimators.settings.MarketConfig`), times h, the sum of EWMA's forecasts.
    - ``garch``: each asset's GARCH(1,1) variance, with ``alpha`` and ``beta``, summed over the forecasts; the sample's
      correlations (Bollerslev 1990, constant conditional correlation). ``garch_fitted`` and ``gjr_fitted``: with each
      asset's own parameters.

    More assets than the observations that the correlations are worth ((1 + lam) / (1 - lam) of a long EWMA, else their
    number) are warned of, but where they are shrunk.

    :raises VarError: not one of :data:`KINDS`, or a parameter out of range.
    """

    volatility: str = "ewma"
    lam: float = 0.94
    lam_correlation: float = 0.97
    alpha: float = 0.10
    beta: float = 0.88

    def __post_init__(self) -> None:
        one_of("volatility", self.volatility, KINDS)
        between("lam_correlation", self.lam_correlation, 0.0, 1.0)
        self.filter()

    def filter(self) -> VolatilityFilter:
        """The filter of the variances; the sample's have no use for it."""
        kind = self.volatility if self.volatility in FILTERS else "ewma"
        return VolatilityFilter(kind=kind, lam=self.lam, alpha=self.alpha, beta=self.beta)

    def forecast(self, returns: Matrix, horizon_days: int = 1) -> Forecast:
        """Covariance of ``returns`` [T, N] over the horizon.

        :raises VarError: an asset that never moves cannot be shrunk, or gives no GARCH.
        """
        count = float(len(returns))
        if self.volatility == "sample":
            matrix = np.atleast_2d(np.cov(returns, rowvar=False)) * horizon_days
            return Forecast(matrix, count, "sqrt(h): independent returns", _noise(matrix, count))
        if self.volatility == "shrunk":
            return Forecast(_shrunk(returns) * horizon_days, count, "sqrt(h): independent returns", ())
        if self.volatility == "ewma":
            return self._ewma(returns, horizon_days)
        deviations = np.sqrt(self.filter().horizon_variance(returns, horizon_days))
        matrix = correlation(returns) * np.outer(deviations, deviations)
        worth = min(count, self.filter().effective_observations(returns))
        return Forecast(matrix, worth, "sum of the GARCH variance forecasts", _noise(matrix, count))

    def _ewma(self, returns: Matrix, horizon_days: int) -> Forecast:
        fast, slow = _weights(self.lam, len(returns)), _weights(self.lam_correlation, len(returns))
        matrix = with_variances((returns * slow[:, None]).T @ returns, fast @ returns**2) * horizon_days
        return Forecast(matrix, _worth(fast), "sqrt(h): the sum of the EWMA forecasts", _noise(matrix, _worth(slow)))

    def scores(self, book: Portfolio) -> Vector:
        """The book's P&L [T], over its own EWMA volatility where the covariance moves."""
        if self.volatility in {"sample", "shrunk"}:
            return book.pnl
        column = book.pnl[:, None]
        ratios, _ = standardised(column, VolatilityFilter(lam=self.lam).path(column))
        own: Vector = ratios[:, 0]
        return own

    def volatility_error(self, book: Portfolio, effective: float) -> float:
        """Relative standard error of the volatility from ``effective`` observations, sqrt((kurtosis - 1) / 4n), at the
        kurtosis of the scores: what moves with the volatility is no error of it."""
        return sqrt((_excess_kurtosis(self.scores(book)) + 2.0) / (4.0 * effective))


def correlation(returns: Matrix) -> Matrix:
    """Sample correlations [N, N] at zero mean; an asset that never moved is uncorrelated."""
    products = returns.T @ returns
    sizes = np.sqrt(np.diagonal(products))
    scale = np.outer(sizes, sizes)
    matrix: Matrix = np.divide(products, scale, out=np.eye(len(sizes)), where=scale > 0.0)
    return matrix


def _excess_kurtosis(values: Vector) -> float:
    """Of [T] values; 0 where they never move."""
    centred = values - values.mean()
    deviation = float(np.sqrt(np.mean(centred**2)))
    return float(np.mean((centred / deviation) ** 4)) - 3.0 if deviation > 0.0 else 0.0


def _weights(lam: float, count: int) -> Vector:
    """lam^k [T], the newest last, that sum to one."""
    weights = lam ** np.arange(count - 1, -1, -1.0)
    return np.asarray(weights / weights.sum())


def _worth(weights: Vector) -> float:
    """How many equal observations give as exact a mean (Kish); (1 + lam) / (1 - lam) of many EWMA weights."""
    return float(1.0 / (weights @ weights))


def _noise(matrix: Matrix, worth: float) -> tuple[str, ...]:
    return (NOISY.format(len(matrix), worth),) if len(matrix) > worth else ()


def _shrunk(returns: Matrix) -> Matrix:
    try:
        return ledoit_wolf(returns).covariance
    except ValueError as error:
        raise VarError(str(error)) from None
