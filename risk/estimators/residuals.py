"""Standardised returns for filtered historical simulation (Hull, White 1998; Barone-Adesi et al. 1999)."""

from __future__ import annotations

import numpy as np

from risk.estimators.base import Counts, Matrix, Vector

#: Returns of a symbol before its volatility counts as known.
OBSERVATIONS_MIN = 20
#: A past volatility counts as at least this share of the overall one, so that one move after a stale price, divided by
#: a volatility near zero, is not the largest scenario by far.
FLOOR = 0.1


def standardised(returns: Vector, variance: Vector, overall: Vector, observations: Counts) -> Vector:
    """r / sigma of one row [N]: ``variance`` is the forecast from before it, ``overall`` the variance of all returns so
    far; nan below :data:`OBSERVATIONS_MIN` observations or where there is no variance.

    A row is known only by the rows before it, so that its floor and its start are those of its own past:
    :func:`risk.var.filters.filtered_returns`, which has all rows at once, starts from the mean square of 30 and keeps
    every row. The two agree once the starts have decayed.

    >>> import numpy as np
    >>> standardised(np.array([0.02, 0.02]), np.array([1e-4, 0.0]), np.array([1e-4, 1e-4]), np.array([20, 20]))
    array([ 2., 20.])
    """
    sigma = np.sqrt(np.maximum(variance, FLOOR * FLOOR * overall))
    known = (observations >= OBSERVATIONS_MIN) & (sigma > 0)
    return np.where(known, returns / np.where(known, sigma, 1.0), np.nan)


def filtered(residuals: Matrix, variance: Vector) -> Matrix:
    """Scenario returns [T, N], read-only: each standardised return at today's volatility; columns stay contiguous."""
    scenarios: Matrix = residuals * np.sqrt(variance)
    scenarios.flags.writeable = False
    return scenarios
