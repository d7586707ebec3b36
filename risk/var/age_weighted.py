"""Age-weighted historical VaR."""

from __future__ import annotations

from math import sqrt
from typing import ClassVar, NamedTuple

import msgspec
import numpy as np

from risk.measures.var import observations_needed
from risk.var.attribution import Tail, by_scenarios
from risk.var.compose import HORIZON_WARNING, SQRT_RULE, compose, scaled_interval
from risk.var.estimate import Interval, VarEstimate
from risk.var.historical import require_tail
from risk.var.inputs import Portfolio, Vector, between, check_request
from risk.var.intervals import LEVEL, asymptotic, order_ranks

_TOLERANCE = 1e-9


class Weighted(NamedTuple):
    """VaR: the k-th worst outcome, k the least at which the weights from the worst on exceed 1 - confidence.

    With equal weights this is :func:`risk.measures.var.historical_var_es`. ES: the weighted mean of the k worst.
    """

    confidence: float
    weights: Vector

    def var_es(self, outcomes: Vector) -> tuple[float, float]:
        """VaR and ES."""
        tail = self.tail(outcomes)
        value = -float(outcomes[tail.at[0]])
        return value, max(value, -float(tail.beyond_weights @ outcomes[tail.beyond]))

    def tail(self, outcomes: Vector) -> Tail:
        """The k-th worst; the k worst by weight."""
        order = np.argsort(outcomes, kind="stable")
        worst = order[: self.rank(order, 1.0 - self.confidence)]
        weights = self.weights[worst]
        return Tail(worst[-1:], np.ones(1), worst, weights / weights.sum())

    def rank(self, order: np.ndarray[tuple[int], np.dtype[np.intp]], share: float) -> int:
        """How many of the worst it takes for their weights to exceed ``share``."""
        reached = np.cumsum(self.weights[order])
        return min(int(np.searchsorted(reached, share + _TOLERANCE / len(order), side="right")) + 1, len(order))


class AgeWeighted(msgspec.Struct, frozen=True, kw_only=True):
    """Historical with weights lam^age (1 - lam) / (1 - lam^T), the last day's age 0.

    Boudoukh, Richardson, Whitelaw 1998. One day times sqrt(h). The weights are worth (sum w)^2 / sum w^2 equal ones,
    about (1 + lam) / (1 - lam): 399 for 0.995. Interval: order statistics as if there were that many; ES asymptotic in
    the same number. It takes whole outcomes, however much they weigh: unlike other shortfalls, that of two books
    together may be more than the sum of theirs.
    """

    name: ClassVar[str] = "age_weighted"
    lam: float = 0.995

    def __post_init__(self) -> None:
        between("lam", self.lam, 0.0, 1.0)

    def estimate(self, book: Portfolio, confidence: float, horizon_days: int = 1) -> VarEstimate:
        """VaR and ES of the book.

        :raises TooFewObservations: fewer than one expected outcome beyond the VaR, such as 999 at 99.9 %.
        :raises VarError: a request out of range.
        """
        check_request(confidence, horizon_days)
        require_tail(len(book.returns), confidence)
        reader = Weighted(confidence, age_weights(len(book.returns), self.lam))
        effective = float(1.0 / (reader.weights @ reader.weights))
        scale = sqrt(horizon_days)
        figures = by_scenarios(book.returns, book.exposures, reader)
        intervals = (
            scaled_interval(_interval(book.pnl, reader, effective), scale),
            scaled_interval(_shortfall(book.pnl, reader, effective), scale),
        )
        warnings = [HORIZON_WARNING] if horizon_days > 1 else []
        if effective < observations_needed(confidence):
            warnings.append(
                f"the weights are worth {effective:.0f} equal ones, fewer than "
                f"{observations_needed(confidence)}: this is close to the worst recent loss"
            )
        return compose(
            self.name,
            book,
            confidence,
            horizon_days,
            figures.scaled(scale),
            intervals,
            SQRT_RULE,
            {"lam": self.lam, "observations_effective": effective},
            warnings,
        )


def age_weights(count: int, lam: float) -> Vector:
    """Weights [T] that sum to one, the last the largest.

    >>> age_weights(2, 0.5).round(4)
    array([0.3333, 0.6667])
    """
    weights = lam ** np.arange(count - 1, -1, -1.0)
    total: Vector = weights / weights.sum()
    return total


def _interval(outcomes: Vector, reader: Weighted, effective: float) -> Interval:
    """The weighted outcomes at the shares that the order statistics of ``effective`` independent ones would enclose."""
    first, last = order_ranks(effective, reader.confidence)
    order = np.argsort(outcomes, kind="stable")
    worst, best = (reader.rank(order, max(0, rank - 1) / effective) for rank in (first, last))
    return Interval(
        low=-float(outcomes[order[best - 1]]),
        high=-float(outcomes[order[worst - 1]]),
        level=LEVEL,
        basis=f"order statistics of {effective:.0f} effective observations, approximate",
    )


def _shortfall(outcomes: Vector, reader: Weighted, effective: float) -> Interval:
    value, es = reader.var_es(outcomes)
    tail = reader.tail(outcomes)
    spread = float(tail.beyond_weights @ (outcomes[tail.beyond] + es) ** 2)
    error = sqrt((spread + reader.confidence * (es - value) ** 2) / (effective * (1.0 - reader.confidence)))
    return asymptotic(es, error)
