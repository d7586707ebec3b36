"""One more observation: an estimator's step against the same estimate made anew from all that it has seen."""

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
    yield garch_of_one(rows[:, 0])
    yield garch(rows)
    for size in (20, 100, 500):
        yield covariance(np.ascontiguousarray(rows[:, :size]))


def ewma(returns: Any) -> Case:
    """RiskMetrics' variance of one symbol; anew it is the start and the squared returns by their weights."""
    step, value, weights = EwmaStep(LAM, initial=START), float(returns[-1]), _weights(LAM)
    update, left = step.update, LAM**DAYS * START

    def streamed() -> float:
        fresh = EwmaStep(LAM, initial=START)
        for each in returns.tolist():
            fresh.update(each)
        return fresh.variance

    return Case(
        name="EWMA step",
        quick=lambda: update(value),
        naive=lambda: float(left + (1.0 - LAM) * (weights @ (returns * returns))),
        answer=streamed,
        against=f"weighted sum over {DAYS} days",
        aim_us=0.5,
    )


def garch_of_one(returns: Any) -> Case:
    """GARCH(1,1) of one symbol; anew in plain floats, which are quicker than arrays of one."""
    values = returns.tolist()

    def naive() -> float:
        variance = START
        for value in values:
            variance = OMEGA + ALPHA * value * value + BETA * variance
        return variance

    return _garch("one symbol", returns[:, None], naive, f"{DAYS} days in a loop")


def garch(rows: Any) -> Case:
    """GARCH(1,1) of all symbols at once; anew day by day in arrays."""

    def naive() -> Any:
        variance = np.full(rows.shape[1], START)
        for row in rows:
            variance = OMEGA + ALPHA * row * row + BETA * variance
        return variance

    return _garch(f"{rows.shape[1]} symbols", rows, naive, f"{DAYS} days in a loop over arrays")


def covariance(rows: Any) -> Case:
    """EWMA covariance of one more synchronous row; anew one product of matrices."""
    size, weights = rows.shape[1], _weights(LAM_COVARIANCE)
    weights /= weights.sum()
    step, following = EwmaCovariance(LAM_COVARIANCE, size), cycle(rows)

    def streamed() -> Any:
        fresh = EwmaCovariance(LAM_COVARIANCE, size)
        for row in rows:
            fresh.update(row)
        return fresh.covariance

    return Case(
        name=f"covariance update, {size} assets",
        quick=lambda: step.update(next(following)),
        naive=lambda: (rows * weights[:, None]).T @ rows,
        answer=streamed,
        against=f"weighted product over {DAYS} days",
    )


def _garch(size: str, rows: Any, naive: Any, against: str) -> Case:
    step, fresh = (Garch(ALPHA, BETA, OMEGA, rows.shape[1], START) for _ in range(2))
    last, unknown = rows[-1], np.full(rows.shape[1], np.nan)

    def streamed() -> Any:
        for row in rows:
            fresh.update(row, unknown)
        return fresh.variance

    return Case(
        name=f"GARCH step, {size}",
        quick=lambda: step.update(last, unknown),
        naive=naive,
        answer=streamed,
        against=against,
    )


def _weights(lam: float) -> Any:
    """lam^k [DAYS], the newest last."""
    return lam ** np.arange(DAYS - 1, -1, -1.0)
