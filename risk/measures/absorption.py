"""How much of all movement a few common factors absorb."""

from __future__ import annotations

from math import ceil

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def absorption_ratio(covariance: Matrix, share: float = 0.2) -> float:
    """Variance of the first ceil(share * N) eigenvectors of ``covariance`` [N, N] over its total (Kritzman, Li, Page,
    Rigobon 2011), in (0, 1]: near 1 when markets move as one and shocks spread at once. With ``share`` so small that
    one eigenvector is taken it is the share of the largest eigenvalue.

    >>> absorption_ratio(np.diag([4.0, 3.0, 2.0, 1.0]), share=0.25), absorption_ratio(np.ones((5, 5)))
    (0.4, 1.0)

    :raises ValueError: not a square matrix of finite numbers with some variance, or ``share`` not in (0, 1].
    """
    if covariance.ndim != 2 or covariance.shape[0] != covariance.shape[1] or not np.isfinite(covariance).all():
        raise ValueError(f"`covariance` has shape {covariance.shape}, expected [N, N] of finite numbers")
    if not 0.0 < share <= 1.0:
        raise ValueError(f"`share` is {share}, expected above 0 and at most 1")
    total = float(np.trace(covariance))
    if not total > 0.0:
        raise ValueError(f"`covariance` has a trace of {total}, expected some variance")
    values = np.linalg.eigvalsh(covariance)
    return min(1.0, float(values[-ceil(share * len(values)) :].sum()) / total)
