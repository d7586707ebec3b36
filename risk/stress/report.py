"""Everything that stress says of one book, in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from risk.stress.monte_carlo import DF, HORIZON_DAYS, MonteCarloStress, joint_returns, losses_of
from risk.stress.recovery import RecoveryTime, Underwater, recovery_time
from risk.stress.replay import Replay
from risk.stress.reverse import ReverseStress, reverse_stress

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
R = TypeVar("R")
NO_RETURNS = "no returns are known, expected those of every position"
NO_EQUITY = "no equity is known that is above 0, expected some to relate the loss to"


class StressReport(msgspec.Struct, frozen=True, kw_only=True):
    """Losses are positive, in money. Where a part can't be had, a text says why.

    ``losses`` by scenario, the worst first; ``unavailable`` has the reason of those that have none, ``rebounded`` what
    is lost at the day's end where a part comes back. ``value_at_risk`` is the one-day normal VaR (``confidence``) that
    doubled volatility doubles, beside its limit. ``reverse`` is over ``monte_carlo``'s horizon. ``recovery`` is from
    the worst scenario; ``underwater`` what the book would have gone through from the first day of a scenario's window
    on, where the data covers it. ``warnings`` are of the covariance behind all that is simulated.
    """

    losses: dict[str, float]
    unavailable: dict[str, str]
    rebounded: dict[str, float]
    confidence: float
    value_at_risk: float | None
    value_at_risk_limit: float | None
    monte_carlo: MonteCarloStress | str
    reverse: ReverseStress | str
    recovery: RecoveryTime | str
    underwater: dict[str, Underwater]
    replay: Replay | None = None
    warnings: tuple[str, ...] = ()


def simulate(
    exposures: Vector,
    covariance: Matrix | None,
    paths: int,
    seed: int,
    df: float = DF,
    horizon_days: int = HORIZON_DAYS,
    names: Sequence[str] | None = None,
) -> MonteCarloStress | str:
    """Monte Carlo stress of exposures [N] (money) under a daily covariance [N, N] of assets with these names, or why
    there is none.

    :raises ValueError: a number of paths that is out of range.
    """
    if covariance is None:
        return NO_RETURNS
    returns = joint_returns(covariance, paths, df, horizon_days, seed, names)
    return losses_of(returns @ exposures, returns, df, horizon_days, seed)


def reverse(exposures: Vector, covariance: Matrix | None, loss: float | None) -> ReverseStress | str:
    """Reverse stress over the horizon of the Monte Carlo stress, or why there is none."""
    if covariance is None:
        return NO_RETURNS
    if loss is None:
        return NO_EQUITY
    return _or_reason(lambda: reverse_stress(exposures, covariance * HORIZON_DAYS, loss))


def recover(
    book_returns: Vector | None, losses: Mapping[str, float], equity: float | None, seed: int
) -> RecoveryTime | str:
    """Recovery from the largest of the losses, or why there is none."""
    if book_returns is None:
        return NO_RETURNS
    if equity is None or not equity > 0.0:
        return NO_EQUITY
    worst = max(losses.values(), default=0.0)
    if not worst > 0.0:
        return "no scenario loses anything, so there is nothing to recover from"
    if worst >= equity:
        return f"the worst scenario loses {worst:,.0f} of {equity:,.0f}, all equity: there is nothing to recover with"
    return _or_reason(lambda: recovery_time(book_returns, worst / equity, seed=seed))


def _or_reason(make: Callable[[], R]) -> R | str:
    try:
        return make()
    except ValueError as error:
        return str(error)
