"""The performance of an account as a stream: every metric of its daily returns, and beside a benchmark's."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan
from typing import Any

import msgspec

from risk.performance.available import NotAvailable
from risk.performance.correlation import StreamingCorrelation
from risk.performance.drawdown import Drawdown
from risk.performance.minima import RATIO_MIN
from risk.performance.running import Streaming
from risk.performance.streaming import (
    StreamingAlpha,
    StreamingBeta,
    StreamingCalmar,
    StreamingDownside,
    StreamingHitRate,
    StreamingInformationRatio,
    StreamingJensen,
    StreamingKurtosis,
    StreamingOmega,
    StreamingSharpe,
    StreamingSkewness,
    StreamingSortino,
    StreamingTrackingError,
    StreamingTreynor,
    StreamingUlcer,
    StreamingVolatility,
)

#: Days before a ratio, a slope or a higher moment is shown: from fewer it is noise. Volatilities and drawdowns are
#: shown from their first days on.
OBSERVATIONS_MIN = RATIO_MIN
_EARLY = frozenset({"volatility", "downside_deviation", "max_drawdown", "current_drawdown", "hit_rate"})


def _of(kind: type[Any]) -> Any:
    return msgspec.field(default_factory=kind)


class Alone(Streaming):
    """Metrics of the returns by themselves; each field is named as its metric."""

    sharpe: StreamingSharpe = _of(StreamingSharpe)
    sortino: StreamingSortino = _of(StreamingSortino)
    calmar: StreamingCalmar = _of(StreamingCalmar)
    omega: StreamingOmega = _of(StreamingOmega)
    volatility: StreamingVolatility = _of(StreamingVolatility)
    downside_deviation: StreamingDownside = _of(StreamingDownside)
    skewness: StreamingSkewness = _of(StreamingSkewness)
    kurtosis: StreamingKurtosis = _of(StreamingKurtosis)
    hit_rate: StreamingHitRate = _of(StreamingHitRate)
    ulcer: StreamingUlcer = _of(StreamingUlcer)


class Beside(Streaming):
    """Metrics of the returns and the benchmark's."""

    beta: StreamingBeta = _of(StreamingBeta)
    alpha: StreamingAlpha = _of(StreamingAlpha)
    jensens_alpha: StreamingJensen = _of(StreamingJensen)
    treynor: StreamingTreynor = _of(StreamingTreynor)
    information_ratio: StreamingInformationRatio = _of(StreamingInformationRatio)
    tracking_error: StreamingTrackingError = _of(StreamingTrackingError)
    benchmark_correlation: StreamingCorrelation = _of(StreamingCorrelation)


class TrackRecord(Streaming):
    """All of them, updated together; some hundred numbers, however long it runs.

    >>> record = TrackRecord()
    >>> for value in (0.01, -0.02, 0.01):
    ...     record.update(value)
    >>> values, reasons = record.values()
    >>> round(values["max_drawdown"], 6), reasons["sharpe"], reasons["beta"]
    (0.02, '3 observations, at least 20 needed', '0 observations, at least 20 needed')
    """

    days: int = 0
    pairs: int = 0
    alone: Alone = _of(Alone)
    beside: Beside = _of(Beside)

    def update(self, value: float, benchmark: float = float("nan")) -> None:
        """Take a day's return, and the benchmark's where it has one (nan: none).

        :raises ValueError: a return below -1 or beyond what metrics take.
        """
        for metric in _metrics(self.alone):
            metric[1].update(value)
        self.days += not isnan(value)
        if not isnan(benchmark):
            for metric in _metrics(self.beside):
                metric[1].update(value, benchmark)
            self.pairs += not isnan(value)

    def values(self) -> tuple[dict[str, float], dict[str, str]]:
        """What is available by name, and why the rest is not."""
        values: dict[str, float] = {}
        reasons: dict[str, str] = {}
        for name, count, found in self._results():
            if count < OBSERVATIONS_MIN and name not in _EARLY:
                reasons[name] = f"{count} observations, at least {OBSERVATIONS_MIN} needed"
            elif isinstance(found, NotAvailable):
                reasons[name] = found.reason
            else:
                values[name] = found.depth if isinstance(found, Drawdown) else found
        return values, reasons

    def _results(self) -> Iterator[tuple[str, int, float | Drawdown | NotAvailable]]:
        for name, metric in _metrics(self.alone):
            yield name, self.days, metric.value
        drawdown = self.alone.calmar.drawdown
        yield "max_drawdown", self.days, drawdown.value
        yield "current_drawdown", self.days, drawdown.current
        for name, metric in _metrics(self.beside):
            yield name, self.pairs, metric.value


def _metrics(group: Streaming) -> Iterator[tuple[str, Any]]:
    return ((name, getattr(group, name)) for name in group.__struct_fields__)
