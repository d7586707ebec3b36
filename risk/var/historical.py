"""Historical VaR: what today's book would have made in each past day."""

from __future__ import annotations

from math import sqrt
from typing import ClassVar, NamedTuple

import msgspec
import numpy as np

from risk.measures.var import observations_needed
from risk.var.attribution import OrderStatistic, Tail, TailReader, by_scenarios
from risk.var.compose import HORIZON_WARNING, SQRT_RULE, compose, scaled_interval
from risk.var.errors import TooFewObservations
from risk.var.estimate import VarEstimate
from risk.var.inputs import Matrix, Portfolio, Vector, check_request, one_of
from risk.var.intervals import order_statistics, shortfall

QUANTILES = ("order_statistic", "linear")


class Interpolated(NamedTuple):
    """numpy's ``linear`` quantile (type 7 of Hyndman, Fan): between two outcomes, at rank (T - 1)(1 - confidence) + 1.

    ES is the mean of the outcomes at or beyond that same VaR.
    """

    confidence: float

    def var_es(self, outcomes: Vector) -> tuple[float, float]:
        """VaR and ES."""
        value = -float(np.quantile(outcomes, 1.0 - self.confidence))
        return value, -float(outcomes[outcomes <= -value].mean())

    def tail(self, outcomes: Vector) -> Tail:
        """The two outcomes that the VaR lies between; those beyond it in equal parts."""
        place = (len(outcomes) - 1) * (1.0 - self.confidence)
        rank = int(place + 1e-9)
        share = max(0.0, place - rank)
        two = np.argpartition(outcomes, [rank, rank + 1])[[rank, rank + 1]]
        beyond = np.flatnonzero(outcomes <= float(np.quantile(outcomes, 1.0 - self.confidence)))
        return Tail(two, np.array([1.0 - share, share]), beyond, np.full(len(beyond), 1.0 / len(beyond)))


class Historical(msgspec.Struct, frozen=True, kw_only=True):
    """Quantile of the past outcomes of today's exposures, all of equal weight.

    ``quantile`` is the convention: ``order_statistic`` is :func:`risk.measures.var.historical_var_es`, an outcome that
    happened; ``linear`` is :class:`Interpolated`. The horizon: one day times sqrt(h), or, with ``overlapping``, the
    outcomes of all overlapping windows of h days. Interval: order statistics, distribution-free; ES asymptotic.
    """

    name: ClassVar[str] = "historical"
    quantile: str = "order_statistic"
    overlapping: bool = False

    def __post_init__(self) -> None:
        one_of("quantile", self.quantile, QUANTILES)

    def estimate(self, book: Portfolio, confidence: float, horizon_days: int = 1) -> VarEstimate:
        """VaR and ES of the book.

        :raises TooFewObservations: fewer than one expected outcome beyond the VaR, such as 999 at 99.9 %.
        :raises VarError: a request out of range.
        """
        check_request(confidence, horizon_days)
        windowed = self.overlapping and horizon_days > 1
        scenarios = windows(book.returns, horizon_days) if windowed else book.returns
        warnings = [_window_warning(book, horizon_days)] if windowed else [HORIZON_WARNING] * (horizon_days > 1)
        return from_scenarios(
            self.name,
            book,
            scenarios,
            reader_of(self.quantile, confidence),
            confidence,
            horizon_days,
            1.0 if windowed else sqrt(horizon_days),
            f"overlapping windows of {horizon_days} days" if windowed else SQRT_RULE,
            msgspec.structs.asdict(self),
            warnings,
        )


def reader_of(quantile: str, confidence: float) -> TailReader:
    """The reader of one of :data:`QUANTILES`."""
    return OrderStatistic(confidence) if quantile == "order_statistic" else Interpolated(confidence)


def windows(returns: Matrix, horizon_days: int) -> Matrix:
    """Sums of each ``horizon_days`` successive returns [T - h + 1, N]: exposures held constant in money."""
    summed = np.cumsum(np.vstack([np.zeros(returns.shape[1]), returns]), axis=0)
    moved: Matrix = summed[horizon_days:] - summed[:-horizon_days]
    return moved


def require_tail(count: int, confidence: float) -> None:
    """:raises TooFewObservations: fewer than one of ``count`` outcomes is expected beyond the VaR."""
    needed = observations_needed(confidence)
    if count < needed:
        raise TooFewObservations(
            f"`returns` gives {count} outcomes, expected at least {needed} at {confidence:.1%}: "
            "one beyond the VaR; use more data, a lower confidence or extreme_value"
        )


def from_scenarios(
    method: str,
    book: Portfolio,
    scenarios: Matrix,
    reader: TailReader,
    confidence: float,
    horizon_days: int,
    scale: float,
    scaling: str,
    parameters: dict[str, float | int | str | bool | None],
    warnings: list[str],
) -> VarEstimate:
    """The estimate over equally likely scenario returns [S, N], all figures times ``scale``."""
    require_tail(len(scenarios), confidence)
    figures = by_scenarios(scenarios, book.exposures, reader)
    outcomes = scenarios @ book.exposures
    interval = scaled_interval(order_statistics(outcomes, confidence), scale)
    es_interval = scaled_interval(shortfall(outcomes, figures.value, figures.es, confidence), scale)
    return compose(
        method,
        book,
        confidence,
        horizon_days,
        figures.scaled(scale),
        (interval, es_interval),
        scaling,
        parameters,
        warnings,
    )


def _window_warning(book: Portfolio, horizon_days: int) -> str:
    return (
        f"overlapping windows of {horizon_days} days are not independent: {len(book.returns)} days hold "
        f"{len(book.returns) // horizon_days} separate ones, and the intervals are too narrow"
    )
