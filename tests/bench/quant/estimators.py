"""One more observation: an estimator's step against the estimate made anew from all that was seen."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import numpy as np

from risk.estimators.covariance import EwmaCovariance
from risk.estimators.ewma_step import EwmaStep
from risk.estimators.garch import Garch
from tests.bench.quant.timing import Case

#: Days that the naive calculation goes over.
DAYS = 500
LAM, LAM_COVARIANCE = 0.94, 0.97
OMEGA, ALPHA, BETA, START = 2e-6, 0.08, 0.9, 1e-4


def cases() -> Iterator[Case]:
    """EWMA, GARCH and covariances of growing size."""
    rows = np.random.default_rng(1).normal(0.0, 0.01, (DAYS, 500))
    yield ewma(rows[:, 0])
    yield garch(rows[:, :1], "one symbol")
    yield garch(rows, "500 symbols")
    for size in (20, 100, 500):
        yield covariance(rows[:, :size])


def ewma(returns: Any) -> Case:
    """RiskMetrics' variance of one symbol."""
    step, values = EwmaStep(LAM, initial=START), returns.tolist()
    update, value = step.update, values[-1]

    def naive() -> float:
        variance = START
        for each in values:
            variance = LAM * variance + (1.0 - LAM) * each * each
        return variance

    return Case(
        name="EWMA step", quick=lambda: update(value), naive=naive, against=f"{DAYS} days anew", aim_us=0.5, rel=None
    )


def garch(rows: Any, size: str) -> Case:
    """GARCH(1,1) of all symbols at once."""
    columns = rows.shape[1]
    step, last, unknown = Garch(ALPHA, BETA, OMEGA, columns, START), rows[-1], np.full(columns, np.nan)

    def naive() -> Any:
        variance = np.full(columns, START)
        for row in rows:
            variance = OMEGA + ALPHA * row * row + BETA * variance
        return variance

    return Case(
        name=f"GARCH step, {size}",
        quick=lambda: step.update(last, unknown),
        naive=naive,
        against=f"{DAYS} days anew",
        rel=None,
    )


def covariance(rows: Any) -> Case:
    """EWMA covariance of one more synchronous row."""
    size = rows.shape[1]
    step, following = EwmaCovariance(LAM_COVARIANCE, size), cycle(rows)
    weights = LAM_COVARIANCE ** np.arange(DAYS - 1, -1, -1.0)
    weights /= weights.sum()
    return Case(
        name=f"covariance update, {size} assets",
        quick=lambda: step.update(next(following)),
        naive=lambda: (rows * weights[:, None]).T @ rows,
        against=f"{DAYS} days anew",
        rel=None,
    )
