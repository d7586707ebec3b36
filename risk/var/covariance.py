"""Covariance of returns over a horizon, for the methods that need no more than that."""

from __future__ import annotations

import numpy as np

from risk.measures.shrinkage import ledoit_wolf
from risk.var.errors import VarError
from risk.var.filters import FILTERS, VolatilityFilter
from risk.var.inputs import Matrix, Portfolio, one_of

KINDS = ("sample", "shrunk", *FILTERS)


def forecast_covariance(
    returns: Matrix, kind: str, volatility: VolatilityFilter, horizon_days: int
) -> tuple[Matrix, float, str]:
    """Covariance [N, N] of the returns over the horizon, the observations it is worth, and how the horizon was reached.

    - ``sample``: unbiased, of all rows [T, N], times h (independent returns).
    - ``shrunk``: the sample's, divisor T, shrunk to a scaled identity (Ledoit, Wolf 2004), times h.
    - ``ewma``: exponentially weighted at zero mean with the filter's ``lam``, times h, the sum of EWMA's forecasts.
    - ``garch``: each asset's GARCH(1,1) variance, with the filter's ``alpha`` and ``beta``, summed over the forecasts;
      the sample's correlations (Bollerslev 1990, constant conditional correlation). ``garch_fitted`` and
      ``gjr_fitted``: with each asset's own parameters.
    """
    count = len(returns)
    if kind == "sample":
        matrix = np.atleast_2d(np.cov(returns, rowvar=False))
        return matrix * horizon_days, float(count), "sqrt(h): independent returns"
    if kind == "shrunk":
        return _shrunk(returns) * horizon_days, float(count), "sqrt(h): independent returns"
    if kind == "ewma":
        weights = volatility.lam ** np.arange(count - 1, -1, -1.0)
        weights /= weights.sum()
        matrix = (returns * weights[:, None]).T @ returns
        return matrix * horizon_days, float(1.0 / (weights @ weights)), "sqrt(h): the sum of the EWMA forecasts"
    deviations = np.sqrt(volatility.horizon_variance(returns, horizon_days))
    effective = min(float(count), volatility.effective_observations(returns))
    return correlation(returns) * np.outer(deviations, deviations), effective, "sum of the GARCH variance forecasts"


def _shrunk(returns: Matrix) -> Matrix:
    try:
        return ledoit_wolf(returns).covariance
    except ValueError as error:
        raise VarError(str(error)) from None


def correlation(returns: Matrix) -> Matrix:
    """Sample correlations [N, N] at zero mean; an asset that never moved is uncorrelated."""
    products = returns.T @ returns
    sizes = np.sqrt(np.diagonal(products))
    scale = np.outer(sizes, sizes)
    matrix: Matrix = np.divide(products, scale, out=np.eye(len(sizes)), where=scale > 0.0)
    return matrix


def checked_filter(kind: str, lam: float, alpha: float, beta: float) -> VolatilityFilter:
    """The filter of a covariance of this kind; the sample's has no use for it.

    :raises VarError: not one of :data:`KINDS`, or a parameter out of range.
    """
    one_of("volatility", kind, KINDS)
    return VolatilityFilter(kind="ewma" if kind in {"sample", "shrunk"} else kind, lam=lam, alpha=alpha, beta=beta)


def excess_kurtosis(book: Portfolio) -> float:
    """Of the book's P&L; 0 where it never moves."""
    centred = book.pnl - book.pnl.mean()
    deviation = float(np.sqrt(np.mean(centred**2)))
    return float(np.mean((centred / deviation) ** 4)) - 3.0 if deviation > 0.0 else 0.0
