"""VaR forecasts over a whole history, by model; each day's uses the returns before it and no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType

import numpy as np

from risk.backtests.garch_model import garch_normal
from risk.measures.var import normal_quantile
from risk.var.filters import VolatilityFilter, standardised
from risk.var.inputs import Matrix, Vector
from risk.var.student import student_quantile

#: From returns [T], levels and the first day to forecast: VaR [T - first, levels], of the returns' unit.
Model = Callable[[Vector, Sequence[float], int], Matrix]

_ROWS = 1024


def ewma_normal(returns: Vector, confidences: Sequence[float], first: int) -> Matrix:
    """z times EWMA volatility, decay 0.94."""
    return np.outer(ewma_volatility(returns)[first:-1], [normal_quantile(c) for c in confidences])


def ewma_student_t(returns: Vector, confidences: Sequence[float], first: int, df: float = 5.0) -> Matrix:
    """Unit-variance Student-t quantile times EWMA volatility, decay 0.94."""
    return np.outer(ewma_volatility(returns)[first:-1], [student_quantile(c, df) for c in confidences])


def rolling_normal(returns: Vector, confidences: Sequence[float], first: int, window: int = 250) -> Matrix:
    """z times the sample standard deviation of the last ``window`` returns, zero mean."""
    view = np.lib.stride_tricks.sliding_window_view(returns, window)[first - window : -1]
    return np.outer(view.std(axis=1, ddof=1), [normal_quantile(c) for c in confidences])


def historical(returns: Vector, confidences: Sequence[float], first: int, window: int = 250) -> Matrix:
    """Quantile of the last ``window`` returns, interpolated (:class:`risk.var.historical.Interpolated`)."""
    return -rolling_quantiles(returns, confidences, first, window)


def filtered_historical(returns: Vector, confidences: Sequence[float], first: int, window: int = 1000) -> Matrix:
    """Interpolated quantile of up to ``window`` returns over their EWMA volatility, times that of the day."""
    variances = VolatilityFilter().path(returns[:, None])
    scores, _ = standardised(returns[:, None], variances)
    quantiles = rolling_quantiles(scores[:, 0], confidences, first, window)
    forecasts: Matrix = -quantiles * np.sqrt(variances[first:-1])
    return forecasts


#: The models of the reference table, by name.
MODELS: Mapping[str, Model] = MappingProxyType(
    {
        "ewma_normal": ewma_normal,
        "ewma_student_t": ewma_student_t,
        "rolling_normal_250": rolling_normal,
        "historical_250": historical,
        "historical_500": partial(historical, window=500),
        "garch_normal": garch_normal,
        "filtered_historical": filtered_historical,
        "filtered_historical_500": partial(filtered_historical, window=500),
    }
)
#: Returns that a model needs before its first forecast, where that is more than :data:`FIRST_MIN`.
NEEDED: Mapping[str, int] = MappingProxyType(
    {"rolling_normal_250": 250, "historical_250": 250, "historical_500": 500, "garch_normal": 500}
)
FIRST_MIN = 100


def forecasts(name: str, returns: Vector, levels: Sequence[float], first: int, horizon_days: int = 1) -> Matrix:
    """A model's VaR [T - first, levels] of the days from each on: GARCH sums its own variance forecasts; of the others
    it is one day's times sqrt(h), which EWMA's forecasts, the same for every later day, and independent returns give.
    """
    if name == "garch_normal":
        return garch_normal(returns, levels, first, horizon_days)
    scaled: Matrix = MODELS[name](returns, levels, first) * horizon_days**0.5
    return scaled


def ewma_volatility(returns: Vector) -> Vector:
    """Forecasts [T + 1] of the volatility, decay 0.94."""
    sigma: Vector = np.sqrt(VolatilityFilter().path(returns[:, None])[:, 0])
    return sigma


def rolling_quantiles(values: Vector, confidences: Sequence[float], first: int, window: int) -> Matrix:
    """numpy's ``linear`` quantiles [T - first, levels] at 1 - confidence of up to ``window`` values before each day."""
    shares = 1.0 - np.asarray(confidences)
    full = max(first, window)
    rows = [np.quantile(values[:day], shares) for day in range(first, min(full, len(values)))]
    if full < len(values):
        view = np.lib.stride_tricks.sliding_window_view(values, window)[full - window : -1]
        rows += [
            row
            for start in range(0, len(view), _ROWS)
            for row in np.quantile(view[start : start + _ROWS], shares, axis=1).T
        ]
    return np.array(rows)
