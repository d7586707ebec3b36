"""GARCH(1,1) VaR forecasts, refitted as the history goes on."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from risk.measures.var import normal_quantile
from risk.var.inputs import Matrix, Vector

#: ``arch`` fits percent better than decimals.
_PERCENT = 100.0


class Fit(NamedTuple):
    """h_{t+1} = omega + alpha e_t^2 + beta h_t in percent squared, e_t = r_t - mean, and the last h of the fit."""

    mean: float
    omega: float
    alpha: float
    beta: float
    last: float


def garch_normal(
    returns: Vector,
    confidences: Sequence[float],
    first: int,
    horizon_days: int = 1,
    window: int = 2000,
    refit_every: int = 500,
) -> Matrix:
    """z times GARCH(1,1) volatility of the next ``horizon_days``, whose variance is the sum of the forecasts: VaR
    [T - first, levels].

    Every ``refit_every`` days ``arch`` fits the last ``window`` returns (all, while there are fewer), less the mean of
    all returns so far, at zero mean with normal errors. Between refits the recursion goes on day by day. A fit that
    does not converge or is not stationary leaves the parameters before it in place.

    :raises ValueError: the first fit fails, so that there are no parameters.
    """
    sigma, known = np.empty(len(returns) - first), None
    for start in range(first, len(returns), refit_every):
        known = _fit(returns[:start], window) or known
        if known is None:
            raise ValueError(f"`returns[:{start}]` give no stationary GARCH(1,1), expected a fit that converges")
        end = min(start + refit_every, len(returns))
        errors = _PERCENT * returns[start - 1 : end - 1] - known.mean
        path = _recursion(errors, known)
        known = known._replace(last=float(path[-1]))
        sigma[start - first : end - first] = np.sqrt(_ahead(path, known, horizon_days)) / _PERCENT
    return np.outer(sigma, [normal_quantile(c) for c in confidences])


def _recursion(errors: Vector, known: Fit) -> Vector:
    """Variances of the days after each error, from ``known.last``, that of the first error's own day."""
    from scipy.signal import lfilter

    drive = known.omega + known.alpha * errors**2
    path: Vector = np.asarray(lfilter([1.0], [1.0, -known.beta], drive, zi=[known.beta * known.last])[0])
    return path


def _ahead(path: Vector, known: Fit, horizon_days: int) -> Vector:
    """Variances of the sums of the days from each of ``path``'s on."""
    total = np.zeros_like(path)
    for _ in range(horizon_days):
        total, path = total + path, known.omega + (known.alpha + known.beta) * path
    return total


def _fit(past: Vector, window: int) -> Fit | None:
    """``None`` of returns that never vary, and of a fit that fails."""
    from arch import arch_model

    if not np.ptp(past) > 0.0:
        return None
    mean = _PERCENT * float(past.mean())
    model = arch_model(_PERCENT * past[-window:] - mean, mean="Zero", vol="GARCH", p=1, q=1, rescale=False)
    with warnings.catch_warnings():  # what a fit has to say is in its convergence flag
        warnings.simplefilter("ignore")
        result = model.fit(disp="off", show_warning=False)
    omega, alpha, beta = (float(value) for value in result.params)
    if result.convergence_flag or not alpha + beta < 1.0:
        return None
    return Fit(mean, omega, alpha, beta, float(result.conditional_volatility[-1]) ** 2)
