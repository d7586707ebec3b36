"""Recovery: how long a book stays below where it was before the loss."""

from __future__ import annotations

from math import ceil, log1p

import msgspec
import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

PATHS, BLOCK_DAYS, HORIZON_DAYS = 2000, 20, 2520
_CHUNK = 250


class Underwater(msgspec.Struct, frozen=True, kw_only=True):
    """What happened: ``low``, the least level of the window (1.0 at its start), after ``low_at`` days, and after how
    many ``days`` from the start its level was there again; 0 if the book never was below it, ``None`` if the data ends
    before."""

    low: float
    low_at: int
    days: int | None


class RecoveryTime(msgspec.Struct, frozen=True, kw_only=True):
    """Days until a loss is made good, over bootstrapped paths: ``median``, and the interval ``low`` to ``high`` that
    holds the middle 90 % of them; ``None`` stands for more than ``horizon_days``. ``recovered`` is the share of paths
    that do within the horizon. ``loss`` is a fraction of equity."""

    loss: float
    median: int | None
    low: int | None
    high: int | None
    recovered: float
    horizon_days: int
    paths: int
    block_days: int
    seed: int


def days_under_water(returns: Vector, window_days: int) -> Underwater:
    """From the first day of ``returns`` [T] (simple returns of a book a day) through the low of the first
    ``window_days`` until the level of the start is back.

    >>> days_under_water(np.array([-0.5, 0.5, 0.5, 0.0]), 2)
    Underwater(low=0.5, low_at=1, days=3)

    :raises ValueError: no returns, fewer than the window has, or one that is not finite or not above -1.
    """
    levels = np.cumprod(1.0 + _checked(returns))
    if not 1 <= window_days <= len(levels):
        raise ValueError(f"`window_days` is {window_days}, expected 1 to {len(levels)}, the days of `returns`")
    low_at = int(levels[:window_days].argmin())
    low = float(levels[low_at])
    if low >= 1.0:
        return Underwater(low=1.0, low_at=0, days=0)
    back = np.flatnonzero(levels[low_at:] >= 1.0)
    return Underwater(low=low, low_at=low_at + 1, days=int(back[0]) + low_at + 1 if len(back) else None)


def recovery_time(
    returns: Vector,
    loss: float,
    paths: int = PATHS,
    block_days: int = BLOCK_DAYS,
    horizon_days: int = HORIZON_DAYS,
    seed: int = 0,
) -> RecoveryTime:
    """First passage of a book that lost ``loss`` (fraction of equity) to its old level, 1 / (1 - loss), over paths of
    past days drawn in blocks, which keeps their clustering (circular block bootstrap; Politis, Romano 1992).

    It says how the past's growth and swings would make the loss good; a book whose past days lost money on average may
    never recover, and then ``None`` says so.

    :param returns: simple returns of the book a day [T], at least two blocks of them.
    :raises ValueError: a loss not between 0 and 1, too few returns, or one that is not finite or not above -1.
    """
    if not 0.0 < loss < 1.0:
        raise ValueError(f"`loss` is {loss}, expected above 0 and below 1, a fraction of equity")
    if not (paths >= 100 and block_days >= 1 and horizon_days >= block_days):
        raise ValueError(
            f"`paths`, `block_days`, `horizon_days` are {paths}, {block_days}, {horizon_days}, expected "
            "at least 100, 1 and a block"
        )
    if len(returns) < 2 * block_days:
        raise ValueError(f"`returns` has {len(returns)} days, expected at least {2 * block_days}, two blocks")
    growth = np.log1p(_checked(returns))
    random, needed = np.random.default_rng(seed), -log1p(-loss)
    chunks = [min(_CHUNK, paths - start) for start in range(0, paths, _CHUNK)]
    days = np.sort(
        np.concatenate([_passages(growth, needed, count, block_days, horizon_days, random) for count in chunks])
    )
    return RecoveryTime(
        loss=loss,
        median=_quantile(days, 0.5, horizon_days),
        low=_quantile(days, 0.05, horizon_days),
        high=_quantile(days, 0.95, horizon_days),
        recovered=float((days <= horizon_days).mean()),
        horizon_days=horizon_days,
        paths=paths,
        block_days=block_days,
        seed=seed,
    )


def _passages(
    growth: Vector, needed: float, paths: int, block: int, horizon: int, random: np.random.Generator
) -> NDArray[np.int64]:
    """Day [paths] on which each path has grown by ``needed`` (log); horizon + 1 if it has not."""
    starts = random.integers(0, len(growth), (paths, ceil(horizon / block), 1))
    days = ((starts + np.arange(block)) % len(growth)).reshape(paths, -1)[:, :horizon]
    reached = np.cumsum(growth[days], axis=1) >= needed
    return np.where(reached.any(axis=1), reached.argmax(axis=1) + 1, horizon + 1)


def _quantile(days: NDArray[np.int64], share: float, horizon: int) -> int | None:
    found = int(days[ceil(share * len(days)) - 1])
    return found if found <= horizon else None


def _checked(returns: Vector) -> Vector:
    if not len(returns) or not np.isfinite(returns).all() or not (returns > -1.0).all():
        raise ValueError(f"`returns` has {len(returns)} numbers, expected finite ones above -1, at least one")
    return returns
