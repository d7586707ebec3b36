"""Quantile loss: one number to compare models by."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from risk.var.errors import VarError


def quantile_loss(pnl: ArrayLike, var: ArrayLike, confidence: float) -> float:
    """Mean of (x + VaR) * (a - [x < -VaR]), a = 1 - confidence: the pinball loss, least for the true quantile.

    ``pnl`` [T] with losses negative, ``var`` [T] or one number, positive; the result has their unit (Koenker, Bassett
    1978). A consistent score: unlike a count of exceptions it can't be improved by a VaR that moves at random.

    >>> quantile_loss([-3.0, 1.0], 1.0, 0.5)
    1.0

    :raises VarError: shapes that don't fit, a nan, or a confidence outside 0 to 1.
    """
    outcomes, limits = np.asarray(pnl, dtype=np.float64), np.asarray(var, dtype=np.float64)
    if outcomes.ndim != 1 or not outcomes.size or limits.shape not in {(), outcomes.shape}:
        raise VarError(f"`pnl` has shape {outcomes.shape} and `var` {limits.shape}, expected [T] and the same or one")
    if not (np.isfinite(outcomes).all() and np.isfinite(limits).all() and 0.0 < confidence < 1.0):
        raise VarError(f"`pnl` or `var` is not finite, or `confidence` {confidence} not between 0 and 1")
    above = outcomes + limits
    return float(np.mean(above * ((1.0 - confidence) - (above < 0.0))))
