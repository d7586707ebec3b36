"""Volatility from bars, and GARCH parameters of a series."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd

from risk.estimators.ewma_step import EwmaStep
from risk.estimators.garman_klass import GarmanKlass
from risk.estimators.parkinson import Parkinson
from risk.estimators.ranges import Ohlc
from risk.estimators.realised import RealisedVariance
from risk.estimators.scalar import Scalar
from risk.estimators.yang_zhang import YangZhang
from risk.garch_fit import garch_fit
from risk.performance.returns import DAYS_A_YEAR
from riskstream.batch.labels import TIME, Labelled, check_order, labelled

_OF_RETURNS: dict[str, Callable[[int, float], Scalar]] = {
    "ewma": lambda _, lam: EwmaStep(lam),
    "realised": lambda window, _: RealisedVariance(window),
}
_OF_BARS: dict[str, Callable[[int, float], Scalar]] = {
    "parkinson": lambda window, _: Parkinson(window),
    "garman_klass": lambda window, _: GarmanKlass(window),
    "yang_zhang": lambda window, _: YangZhang(window),
}
COLUMNS = ("open", "high", "low", "close")

fit_garch = labelled(garch_fit, Labelled({"returns": TIME}))


def volatility(
    bars: pd.DataFrame | pd.Series[float],
    method: str = "yang_zhang",
    *,
    window: int = 20,
    lam: float = 0.94,
    periods: float = DAYS_A_YEAR,
) -> pd.Series[float]:
    """Annual volatility after each bar, nan until there is one: sqrt(variance a bar * periods).

    ``bars`` is a DataFrame with columns open, high, low, close in time; of it, ``ewma`` (decay ``lam``) and
    ``realised`` use the close alone, for which a Series will do. Formulas and sources: ``risk.estimators``.

    :raises ValueError: bars that are not oldest first, an unknown method, a missing column, or a bar that the estimator
        refuses, with label and reason.
    """
    check_order("bars", bars.index)
    makers = _OF_RETURNS | _OF_BARS
    if method not in makers:
        raise ValueError(f"`method` is {method!r}, expected one of {', '.join(makers)}")
    estimator: Any = makers[method](window, lam)
    values = []
    for label, observation in _observations(bars, method in _OF_BARS):
        refusal = estimator.update(observation) if observation is not None else None
        if refusal is not None:
            raise ValueError(f"`bars` at {label!r} is refused: {refusal}")
        values.append(sqrt(periods * estimator.variance) if estimator.variance >= 0.0 else np.nan)
    return pd.Series(values, index=bars.index, name=f"{method} volatility", dtype=float)


def _observations(bars: pd.DataFrame | pd.Series[float], of_bars: bool) -> Iterator[tuple[Any, Any]]:
    """Each label with its bar, or with the return since the one before (``None``: the first)."""
    if isinstance(bars, pd.Series):
        bars = bars.to_frame("close")
    missing = [name for name in (COLUMNS if of_bars else COLUMNS[-1:]) if name not in bars.columns]
    if missing:
        raise ValueError(f"`bars` has columns {', '.join(map(str, bars.columns))}, expected {', '.join(missing)} too")
    if of_bars:
        prices = zip(*(bars[name].astype(float).tolist() for name in COLUMNS), strict=True)
        for at, (label, (start, high, low, close)) in enumerate(zip(bars.index, prices, strict=True)):
            yield label, Ohlc(start, high, low, close, at)
        return
    closes = bars["close"].to_numpy(dtype=np.float64)
    yield bars.index[0], None
    yield from zip(bars.index[1:], (closes[1:] / closes[:-1] - 1.0).tolist(), strict=True)
