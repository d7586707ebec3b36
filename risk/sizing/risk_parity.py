"""Risk parity."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from risk.sizing.checks import Vector
from risk.sizing.risk_budget import risk_budget


def risk_parity(covariance: ArrayLike) -> Vector:
    """Weights [N] > 0, summing to 1, that contribute equally to volatility (Maillard, Roncalli, Teiletche 2010).

    With one correlation between all pairs they are in proportion to 1 / sigma. Contributions are equal to 1e-8 of it.

    >>> risk_parity([[0.01, 0.01], [0.01, 0.04]]).round(4)
    array([0.6667, 0.3333])

    :raises ValueError: a covariance that is not positive definite, or too close to singular.
    """
    return risk_budget(covariance, np.ones(len(np.atleast_1d(np.asarray(covariance)))))
