"""Backtest as a stream: one model, one level."""

from __future__ import annotations

from math import isfinite

import msgspec
import numpy as np

from risk.backtests.christoffersen import conditional_coverage, independence, transitions
from risk.backtests.kupiec import kupiec
from risk.backtests.traffic_light import multiplier, traffic_light
from risk.measures.var import observations_needed
from risk.performance.running import Streaming
from risk.var.errors import VarError

#: In place of a zone while the window is too short for one.
INSUFFICIENT = "insufficient"
#: Days that a verdict rests on, as Basel's does.
WINDOW = 250


class BacktestFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The rolling window's verdict.

    ``multiplier`` is that of the regime asked for, its green one while there is no zone. Tests are p-values (``*_p``)
    and statistics, ``None`` where the window can't give them. ``quantile_loss``, money, is the mean of all days since
    it began.
    """

    observations: int
    exceptions: int
    zone: str
    multiplier: float
    kupiec_p: float | None = None
    independence_p: float | None = None
    coverage_p: float | None = None
    z1: float | None = None
    z2: float | None = None
    quantile_loss: float | None = None


class BacktestTracker(Streaming, kw_only=True):
    """P&L against the VaR and ES that were forecast for it; bytes keep every bit.

    Only exceptions are kept, those of the last ``window`` days as (number of the day, P&L / ES), for nothing else of a
    day matters to the tests: some dozen numbers, however long it runs. An exception is a loss larger than the VaR. The
    zone is the binomial's for the days there are; below :func:`risk.measures.var.observations_needed` of them (or the
    window, if shorter) it is ``insufficient``.

    >>> tracker = BacktestTracker(method="historical", confidence=0.99)
    >>> for _ in range(250):
    ...     tracker.update(-1.0, 2.0, 3.0)
    >>> tracker.update(-5.0, 2.0, 3.0)
    >>> tracker.observations, tracker.exceptions, tracker.zone
    (250, 1, 'green')

    :raises VarError: a confidence outside 0 to 1, or a window below 1.
    """

    method: str
    confidence: float
    window: int = WINDOW
    days: int = 0
    hits: list[tuple[int, float]] = []
    #: The last day whose ES was not positive; with it in the window there are no tests of ES.
    gainful_day: int = 0
    losses: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 < self.confidence < 1.0:
            raise VarError(f"`confidence` is {self.confidence}, expected between 0 and 1")
        if self.window < 1:
            raise VarError(f"`window` is {self.window}, expected at least 1")

    def update(self, pnl: float, var: float, es: float) -> None:
        """A day's P&L (losses negative) and the VaR and ES forecast for it (positive losses).

        :raises VarError: one is not a finite number; nothing is changed.
        """
        for name, value in (("pnl", pnl), ("var", var), ("es", es)):
            if not isfinite(value):
                raise VarError(f"`{name}` is {value}, expected a finite number")
        self.days += 1
        if es <= 0.0:
            self.gainful_day = self.days
        exceeded = pnl < -var
        self.losses += (pnl + var) * ((1.0 - self.confidence) - exceeded)
        if exceeded:
            self.hits = [*self.hits, (self.days, pnl / es if es > 0.0 else 0.0)]
        self.hits = [hit for hit in self.hits if hit[0] > self.days - self.window]

    @property
    def observations(self) -> int:
        """Days in the window."""
        return min(self.days, self.window)

    @property
    def exceptions(self) -> int:
        """How many of them lost more than their VaR."""
        return len(self.hits)

    @property
    def exceeded(self) -> bool:
        """Whether the last day did."""
        return bool(self.hits) and self.hits[-1][0] == self.days

    @property
    def zone(self) -> str:
        """``green``, ``yellow``, ``red`` or ``insufficient``."""
        if self.observations < min(self.window, observations_needed(self.confidence)):
            return INSUFFICIENT
        return traffic_light(self.exceptions, self.observations, self.confidence).value

    def figures(self, regime: str = "frtb") -> BacktestFigures:
        """All tests over the window; O(window)."""
        count, hits, zone = self.observations, self.exceptions, self.zone
        if zone == INSUFFICIENT:
            scale = multiplier(0, regime=regime)
            return BacktestFigures(observations=count, exceptions=hits, zone=zone, multiplier=scale)
        marks = np.zeros(count, dtype=np.int64)
        marks[[day - 1 - (self.days - count) for day, _ in self.hits]] = 1
        ratios = [ratio for _, ratio in self.hits]
        tested = self.gainful_day <= self.days - count
        return BacktestFigures(
            observations=count,
            exceptions=hits,
            zone=zone,
            multiplier=multiplier(hits, count, self.confidence, regime),
            kupiec_p=kupiec(hits, count, self.confidence).p_value,
            independence_p=independence(transitions(marks)).p_value,
            coverage_p=conditional_coverage(marks, self.confidence).p_value,
            z1=float(np.mean(ratios)) + 1.0 if tested and ratios else None,
            z2=float(np.sum(ratios)) / (count * (1.0 - self.confidence)) + 1.0 if tested else None,
            quantile_loss=self.losses / self.days,
        )
