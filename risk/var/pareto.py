"""The generalised Pareto tail of losses."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, log, sqrt
from typing import NamedTuple

import numpy as np

from risk.var.inputs import Vector

EXCESSES_MIN = 30
#: Below this |xi| the formulas take their limit, an exponential tail.
_XI_TINY = 1e-8


class ParetoTail(NamedTuple):
    """P(loss > x) = excesses / total * (1 + xi (x - threshold) / beta)^(-1 / xi) beyond the threshold."""

    threshold: float
    excesses: int
    total: int
    xi: float
    beta: float

    @classmethod
    def fit(cls, losses: Vector, share: float) -> ParetoTail:
        """Maximum likelihood by ``scipy.stats.genpareto`` on the worst floor(share * T) losses of [T].

        The threshold is the loss next to them. Losses that do not differ have no tail: beta 0.
        """
        from scipy import stats

        count = int(share * len(losses) + 1e-9)
        place = len(losses) - count - 1
        ordered = np.partition(losses, place)
        threshold, excesses = float(ordered[place]), ordered[place + 1 :] - ordered[place]
        scale = float(excesses.mean())
        if not scale > 1e-12 * max(abs(threshold), float(np.abs(losses).max())):
            return cls(threshold, count, len(losses), 0.0, 0.0)
        xi, _, beta = stats.genpareto.fit(excesses / scale, floc=0.0)
        return cls(threshold, count, len(losses), float(xi), float(beta) * scale)

    @property
    def xi_error(self) -> float:
        """Asymptotic standard error of xi, (1 + xi) / sqrt(k), for xi > -1/2 (Smith 1987)."""
        return (1.0 + max(self.xi, -0.5)) / sqrt(self.excesses)

    def var_es(self, confidence: float) -> tuple[float, float]:
        """VaR and ES at a confidence beyond the threshold's; ES is infinite for xi >= 1."""
        ratio = self.total * (1.0 - confidence) / self.excesses
        grown = -log(ratio) if abs(self.xi) < _XI_TINY else (ratio**-self.xi - 1.0) / self.xi
        value = self.threshold + self.beta * grown
        es = (value + self.beta - self.xi * self.threshold) / (1.0 - self.xi) if self.xi < 1.0 else inf
        return value, es

    def errors(self, confidence: float) -> tuple[float, float]:
        """Standard errors of VaR and ES by the delta method.

        cov(xi, beta) = (1 + xi) / k * [[1 + xi, -beta], [-beta, 2 beta^2]] (Smith 1987), and k / n binomial.
        """
        if not self.beta:
            return 0.0, 0.0
        shape = 1.0 + max(self.xi, -0.5)
        spread = shape / self.excesses * np.array([[shape, -self.beta], [-self.beta, 2.0 * self.beta**2]])
        step = 1e-5
        slopes = [
            (
                np.array(self._replace(xi=self.xi + step).var_es(confidence))
                - self._replace(xi=self.xi - step).var_es(confidence)
            )
            / (2.0 * step),
            (
                np.array(self._replace(beta=self.beta * (1.0 + step)).var_es(confidence))
                - self._replace(beta=self.beta * (1.0 - step)).var_es(confidence)
            )
            / (2.0 * step * self.beta),
        ]
        share = self.excesses / self.total
        by_share = self.beta * (self.total * (1.0 - confidence) / self.excesses) ** -self.xi
        binomial = by_share**2 * (1.0 - share) / self.excesses
        both = np.array(slopes)
        variances = np.einsum("ij,ik,kj->j", both, spread, both)
        es_slope = 1.0 / (1.0 - min(self.xi, 0.99)) ** 2
        return sqrt(float(variances[0]) + binomial), sqrt(float(variances[1]) + binomial * es_slope)


def stability(losses: Vector, shares: Iterable[float]) -> dict[float, float]:
    """xi at each share of losses beyond the threshold, where that leaves enough of them."""
    return {share: ParetoTail.fit(losses, share).xi for share in shares if share * len(losses) >= EXCESSES_MIN}
