"""The Cornish-Fisher expansion: its moments, its multiples of sigma, and where it holds."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

import numpy as np

from risk.measures.var import normal_es, normal_quantile
from risk.var.inputs import Portfolio, Vector

#: The quantile map must rise for every |z| up to this.
Z_MAX = 4.0


class Moments(NamedTuple):
    """sigma in money, skewness and excess kurtosis of the P&L over the horizon."""

    sigma: float
    skewness: float
    kurtosis: float

    @classmethod
    def of(cls, outcomes: Vector, horizon_days: int) -> Moments:
        """From outcomes [T] of one day; without dispersion all are 0."""
        centred = outcomes - outcomes.mean()
        sigma = sqrt(float(np.mean(centred**2)))
        if not sigma > 1e-12 * abs(float(outcomes.mean())):
            return cls(0.0, 0.0, 0.0)
        scores = centred / sigma
        skewness, kurtosis = float(np.mean(scores**3)), float(np.mean(scores**4)) - 3.0
        return cls(sigma * sqrt(horizon_days), skewness / sqrt(horizon_days), kurtosis / horizon_days)


class Multiple(NamedTuple):
    """level + skew * S + kurt * K + square * S^2: VaR or ES over sigma."""

    level: float
    skew: float
    kurt: float
    square: float

    @classmethod
    def var(cls, confidence: float) -> Multiple:
        """-z* at the lower quantile, z = -normal_quantile(confidence)."""
        z = normal_quantile(confidence)
        return cls(z, -(z * z - 1.0) / 6.0, (z**3 - 3.0 * z) / 24.0, -(2.0 * z**3 - 5.0 * z) / 36.0)

    @classmethod
    def es(cls, confidence: float) -> Multiple:
        """Mean of the same over the tail: E[z] = m, E[z^2] = 1 + z m, E[z^3] = (z^2 + 2) m beyond z, m = normal ES."""
        z, m = normal_quantile(confidence), normal_es(confidence)
        cube = (z * z + 2.0) * m
        return cls(m, -z * m / 6.0, (cube - 3.0 * m) / 24.0, -(2.0 * cube - 5.0 * m) / 36.0)

    def of(self, moments: Moments) -> float:
        """The multiple at these moments."""
        s, k = moments.skewness, moments.kurtosis
        return self.level + self.skew * s + self.kurt * k + self.square * s * s

    def slope(self, outcomes: Vector, horizon_days: int) -> Vector:
        """What each outcome [T] adds: derivative of multiple * sigma by the outcome's weight in the sample."""
        moments = Moments.of(outcomes, horizon_days)
        if not moments.sigma:
            return np.zeros_like(outcomes)
        z = (outcomes - outcomes.mean()) * sqrt(horizon_days) / moments.sigma
        s, k = moments.skewness * sqrt(horizon_days), moments.kurtosis * horizon_days
        by_skew = (self.skew + 2.0 * self.square * moments.skewness) / sqrt(horizon_days)
        by_kurt = self.kurt / horizon_days
        bend = by_skew * (z**3 - 3.0 * z - 1.5 * s * (z * z - 1.0) - s)
        curve = by_kurt * (z**4 - 4.0 * s * z - 2.0 * (k + 3.0) * (z * z - 1.0) - k - 3.0)
        slope: Vector = moments.sigma * (0.5 * self.of(moments) * (z * z - 1.0) + bend + curve)
        return slope

    def error(self, outcomes: Vector, horizon_days: int) -> float:
        """Standard error of multiple * sigma by the delta method."""
        return float(self.slope(outcomes, horizon_days).std()) / sqrt(len(outcomes))

    def gradient(self, book: Portfolio, horizon_days: int) -> Vector:
        """Derivative [N] of multiple * sigma by the exposures."""
        moments = Moments.of(book.pnl, horizon_days)
        if not moments.sigma:
            return np.zeros(len(book.symbols))
        root = sqrt(horizon_days)
        z = (book.pnl - book.pnl.mean()) * root / moments.sigma
        s, k = moments.skewness * root, moments.kurtosis * horizon_days
        moved = (book.returns - book.returns.mean(axis=0)) / len(book.pnl)
        by_sigma = z @ moved
        by_skew = 3.0 * ((z * z) @ moved - s * by_sigma) * (self.skew + 2.0 * self.square * moments.skewness) / root
        by_kurt = 4.0 * (z**3 @ moved - (k + 3.0) * by_sigma) * self.kurt / horizon_days
        gradient: Vector = root * (self.of(moments) * by_sigma + by_skew + by_kurt)
        return gradient


def cornish_fisher_quantile(z: float, skewness: float, kurtosis: float) -> float:
    """z*, the quantile at unit variance where the normal has z; ``kurtosis`` is the excess one. Checks no region.

    >>> round(-cornish_fisher_quantile(-normal_quantile(0.99), -0.5, 3.0), 6)
    3.301284
    """
    return (
        z
        + (z * z - 1.0) * skewness / 6.0
        + (z**3 - 3.0 * z) * kurtosis / 24.0
        - (2.0 * z**3 - 5.0 * z) * skewness**2 / 36.0
    )


def is_monotone(skewness: float, kurtosis: float, z_max: float = Z_MAX) -> bool:
    """Whether z* rises for all |z| <= ``z_max``: its slope, a parabola in z, is nowhere below zero there.

    >>> is_monotone(0.0, 8.0), is_monotone(0.0, 8.1), is_monotone(1.0, 1.0)
    (True, False, False)
    """
    a, b = kurtosis / 8.0 - skewness**2 / 6.0, skewness / 3.0
    c = 1.0 - kurtosis / 8.0 + 5.0 * skewness**2 / 36.0
    corners = [-z_max, z_max]
    if a and abs(b / (2.0 * a)) < z_max:
        corners.append(-b / (2.0 * a))
    return min((a * z + b) * z + c for z in corners) >= -1e-12


def kurtosis_range(skewness: float, z_max: float = Z_MAX) -> tuple[float, float] | None:
    """Least and largest excess kurtosis at which z* rises for all |z| <= ``z_max``; ``None`` if there is none.

    At each z the slope is linear in K, so every z gives one bound: over a grid of 0.001, good to 1e-4.

    >>> tuple(round(k, 1) for k in kurtosis_range(0.5))
    (0.2, 8.2)
    """
    z = np.linspace(-z_max, z_max, round(2000.0 * z_max) + 1)
    rest = 1.0 + z * skewness / 3.0 - (6.0 * z * z - 5.0) * skewness**2 / 36.0
    weight = (z * z - 1.0) / 8.0
    outer, inner = weight > 1e-9, weight < -1e-9
    low, high = float((-rest[outer] / weight[outer]).max()), float((-rest[inner] / weight[inner]).min())
    return (low, high) if low <= high else None
