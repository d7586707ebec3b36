"""Backtest as a stream: one account, one model, one level."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

import msgspec
import numpy as np

from risk.backtests.acerbi_szekely import z1, z2
from risk.backtests.christoffersen import conditional_coverage
from risk.backtests.kupiec import kupiec
from risk.backtests.quantile_loss import quantile_loss
from risk.backtests.traffic_light import multiplier, traffic_light
from risk.measures.var import observations_needed
from risk.performance.running import Streaming
from risk.var.errors import VarError
from schemas.outputs import Backtest

#: In place of a zone while the window is too short for one.
INSUFFICIENT = "insufficient"


class BacktestFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The rolling window's verdict.

    ``multiplier`` is that of the regime asked for, its green one while there is no zone. Tests are p-values (``*_p``)
    and statistics, ``None`` where the window can't give them.
    """

    observations: int
    exceptions: int
    zone: str
    multiplier: float
    kupiec_p: float | None = None
    coverage_p: float | None = None
    z1: float | None = None
    z2: float | None = None
    loss: float | None = None


class BacktestTracker(Streaming, kw_only=True):
    """The last ``window`` days of P&L against the VaR and ES that were forecast for them; bytes keep every bit.

    An exception is a loss larger than the VaR. The zone is the binomial's for the days there are; below
    :func:`risk.measures.var.observations_needed` of them (or the window, if shorter) it is ``insufficient``.

    >>> tracker = BacktestTracker(account_id="a", method="historical", confidence=0.99)
    >>> for _ in range(250):
    ...     tracker.update(-1.0, 2.0, 3.0)
    >>> tracker.update(-5.0, 2.0, 3.0)
    >>> tracker.observations, tracker.exceptions, tracker.zone
    (250, 1, 'green')

    :raises VarError: a confidence outside 0 to 1, or a window below 1.
    """

    account_id: str
    method: str
    confidence: float
    window: int = 250
    days: list[tuple[float, float, float]] = []

    def __post_init__(self) -> None:
        if not 0.0 < self.confidence < 1.0:
            raise VarError(f"`confidence` is {self.confidence}, expected between 0 and 1")
        if self.window < 1 or len(self.days) > self.window:
            raise VarError(f"`window` is {self.window}, expected at least 1 and the {len(self.days)} days kept")

    def update(self, pnl: float, var: float, es: float) -> None:
        """A day's P&L (losses negative) and the VaR and ES forecast for it (positive losses).

        :raises VarError: one is not a finite number; nothing is changed.
        """
        for name, value in (("pnl", pnl), ("var", var), ("es", es)):
            if not isfinite(value):
                raise VarError(f"`{name}` is {value}, expected a finite number")
        self.days.append((float(pnl), float(var), float(es)))
        del self.days[: -self.window]

    @property
    def observations(self) -> int:
        """Days in the window."""
        return len(self.days)

    @property
    def exceptions(self) -> int:
        """How many of them lost more than their VaR."""
        return sum(self._hits())

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
        pnl, var, es = np.array(self.days).T
        tested = bool((es > 0.0).all())
        return BacktestFigures(
            observations=count,
            exceptions=hits,
            zone=zone,
            multiplier=multiplier(hits, count, self.confidence, regime),
            kupiec_p=kupiec(hits, count, self.confidence).p_value,
            coverage_p=conditional_coverage(list(self._hits()), self.confidence).p_value,
            z1=z1(pnl, var, es) if tested else None,
            z2=z2(pnl, var, es, self.confidence) if tested else None,
            loss=quantile_loss(pnl, var, self.confidence),
        )

    def event(self, backtest_id: str, event_time_ns: int) -> Backtest:
        """The window as a record of ``risk.backtests.v1``; ``exceeded`` is its last day's.

        :raises VarError: no day yet.
        """
        *_, exceeded = self._hits() if self.days else (None,)
        if exceeded is None:
            raise VarError("`days` is empty, expected at least one day")
        return Backtest(
            backtest_id=backtest_id,
            account_id=self.account_id,
            method=self.method,
            confidence=self.confidence,
            exceeded=exceeded,
            observations=self.observations,
            exceptions=self.exceptions,
            zone=self.zone,
            event_time_ns=event_time_ns,
        )

    def _hits(self) -> Iterator[bool]:
        return (pnl < -var for pnl, var, _ in self.days)
