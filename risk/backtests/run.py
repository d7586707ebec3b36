"""Models over a history: how often was each VaR exceeded, and which tests does it pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike

from risk.backtests.christoffersen import conditional_coverage, independence, transitions
from risk.backtests.kupiec import kupiec
from risk.backtests.models import FIRST_MIN, MODELS, NEEDED
from risk.backtests.quantile_loss import quantile_loss
from risk.backtests.traffic_light import traffic_light
from risk.var.errors import TooFewObservations, VarError
from risk.var.inputs import Matrix, Vector, one_of, portfolio

if TYPE_CHECKING:
    import pandas as pd

CONFIDENCES = (0.95, 0.975, 0.99, 0.999)


@dataclass(frozen=True, eq=False)
class BacktestRun:
    """Returns [D] of the days tested, with their ``index``, and each model's VaR [D, levels], positive losses."""

    index: Any
    returns: Vector
    confidences: tuple[float, ...]
    var: dict[str, Matrix]

    def exceptions(self) -> pd.DataFrame:
        """How many days lost more than their VaR: models by levels."""
        import pandas as pd

        rows = {name: self._hits(name).sum(axis=0) for name in self.var}
        return pd.DataFrame.from_dict(rows, orient="index", columns=list(self.confidences))

    def forecasts(self, model: str) -> pd.DataFrame:
        """VaR of a model: days by levels, as for a plot against the returns."""
        import pandas as pd

        one_of("model", model, tuple(self.var))
        return pd.DataFrame(self.var[model], index=self.index, columns=list(self.confidences))

    def tests(self) -> pd.DataFrame:
        """Every test by model and level, one row each."""
        import pandas as pd

        rows = [
            self._row(name, level, confidence) for name in self.var for level, confidence in enumerate(self.confidences)
        ]
        return pd.DataFrame(rows).set_index(["model", "confidence"])

    def _row(self, name: str, level: int, confidence: float) -> dict[str, object]:
        hits, days = self._hits(name)[:, level], len(self.returns)
        count = int(hits.sum())
        return {
            "model": name,
            "confidence": confidence,
            "observations": days,
            "expected": days * (1.0 - confidence),
            "exceptions": count,
            "kupiec_p": kupiec(count, days, confidence).p_value,
            "independence_p": independence(transitions(hits)).p_value,
            "coverage_p": conditional_coverage(hits, confidence).p_value,
            "zone": traffic_light(count, days, confidence).value,
            "loss": quantile_loss(self.returns, self.var[name][:, level], confidence),
        }

    def _hits(self, name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        hits: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = -self.returns[:, None] > self.var[name]
        return hits


def run_backtests(
    returns: ArrayLike,
    models: Iterable[str] = tuple(MODELS),
    confidences: Sequence[float] = CONFIDENCES,
    warmup: int = 1000,
) -> BacktestRun:
    """One-day VaR of each of :data:`risk.backtests.models.MODELS` for every day after ``warmup``, out of sample.

    ``returns`` [T] chronological, simple or log, numpy or a Series, whose index the run keeps. Levels beyond what a
    window holds (99.9 % of 250 days) are shown as the model gives them, to be judged by the tests.

    :raises VarError: an unknown model, a level outside 0 to 1, a nan, or too short a warm-up or history.
    """
    names, levels = tuple(models), tuple(float(c) for c in confidences)
    for name in names:
        one_of("models", name, tuple(MODELS))
    if not levels or not all(0.0 < level < 1.0 for level in levels):
        raise VarError(f"`confidences` is {levels}, expected levels between 0 and 1")
    series = portfolio(returns).pnl
    needed = max([FIRST_MIN, *(NEEDED.get(name, 0) for name in names)])
    if warmup < needed or len(series) <= warmup:
        raise TooFewObservations(
            f"`warmup` is {warmup} of {len(series)} returns, expected at least {needed} and a day to test"
        )
    index = getattr(returns, "index", None) if hasattr(returns, "iloc") else range(len(series))
    forecasts = {name: MODELS[name](series, levels, warmup) for name in names}
    return BacktestRun(cast("Any", index)[warmup:], series[warmup:], levels, forecasts)
