"""Extreme value VaR: a generalised Pareto tail beyond a threshold."""

from __future__ import annotations

from math import sqrt
from typing import ClassVar

import msgspec
import numpy as np

from risk.var.attribution import Attribution
from risk.var.compose import HORIZON_WARNING, SQRT_RULE, compose, scaled_interval
from risk.var.errors import OutsideValidRegion, TooFewObservations
from risk.var.estimate import VarEstimate
from risk.var.filters import FLOORED, VolatilityFilter, filtered_returns
from risk.var.inputs import Matrix, Portfolio, Vector, between, check_request
from risk.var.intervals import ASYMPTOTIC, asymptotic
from risk.var.pareto import EXCESSES_MIN, ParetoTail, stability

SHARES = (0.05, 0.075, 0.10, 0.125, 0.15)


class ExtremeValue(msgspec.Struct, frozen=True, kw_only=True):
    """Peaks over threshold (McNeil, Frey 2000): VaR = u + beta / xi * ((n a / k)^-xi - 1), a = 1 - confidence.

    u leaves the share ``tail`` of losses beyond it, k of n; xi and beta are the maximum likelihood GPD of the excesses
    (scipy). ES = (VaR + beta - xi u) / (1 - xi). With ``filtered`` the losses are those of
    :func:`risk.var.filters.filtered_returns`. One day times sqrt(h). Interval: delta method. Components share VaR and
    ES out by each asset's mean loss in the outcomes beyond u. The parameters show xi at five thresholds: it should not
    depend on the threshold, and a warning says when it does.
    """

    name: ClassVar[str] = "extreme_value"
    tail: float = 0.10
    filtered: bool = False
    lam: float = 0.94

    def __post_init__(self) -> None:
        between("tail", self.tail, 0.0, 0.3)
        between("lam", self.lam, 0.0, 1.0)

    def estimate(self, book: Portfolio, confidence: float, horizon_days: int = 1) -> VarEstimate:
        """VaR and ES of the book.

        :raises TooFewObservations: fewer than 30 losses beyond the threshold.
        :raises OutsideValidRegion: a confidence within the threshold, or a tail without a mean (xi >= 1).
        :raises VarError: a request out of range.
        """
        check_request(confidence, horizon_days)
        self._require(book, confidence)
        returns, floored = book.returns, False
        if self.filtered:
            returns, floored = filtered_returns(book.filtered_over, VolatilityFilter(lam=self.lam))
            returns = returns[-len(book.returns) :]
        losses = -(returns @ book.exposures)
        tail = ParetoTail.fit(losses, self.tail)
        if tail.xi >= 1.0:
            raise OutsideValidRegion(f"`xi` is {tail.xi:.3f}, expected below 1: the tail has no mean and ES no value")
        figures = self._attribution(returns, book.exposures, tail, confidence)
        scale = sqrt(horizon_days)
        basis = f"{ASYMPTOTIC}: sampling error of the tail, delta method"
        errors = tail.errors(confidence)
        intervals = (
            scaled_interval(asymptotic(figures.value, errors[0], basis), scale),
            scaled_interval(asymptotic(figures.es, errors[1], basis), scale),
        )
        shapes = stability(losses, SHARES)
        warnings = [HORIZON_WARNING] * (horizon_days > 1) + [FLOORED] * floored + _doubts(tail, shapes)
        return compose(
            self.name,
            book,
            confidence,
            horizon_days,
            figures.scaled(scale),
            intervals,
            SQRT_RULE,
            msgspec.structs.asdict(self)
            | {
                "threshold": tail.threshold,
                "excesses": tail.excesses,
                "xi": tail.xi,
                "xi_error": tail.xi_error,
                "beta": tail.beta,
            }
            | {f"xi_at_{share:g}": xi for share, xi in shapes.items()},
            warnings,
        )

    def _require(self, book: Portfolio, confidence: float) -> None:
        if 1.0 - confidence > self.tail + 1e-12:
            raise OutsideValidRegion(
                f"`confidence` is {confidence}, expected at least {1.0 - self.tail:g}: the fitted tail begins there"
            )
        needed = int(np.ceil(EXCESSES_MIN / self.tail - 1e-9))
        if len(book.returns) < needed:
            raise TooFewObservations(
                f"`returns` has {len(book.returns)} observations, expected at least {needed}: "
                f"{EXCESSES_MIN} losses beyond the threshold"
            )

    def _attribution(self, returns: Matrix, exposures: Vector, tail: ParetoTail, confidence: float) -> Attribution:
        outcomes = returns @ exposures
        value, es = tail.var_es(confidence)
        losses = -returns[np.argpartition(outcomes, tail.excesses)[: tail.excesses]].mean(axis=0)
        beyond = float(losses @ exposures)
        share = losses / beyond if beyond else np.zeros_like(losses)
        parts = (returns * exposures).T
        rest = np.array(
            [
                ParetoTail.fit(part - outcomes, self.tail).var_es(confidence)[0] if part.any() else value
                for part in parts
            ]
        )
        return Attribution(value, es, share * value, exposures * share * value, exposures * share * es, value - rest)


def _doubts(tail: ParetoTail, shapes: dict[float, float]) -> list[str]:
    doubts = []
    spread = max(shapes.values()) - min(shapes.values()) if shapes else 0.0
    if spread > 2.0 * tail.xi_error:
        doubts.append(
            f"xi moves by {spread:.2f} with the threshold, more than two standard errors: the tail may not "
            "have begun yet"
        )
    if tail.xi >= 0.5:
        doubts.append(f"xi is {tail.xi:.2f}: the tail has no variance, and the intervals are too narrow")
    return doubts
