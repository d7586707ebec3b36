"""Models over a history: how often was each VaR exceeded, and which tests does it pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike

from risk.backtests.acerbi_szekely import z1, z2
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
#: VaRs beyond a level whose mean is its ES.
TAIL_LEVELS = 10


@dataclass(frozen=True, eq=False)
class BacktestRun:
    """Returns [D] of the days tested, with their ``index``, and each model's VaR and ES [D, levels], positive losses.

    ES is the mean of the model's own VaRs at ten levels beyond, evenly spaced (Emmer, Kratz, Tasche 2015): at 99 % it
    is 0.3 % too small for a normal, 1.6 % for a Student-t of 5 degrees.
    """

    index: Any
    returns: Vector
    confidences: tuple[float, ...]
    var: dict[str, Matrix]
    es: dict[str, Matrix]

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
        """Every test by model and level, a row each; ``z1`` and ``z2`` are of the ES, below 0 where it is too small."""
        import pandas as pd

        rows = [
            self._row(name, level, confidence) for name in self.var for level, confidence in enumerate(self.confidences)
        ]
        return pd.DataFrame(rows).set_index(["model", "confidence"])

    def _row(self, name: str, level: int, confidence: float) -> dict[str, object]:
        hits, days = self._hits(name)[:, level], len(self.returns)
        count = int(hits.sum())
        var, es = self.var[name][:, level], self.es[name][:, level]
        tested = bool((es > 0.0).all())
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
            "z1": z1(self.returns, var, es) if tested else None,
            "z2": z2(self.returns, var, es, confidence) if tested else None,
            "loss": quantile_loss(self.returns, var, confidence),
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
    forecasts = {name: MODELS[name](series, (*levels, *_beyond(levels)), warmup) for name in names}
    var = {name: table[:, : len(levels)] for name, table in forecasts.items()}
    es = {
        name: table[:, len(levels) :].reshape(len(table), len(levels), TAIL_LEVELS).mean(axis=2)
        for name, table in forecasts.items()
    }
    return BacktestRun(cast("Any", index)[warmup:], series[warmup:], levels, var, es)


def _beyond(levels: Sequence[float]) -> list[float]:
    """The middles of :data:`TAIL_LEVELS` equal parts of each tail."""
    shares = [(part + 0.5) / TAIL_LEVELS for part in range(TAIL_LEVELS)]
    return [level + (1.0 - level) * share for level in levels for share in shares]
