"""Monte Carlo stress: joint returns with heavy tails, and what a book loses in them."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from math import ceil, isfinite, sqrt

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

PATHS, PATHS_MAX = 1000, 1_000_000
DF = 4.0
HORIZON_DAYS = 10
LEVELS = (0.50, 0.75, 0.90, 0.95, 0.975, 0.99)
#: ES is the mean loss of this share of the paths, the worst; the far loss is what this share exceeds.
TAIL, FAR = 0.01, 0.001


class MonteCarloStress(msgspec.Struct, frozen=True, kw_only=True):
    """Losses of a book over simulated paths, positive, in money.

    ``expected_shortfall`` is the mean of the worst 1 %, ``shortfall_error`` its standard error over other draws;
    ``quantiles`` has the loss that the share of paths does not
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
    shortfall_error: float = float("nan")


def joint_returns(
    covariance: Matrix,
    paths: int = PATHS,
    df: float = DF,
    horizon_days: int = HORIZON_DAYS,
    seed: int = 0,
    names: Sequence[str] | None = None,
) -> Matrix:
    """Simple returns [K, N] over a horizon, multivariate Student-t with covariance ``horizon_days * covariance``.

    r = Sigma^(1/2) z sqrt(h (df - 2) / c), z standard normal, c chi-squared with df degrees of freedom and common to
    all assets, so that they jump together; Sigma^(1/2) is the symmetric root (of what is positive of Sigma). Every z
    comes with -z: the mean is zero and long and short books are treated alike. sqrt(h) holds for independent days. A
    return is never below -1. The same seed gives the same draws. Each asset's follow from its name (without ``names``:
    from its place), so that neither another order of the assets nor one more changes those of the others.

    :param covariance: [N, N] of daily returns, finite and symmetric.
    :raises ValueError: a covariance that is not, fewer than 100 paths or more than a million, df not above 2.
    """
    _check(covariance, paths, df, horizon_days)
    half, count = ceil(paths / 2), len(covariance)
    chi = _chi_squared(df, half, seed)
    drawn = np.reshape([_draws(name, half, seed) for name in names or map(str, range(count))], (count, half))
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
        shortfall_error=_shortfall_error(-pnl, float(ordered[-_count(len(pnl), TAIL)])),
        mean=float(ordered.mean()),
        quantiles={level: float(ordered[ceil(level * len(ordered)) - 1]) for level in LEVELS},
        worst_returns=tuple(paths_returns[worst].tolist()),
    )


def tail_losses(pnl: Vector, share: float = TAIL, far: float = FAR) -> tuple[float, float]:
    """The loss that a share ``far`` of outcomes exceeds, and the mean loss of the worst ``share`` of them (at least
    one), no smaller a share. ``pnl`` [K] is put into another order.

    >>> tail_losses(np.arange(-10.0, 190.0))
    (10.0, 9.5)
    >>> tail_losses(np.arange(-10.0, 1990.0))[0]
    8.0
    """
    count = _count(len(pnl), share)
    pnl.partition(count - 1)
    tail = sorted(pnl[:count].tolist())
    return 0.0 - tail[min(int(far * len(pnl) + 1e-9), count - 1)], -sum(tail) / count


def _count(paths: int, share: float) -> int:
    return max(1, int(share * paths + 1e-9))


def _chi_squared(df: float, count: int, seed: int) -> Vector:
    """One draw from each of ``count`` equally likely strata, in random order: no luck in how many jump."""
    random = np.random.default_rng([seed, 0])
    return np.asarray(2.0 * gammaincinv(df / 2.0, (random.permutation(count) + random.random(count)) / count))


def _draws(name: str, count: int, seed: int) -> Vector:
    key = int.from_bytes(sha256(name.encode()).digest()[:8], "big")
    return np.random.default_rng([seed, 1, key]).standard_normal(count)


def _shortfall_error(losses: Vector, quantile: float) -> float:
    """Standard error of the mean beyond a quantile, from its influence q + max(l - q, 0) / share; a path and its mirror
    image are one draw."""
    half = ceil(len(losses) / 2)
    beyond = np.maximum(losses - quantile, 0.0) / TAIL
    pairs = beyond[:half].copy()
    pairs[: len(beyond) - half] = (pairs[: len(beyond) - half] + beyond[half:]) / 2.0
    return float(pairs.std(ddof=1) / sqrt(half))


def _check(covariance: Matrix, paths: int, df: float, horizon_days: int) -> None:
    if covariance.ndim != 2 or covariance.shape[0] != covariance.shape[1] or not np.isfinite(covariance).all():
        raise ValueError(f"`covariance` has shape {covariance.shape}, expected [N, N] of finite numbers")
    if not 100 <= paths <= PATHS_MAX:
        raise ValueError(f"`paths` is {paths}, expected 100 to {PATHS_MAX}")
    if not (isfinite(df) and df > 2.0):
        raise ValueError(f"`df` is {df}, expected a finite number above 2")
    if not horizon_days >= 1:
        raise ValueError(f"`horizon_days` is {horizon_days}, expected at least 1")
