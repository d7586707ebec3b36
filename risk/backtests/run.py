"""Models over a history: how often was each VaR exceeded, and which tests does it pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from risk.backtests.acerbi_szekely import critical_value, z1, z2
from risk.backtests.christoffersen import conditional_coverage, independence, transitions
from risk.backtests.kupiec import kupiec
from risk.backtests.models import FIRST_MIN, MODELS, NEEDED, forecasts
from risk.backtests.overlapping import overlapping_bounds, overlapping_critical_value
from risk.backtests.quantile_loss import quantile_loss
from risk.backtests.traffic_light import Zone, traffic_light
from risk.var.errors import TooFewObservations, VarError
from risk.var.inputs import HORIZON_MAX_DAYS, Matrix, Vector, one_of, portfolio

if TYPE_CHECKING:
    import pandas as pd

Hits = NDArray[np.bool_]

CONFIDENCES = (0.95, 0.975, 0.99, 0.999)
#: VaRs beyond a level whose mean is its ES.
TAIL_LEVELS = 10
#: A right model's Z2 is below the critical value with this probability.
SIGNIFICANCE = 0.05
#: Simulated histories behind the critical values of Z2, and the zones of overlapping windows.
PATHS = 50_000
_COLUMNS = (
    *("model", "confidence", "observations", "expected", "exceptions"),
    *("kupiec_p", "independence_p", "coverage_p", "zone"),
    *("z1", "z2", "z2_critical", "z2_passes", "loss"),
)


@dataclass(frozen=True, eq=False)
class BacktestRun:
    """Returns [D] of the days tested, with their ``index``, and each model's VaR and ES [D, levels], positive losses.

    Over a horizon of several days they are the sums of overlapping windows, each at its first day. ES is the mean of
    the model's own VaRs at ten levels beyond, evenly spaced (Emmer, Kratz, Tasche 2015): at 99 % it is 0.3 % too small
    for a normal, 1.6 % for a Student-t of 5 degrees. ``refused`` says of a model without forecasts why.
    """

    index: Any
    returns: Vector
    confidences: tuple[float, ...]
    var: dict[str, Matrix]
    es: dict[str, Matrix]
    horizon_days: int = 1
    refused: dict[str, str] = field(default_factory=dict)

    def exceptions(self) -> pd.DataFrame:
        """How many days (windows) lost more than their VaR: models by levels."""
        import pandas as pd

        rows = {name: self._hits(name).sum(axis=0) for name in self.var}
        return pd.DataFrame.from_dict(rows, orient="index", columns=list(self.confidences))

    def forecasts(self, model: str) -> pd.DataFrame:
        """VaR of a model: days by levels, as for a plot against the returns."""
        import pandas as pd

        one_of("model", model, tuple(self.var))
        return pd.DataFrame(self.var[model], index=self.index, columns=list(self.confidences))

    def tests(self) -> pd.DataFrame:
        """Every test by model and level, a row each; ``z1`` and ``z2`` are of the ES, below 0 where it is too small.

        ``z2_passes`` if Z2 is no lower than ``z2_critical``, which a right model of normal days falls below in one of
        twenty histories. Exceptions of overlapping windows come in runs: the zone and the critical value are then
        those of simulated windows, and tests that count on independent days give no p-value.
        """
        import pandas as pd

        rows = [
            self._row(name, level, confidence) for name in self.var for level, confidence in enumerate(self.confidences)
        ]
        return pd.DataFrame(rows, columns=list(_COLUMNS)).set_index(["model", "confidence"])

    def _row(self, name: str, level: int, confidence: float) -> dict[str, object]:
        hits, days = self._hits(name)[:, level], len(self.returns)
        count = int(hits.sum())
        return {
            "model": name,
            "confidence": confidence,
            "observations": days,
            "expected": days * (1.0 - confidence),
            "exceptions": count,
            **self._p_values(hits, confidence),
            "zone": self._zone(count, confidence).value,
            **self._shortfall(name, level, confidence),
            "loss": quantile_loss(self.returns, self.var[name][:, level], confidence),
        }

    def _p_values(self, hits: Hits, confidence: float) -> dict[str, float | None]:
        if self.horizon_days > 1:
            return dict.fromkeys(("kupiec_p", "independence_p", "coverage_p"))
        return {
            "kupiec_p": kupiec(int(hits.sum()), len(hits), confidence).p_value,
            "independence_p": independence(transitions(hits)).p_value,
            "coverage_p": conditional_coverage(hits, confidence).p_value,
        }

    def _zone(self, count: int, confidence: float) -> Zone:
        days = len(self.returns)
        if self.horizon_days == 1:
            return traffic_light(count, days, confidence)
        return overlapping_bounds(days, confidence, self.horizon_days, PATHS).zone(count)

    def _shortfall(self, name: str, level: int, confidence: float) -> dict[str, float | bool | None]:
        var, es = self.var[name][:, level], self.es[name][:, level]
        if not (es > 0.0).all():
            return dict.fromkeys(("z1", "z2", "z2_critical", "z2_passes"))
        found, least = z2(self.returns, var, es, confidence), self._z2_critical(confidence)
        return {"z1": z1(self.returns, var, es), "z2": found, "z2_critical": least, "z2_passes": found >= least}

    def _z2_critical(self, confidence: float) -> float:
        days = len(self.returns)
        if self.horizon_days == 1:
            return critical_value(SIGNIFICANCE, days, confidence, paths=PATHS)
        return overlapping_critical_value(SIGNIFICANCE, days, confidence, self.horizon_days, PATHS)

    def _hits(self, name: str) -> Hits:
        hits: Hits = -self.returns[:, None] > self.var[name]
        return hits


def run_backtests(
    returns: ArrayLike,
    models: Iterable[str] = tuple(MODELS),
    confidences: Sequence[float] = CONFIDENCES,
    warmup: int = 1000,
    horizon_days: int = 1,
) -> BacktestRun:
    """VaR of each of :data:`risk.backtests.models.MODELS` for every day after ``warmup``, out of sample.

    ``returns`` [T] chronological, simple or log, numpy or a Series, whose index the run keeps. Levels beyond what a
    window holds (99.9 % of 250 days) are shown as the model gives them, to be judged by the tests. Over
    ``horizon_days`` every day begins a window of so many, and :func:`risk.backtests.models.forecasts` says what each
    model makes of them. A model that gives no forecasts, such as a GARCH of a book that never moves, is ``refused``.

    :raises VarError: an unknown model, a level outside 0 to 1, a horizon outside 1 to 30 days, a nan, or too short a
        warm-up or history.
    """
    names, levels = tuple(models), tuple(float(c) for c in confidences)
    _check(names, levels, horizon_days)
    series = portfolio(returns).pnl
    needed = max([FIRST_MIN, *(NEEDED.get(name, 0) for name in names)])
    if warmup < needed or len(series) < warmup + horizon_days:
        raise TooFewObservations(
            f"`warmup` is {warmup} of {len(series)} returns, expected at least {needed} and {horizon_days} to test"
        )
    windows = np.lib.stride_tricks.sliding_window_view(series[warmup:], horizon_days).sum(axis=1)
    days = len(windows)
    index = getattr(returns, "index", None) if hasattr(returns, "iloc") else range(len(series))
    tables, refused = _tables(names, series, (*levels, *_beyond(levels)), warmup, horizon_days)
    tables = {name: table[:days] for name, table in tables.items()}
    var = {name: table[:, : len(levels)] for name, table in tables.items()}
    es = {
        name: table[:, len(levels) :].reshape(days, len(levels), TAIL_LEVELS).mean(axis=2)
        for name, table in tables.items()
    }
    return BacktestRun(cast("Any", index)[warmup : warmup + days], windows, levels, var, es, horizon_days, refused)


def _tables(
    names: Sequence[str], series: Vector, levels: Sequence[float], first: int, horizon_days: int
) -> tuple[dict[str, Matrix], dict[str, str]]:
    """VaR by model, and of those that give none why."""
    tables, refused = {}, {}
    for name in names:
        try:
            tables[name] = forecasts(name, series, levels, first, horizon_days)
        except ValueError as error:
            refused[name] = str(error)
    return tables, refused


def _check(names: Sequence[str], levels: Sequence[float], horizon_days: int) -> None:
    for name in names:
        one_of("models", name, tuple(MODELS))
    if not levels or not all(0.0 < level < 1.0 for level in levels):
        raise VarError(f"`confidences` is {levels}, expected levels between 0 and 1")
    if not 1 <= horizon_days <= HORIZON_MAX_DAYS:
        raise VarError(f"`horizon_days` is {horizon_days}, expected 1 to {HORIZON_MAX_DAYS}")


def _beyond(levels: Sequence[float]) -> list[float]:
    """The middles of :data:`TAIL_LEVELS` equal parts of each tail."""
    shares = [(part + 0.5) / TAIL_LEVELS for part in range(TAIL_LEVELS)]
    return [level + (1.0 - level) * share for level in levels for share in shares]
