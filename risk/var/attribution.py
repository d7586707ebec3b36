"""Whose risk it is: marginal, component and incremental figures by asset."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from risk.measures.var import historical_var_es, tail_count
from risk.var.inputs import Matrix, Vector

Indices = NDArray[np.intp]


class Attribution(NamedTuple):
    """VaR and ES in money, and the figures by asset [N] of :class:`risk.var.estimate.VarEstimate`."""

    value: float
    es: float
    marginal: Vector
    component: Vector
    component_es: Vector
    incremental: Vector

    def scaled(self, factor: float) -> Attribution:
        """Every figure times that."""
        return Attribution(
            self.value * factor,
            self.es * factor,
            self.marginal * factor,
            self.component * factor,
            self.component_es * factor,
            self.incremental * factor,
        )


class Tail(NamedTuple):
    """VaR = -sum(at_weights * outcomes[at]), ES = -sum(beyond_weights * outcomes[beyond])."""

    at: Indices
    at_weights: Vector
    beyond: Indices
    beyond_weights: Vector


class TailReader(Protocol):
    """How VaR and ES are read off a vector of outcomes [S]."""

    def var_es(self, outcomes: Vector) -> tuple[float, float]:
        """VaR and ES."""

    def tail(self, outcomes: Vector) -> Tail:
        """Which outcomes make them, with what weight."""


class OrderStatistic(NamedTuple):
    """The convention of :func:`risk.measures.var.historical_var_es`."""

    confidence: float

    def var_es(self, outcomes: Vector) -> tuple[float, float]:
        """VaR and ES."""
        return historical_var_es(outcomes, self.confidence)

    def tail(self, outcomes: Vector) -> Tail:
        """The k-th worst outcome; the k worst in equal parts."""
        rank = tail_count(len(outcomes), self.confidence)
        worst = np.argpartition(outcomes, rank - 1)[:rank]
        return Tail(worst[-1:], np.ones(1), worst, np.full(rank, 1.0 / rank))


def by_scenarios(scenarios: Matrix, exposures: Vector, reader: TailReader) -> Attribution:
    """Attribution over scenario returns [S, N]: Euler derivative of the outcomes that make VaR and ES (Tasche 1999).

    marginal_i = -sum(weights * r_i) over them, so that exposures @ marginal is the VaR by linearity. Incremental is
    the VaR less that of the book without the asset. O(S N).
    """
    parts = scenarios * exposures
    outcomes = scenarios @ exposures
    value, es = reader.var_es(outcomes)
    tail = reader.tail(outcomes)
    marginal = -(tail.at_weights @ scenarios[tail.at])
    component_es = -(tail.beyond_weights @ parts[tail.beyond])
    without = [reader.var_es(outcomes - part)[0] if part.any() else value for part in parts.T]
    return Attribution(value, max(es, value), marginal, exposures * marginal, component_es, value - np.array(without))


def elliptical(covariance: Matrix, exposures: Vector, multiple: float, es_multiple: float) -> Attribution:
    """Attribution where VaR = multiple * sigma, sigma = sqrt(w' Sigma w) at zero mean (Jorion, ch. 7).

    marginal = multiple * Sigma w / sigma. A book without variance has no risk: all zero.

    >>> import numpy as np
    >>> elliptical(np.diag([0.05**2, 0.12**2]), np.array([2e6, 1e6]), 1.65, 2.06).component.round()
    array([105630., 152108.])
    """
    covered = covariance @ exposures
    variance = max(0.0, float(exposures @ covered))
    sigma = sqrt(variance)
    slope = covered / sigma if sigma > 0.0 else np.zeros_like(covered)
    own = np.diagonal(covariance)
    left = np.maximum(variance - 2.0 * exposures * covered + exposures**2 * own, 0.0)
    lost = sigma - np.sqrt(left)
    return Attribution(
        multiple * sigma,
        es_multiple * sigma,
        multiple * slope,
        multiple * exposures * slope,
        es_multiple * exposures * slope,
        multiple * lost,
    )
