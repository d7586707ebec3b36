"""Every metric of a series and against a benchmark, by name, and returns for them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from risk.performance.alpha import alpha
from risk.performance.beta import beta
from risk.performance.calmar import calmar_ratio
from risk.performance.correlation import correlation
from risk.performance.downside import downside_deviation
from risk.performance.drawdown import current_drawdown, max_drawdown
from risk.performance.equity import compound_growth
from risk.performance.hit_rate import hit_rate
from risk.performance.information_ratio import information_ratio
from risk.performance.jensen import jensens_alpha
from risk.performance.moments import kurtosis, skewness
from risk.performance.omega import omega_ratio
from risk.performance.sharpe import sharpe_ratio
from risk.performance.sortino import sortino_ratio
from risk.performance.tail_ratio import tail_ratio
from risk.performance.tracking_error import tracking_error
from risk.performance.treynor import treynor_ratio
from risk.performance.ulcer import ulcer_index
from risk.performance.volatility import annual_volatility

Vector = NDArray[np.float64]
Metric = Callable[..., Any]

#: Metric and the least observations by default, and those that the formula needs.
DEFAULTS_ALONE: dict[str, tuple[Metric, int, int]] = {
    "volatility": (annual_volatility, 2, 2),
    "sharpe": (sharpe_ratio, 20, 2),
    "sortino": (sortino_ratio, 20, 2),
    "downside": (downside_deviation, 1, 1),
    "growth": (compound_growth, 1, 1),
    "calmar": (calmar_ratio, 20, 2),
    "max_drawdown": (max_drawdown, 1, 1),
    "current_drawdown": (current_drawdown, 1, 1),
    "tail_ratio": (tail_ratio, 20, 1),
    "skewness": (skewness, 30, 3),
    "kurtosis": (kurtosis, 30, 4),
    "hit_rate": (hit_rate, 1, 1),
    "omega": (omega_ratio, 20, 2),
    "ulcer": (ulcer_index, 1, 1),
}
DEFAULTS_PAIRED: dict[str, tuple[Metric, int, int]] = {
    "beta": (beta, 20, 2),
    "alpha": (alpha, 20, 2),
    "jensen": (jensens_alpha, 20, 2),
    "treynor": (treynor_ratio, 20, 2),
    "tracking_error": (tracking_error, 2, 2),
    "information": (information_ratio, 20, 2),
    "correlation": (correlation, 20, 2),
}


def down_to_the_formula(table: dict[str, tuple[Metric, int, int]]) -> dict[str, tuple[Metric, int]]:
    """Every metric from as few observations as its formula needs, and how many these are."""
    return {name: (partial(metric, observations_min=least), least) for name, (metric, _, least) in table.items()}


ALONE, PAIRED = down_to_the_formula(DEFAULTS_ALONE), down_to_the_formula(DEFAULTS_PAIRED)
#: Those that depend on the path, and not only on which returns there were.
PATH = {"calmar", "max_drawdown", "current_drawdown", "ulcer"}

#: Returns to the basis point, as prices give them; what lies below is a gap.
LEAST, MOST, GAP = -9_000, 20_000, -2_000


def returns_of(points: NDArray[np.int64]) -> Vector:
    values: Vector = np.where(points < LEAST, np.nan, points / 1e4)
    return values


def series(least: int = 0, most: int = 40, gaps: bool = True) -> st.SearchStrategy[Vector]:
    """[T]."""
    points = st.integers(LEAST + GAP * gaps, MOST)
    return st.lists(points, min_size=least, max_size=most).map(lambda values: returns_of(np.array(values, np.int64)))


def pairs(least: int = 0, most: int = 30) -> st.SearchStrategy[Vector]:
    """[2, T]."""
    points = st.integers(LEAST + GAP, MOST)
    return st.lists(st.tuples(points, points), min_size=least, max_size=most).map(
        lambda values: returns_of(np.array(values, np.int64).reshape(-1, 2).T)
    )


def finite_series(least: int = 0, most: int = 30) -> st.SearchStrategy[Vector]:
    """[T] of any returns that compound."""
    values = st.lists(st.floats(-1.0, 1e3), min_size=least, max_size=most)
    return values.map(lambda returns: np.array(returns, np.float64))


def numbers(result: Any) -> list[float]:
    """What is a number in a result."""
    if isinstance(result, float):
        return [result]
    return [result.depth] if hasattr(result, "depth") else []
