"""Correlation of two series of returns."""

from __future__ import annotations

from math import sqrt

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from risk.performance.available import Result, ratio, too_short
from risk.performance.minima import RATIO_MIN
from risk.performance.returns import checked, paired, standard_deviation
from risk.performance.running import CoMoments, Moments, Streaming

FLAT = "returns do not vary"


def correlation(returns: ArrayLike, benchmark: ArrayLike, *, observations_min: int = RATIO_MIN) -> Result:
    """Pearson's correlation of the pairs [<= T] where both are there; from -1 to 1.

    >>> round(correlation([0.01, 0.02, 0.04], [0.02, 0.04, 0.08], observations_min=3), 12)
    1.0
    """
    own, other = paired(returns, benchmark)
    refused = too_short(len(own), observations_min, 2)
    if refused:
        return refused
    scale = standard_deviation(own) * standard_deviation(other) * (len(own) - 1)
    product = float(np.dot(own - own.mean(), other - other.mean()))
    return bounded(ratio(product, scale, FLAT))


class StreamingCorrelation(Streaming):
    """:func:`correlation` of the pairs so far."""

    own: Moments = msgspec.field(default_factory=Moments)
    pairs: CoMoments = msgspec.field(default_factory=CoMoments)

    def update(self, value: float, benchmark: float) -> None:
        """Take one return of each, decimals; a pair with a nan is none."""
        one, two = checked(value), checked(benchmark, "benchmark")
        self.own.update(one + 0.0 * two)
        self.pairs.update(one, two)

    @property
    def value(self) -> Result:
        """From -1 to 1."""
        count = self.own.count
        refused = too_short(count, RATIO_MIN, 2)
        if refused:
            return refused
        flat = not (self.own.deviation and self.pairs.other.deviation)
        return bounded(
            ratio(self.pairs.products, 0.0 if flat else sqrt(self.own.squares * self.pairs.other.squares), FLAT)
        )


def bounded(value: Result) -> Result:
    """A correlation without what rounding adds beyond 1."""
    return max(-1.0, min(1.0, value)) if isinstance(value, float) else value
