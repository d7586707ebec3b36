"""Replay: what today's exposures would have gone through in a window of the past."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """``path`` [T + 1] is the cumulative P&L, from 0; ``worst_loss`` its lowest point (positive, 0 if it never was
    below the start) after ``worst_at`` periods; ``final`` the P&L at the end; ``worst_period_loss`` that of one period,
    period ``worst_period_at``; ``drawdown`` the largest fall from a peak of the path."""

    path: tuple[float, ...]
    worst_loss: float
    worst_at: int
    final: float
    worst_period_loss: float
    worst_period_at: int
    drawdown: float


def replay(returns: Matrix, exposures: Vector) -> Replay:
    """Hold today's exposures [N] (money) through past simple returns [T, N], without trading: each position grows by
    its own compounded return, path_t = sum_i x_i (prod_{s<=t} (1 + r_si) - 1).

    :raises ValueError: no returns, shapes that don't fit, a number that is not finite, a return below -1.
    """
    if returns.ndim != 2 or returns.shape[1:] != exposures.shape or not len(returns):
        raise ValueError(f"`returns` has shape {returns.shape}, expected [T, {len(exposures)}] with T of at least 1")
    if not np.isfinite(returns).all() or not np.isfinite(exposures).all():
        raise ValueError("`returns` and `exposures` are not all finite, expected finite numbers")
    if not (returns >= -1.0).all():
        raise ValueError(f"`returns` has {float(returns.min())}, expected at least -1")
    path = np.concatenate([[0.0], (np.cumprod(1.0 + returns, axis=0) - 1.0) @ exposures])
    steps = np.diff(path)
    return Replay(
        path=tuple(path.tolist()),
        worst_loss=-float(path.min()) + 0.0,
        worst_at=int(path.argmin()),
        final=float(path[-1]),
        worst_period_loss=max(0.0, -float(steps.min())),
        worst_period_at=int(steps.argmin()) + 1,
        drawdown=float((np.maximum.accumulate(path) - path).max()),
    )
