"""Range-based volatility against Brownian motion, whose variance is known: 5,000 days of 10,000 steps each.

A path that is looked at 10,000 times a day hides some of its range: of a day's variance about 1.5 % (Parkinson), which
the tolerances include.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from risk.estimators.garman_klass import GarmanKlass
from risk.estimators.parkinson import Parkinson
from risk.estimators.ranges import Ohlc
from risk.estimators.realised import RealisedVariance
from risk.estimators.yang_zhang import YangZhang

DAYS, STEPS, SIGMA = 5_000, 10_000, 0.02
WINDOW = 10


@cache
def days(drift: float = 0.0, overnight: float = 0.0) -> NDArray[np.float64]:
    """Logs of open, high, low, close [DAYS, 4] of a day's motion with variance SIGMA^2; ``drift`` a day and the
    standard deviation of what happens ``overnight``."""
    random, rows, last = np.random.default_rng(17), [], 0.0
    for _ in range(DAYS):
        start = last + overnight * random.standard_normal()
        steps = SIGMA / np.sqrt(STEPS) * random.standard_normal(STEPS) + drift / STEPS
        path = start + np.cumsum(steps)
        last = path[-1]
        rows.append((start, max(start, path.max()), min(start, path.min()), last))
    return np.array(rows)


def estimates(estimator: Any, bars: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values after each whole window; prices stay within a float, for only their changes matter."""
    found = []
    for day, logs in enumerate(bars):
        shifted = np.exp(logs - bars[day, 0])
        if isinstance(estimator, YangZhang):  # which looks at the close before
            shifted = np.exp(logs - bars[0, 0])
        estimator.update(Ohlc(*shifted.tolist(), time_ns=day))
        if day % WINDOW == WINDOW - 1 and not np.isnan(estimator.variance):
            found.append(estimator.variance)
    assert not estimator.refused
    return np.array(found)


@pytest.mark.parametrize("make", [Parkinson, GarmanKlass, YangZhang])
def test_they_find_the_variance(make: Any) -> None:
    """Without drift and nights all three are SIGMA^2 to 3 %."""
    assert estimates(make(WINDOW), days()).mean() == pytest.approx(SIGMA**2, rel=0.03)


@pytest.mark.parametrize(("make", "efficiency"), [(Parkinson, 4.9), (GarmanKlass, 7.4)])
def test_they_are_as_efficient_as_published(make: Any, efficiency: float) -> None:
    """The variance of squared closes over theirs: 4.9 (Parkinson 1980), 7.4 (Garman, Klass 1980), to 20 %."""
    closes, found = RealisedVariance(WINDOW), []
    for day, (start, _, _, end) in enumerate(days()):
        closes.update(float(end - start))
        if day % WINDOW == WINDOW - 1:
            found.append(closes.variance)
    assert np.var(found) / np.var(estimates(make(WINDOW), days())) == pytest.approx(efficiency, rel=0.2)


def test_yang_and_zhang_see_the_night_and_no_drift() -> None:
    """A drift of half a deviation a day and nights of half the day's deviation: Yang and Zhang's is the whole variance
    to 3 %, where Parkinson's misses the night and takes the drift for volatility (2000, table 1)."""
    bars, whole = days(0.5 * SIGMA, 0.5 * SIGMA), 1.25 * SIGMA**2
    assert estimates(YangZhang(WINDOW), bars).mean() == pytest.approx(whole, rel=0.03)
    assert abs(estimates(Parkinson(WINDOW), bars).mean() / whole - 1.0) > 0.05
