"""Monte Carlo stress: joint returns with heavy tails, and what a book loses in them."""

from __future__ import annotations

from math import ceil, isfinite

import msgspec
import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

PATHS, PATHS_MAX = 1000, 1_000_000
DF = 4.0
HORIZON_DAYS = 10
LEVELS = (0.50, 0.75, 0.90, 0.95, 0.975, 0.99)
#: ES is the mean loss of this share of the paths, the worst.
TAIL = 0.01


class MonteCarloStress(msgspec.Struct, frozen=True, kw_only=True):
    """Losses of a book over simulated paths, positive, in money.

    ``expected_shortfall`` is the mean of the worst 1 %; ``quantiles`` has the loss that the share of paths does not
    exceed; ``worst_returns`` what every asset did in the worst path.
    """

    paths: int
    df: float
    horizon_days: int
    seed: int
    worst: float
    expected_shortfall: float
    mean: float
    quantiles: dict[float, float]
    worst_returns: tuple[float, ...]


def joint_returns(
    covariance: Matrix, paths: int = PATHS, df: float = DF, horizon_days: int = HORIZON_DAYS, seed: int = 0
) -> Matrix:
    """Simple returns [K, N] over a horizon, multivariate Student-t with covariance ``horizon_days * covariance``.

    r = Sigma^(1/2) z sqrt(h (df - 2) / c), z standard normal, c chi-squared with df degrees of freedom and common to
    all assets, so that they jump together; Sigma^(1/2) is the symmetric root (of what is positive of Sigma). Every z
    comes with -z: the mean is zero and long and short books are treated alike. sqrt(h) holds for independent days. A
    return is never below -1. The same seed gives the same draws, and an asset more leaves those of the others alone, so
    that the figures move with the market and not with the dice.

    :param covariance: [N, N] of daily returns, finite and symmetric.
    :raises ValueError: a covariance that is not, fewer than 100 paths or more than a million, df not above 2.
    """
    _check(covariance, paths, df, horizon_days)
    half, count = ceil(paths / 2), len(covariance)
    chi = np.random.default_rng([seed, 0]).chisquare(df, half)
    drawn = np.random.default_rng([seed, 1]).standard_normal((count, half))
    values, vectors = np.linalg.eigh(covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    moves = (root @ drawn) * np.sqrt(horizon_days * (df - 2.0) / chi)
    returns: Matrix = np.maximum(np.concatenate([moves, -moves], axis=1), -1.0)
    return returns.T[:paths]


def losses_of(pnl: Vector, paths_returns: Matrix, df: float, horizon_days: int, seed: int) -> MonteCarloStress:
    """The summary of a P&L vector [K] over ``paths_returns`` [K, N]."""
    worst, ordered = int(pnl.argmin()), np.sort(-pnl)
    return MonteCarloStress(
        paths=len(pnl),
        df=df,
        horizon_days=horizon_days,
        seed=seed,
        worst=float(ordered[-1]),
        expected_shortfall=tail_losses(pnl.copy())[1],
        mean=float(ordered.mean()),
        quantiles={level: float(ordered[ceil(level * len(ordered)) - 1]) for level in LEVELS},
        worst_returns=tuple(paths_returns[worst].tolist()),
    )


def tail_losses(pnl: Vector, share: float = TAIL) -> tuple[float, float]:
    """The worst loss, and the mean loss of the worst share of outcomes (at least one of them). ``pnl`` [K] is put into
    another order.

    >>> tail_losses(np.arange(-10.0, 190.0))
    (10.0, 9.5)
    """
    count = max(1, int(share * len(pnl) + 1e-9))
    pnl.partition(count - 1)
    tail = pnl[:count].tolist()
    return 0.0 - min(tail), -sum(tail) / count


def _check(covariance: Matrix, paths: int, df: float, horizon_days: int) -> None:
    if covariance.ndim != 2 or covariance.shape[0] != covariance.shape[1] or not np.isfinite(covariance).all():
        raise ValueError(f"`covariance` has shape {covariance.shape}, expected [N, N] of finite numbers")
    if not 100 <= paths <= PATHS_MAX:
        raise ValueError(f"`paths` is {paths}, expected 100 to {PATHS_MAX}")
    if not (isfinite(df) and df > 2.0):
        raise ValueError(f"`df` is {df}, expected a finite number above 2")
    if not horizon_days >= 1:
        raise ValueError(f"`horizon_days` is {horizon_days}, expected at least 1")
