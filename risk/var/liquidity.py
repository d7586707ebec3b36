"""Liquidity-adjusted VaR: what selling costs, and how long it takes."""

from __future__ import annotations

from math import sqrt

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from risk.var.errors import VarError
from risk.var.estimate import VarEstimate


class LiquidityVar(msgspec.Struct, frozen=True, kw_only=True):
    """VaR with its liquidity add-ons, money: ``value`` = VaR * horizon factor + ``spread_cost``; ``es`` likewise."""

    value: float
    es: float
    spread_cost: float
    horizon_factor: float
    cost: dict[str, float]


def spread_cost(exposures: ArrayLike, spread_mean: ArrayLike, spread_sd: ArrayLike, k: float = 3.0) -> np.ndarray:
    """|exposure| * (mean + k * sd) / 2 by asset [N], money: half the relative spread in bad times.

    Bangia, Diebold, Schuermann, Stroughair 1999, who find k between 2 and 4.5. Spreads are decimals of the mid price.

    >>> spread_cost([1e6], [0.01], [0.005], k=3.0)
    array([12500.])

    :raises VarError: shapes that do not fit, a nan, a negative spread or k.
    """
    held, mean, sd = (np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in (exposures, spread_mean, spread_sd))
    for name, values in (("spread_mean", mean), ("spread_sd", sd)):
        if values.shape != held.shape or not ((values >= 0.0) & (values < np.inf)).all():
            raise VarError(f"`{name}` is {values}, expected {held.shape} decimals of at least 0")
    if not 0.0 <= k < np.inf or not np.isfinite(held).all():
        raise VarError(f"`k` is {k} and `exposures` {held}, expected finite ones and k at least 0")
    cost: np.ndarray = np.abs(held) * (mean + k * sd) / 2.0
    return cost


def horizon_factor(liquidation_days: float) -> float:
    """sqrt((n + 1)(2n + 1) / 6n): VaR of a book sold in n equal daily parts over its one-day VaR; 1 for up to a day.

    The variance of day j is ((n - j + 1) / n)^2 of the first's (Jorion, ch. 13).

    >>> horizon_factor(1.0), round(horizon_factor(10.0), 4)
    (1.0, 1.9621)

    :raises VarError: not a positive number.
    """
    if not 0.0 < liquidation_days < np.inf:
        raise VarError(f"`liquidation_days` is {liquidation_days}, expected above 0")
    days = max(1.0, liquidation_days)
    return sqrt((days + 1.0) * (2.0 * days + 1.0) / (6.0 * days))


def liquidity_var(
    estimate: VarEstimate, spread_mean: ArrayLike, spread_sd: ArrayLike, k: float = 3.0, liquidation_days: float = 1.0
) -> LiquidityVar:
    """A one-day estimate with both add-ons; spreads [N] in the order of ``estimate.exposure``.

    :raises VarError: see :func:`spread_cost` and :func:`horizon_factor`; a longer liquidation of an estimate that is
        not of one day.
    """
    if liquidation_days > 1.0 and estimate.horizon_days != 1:
        raise VarError(f"`horizon_days` is {estimate.horizon_days}, expected 1: the liquidation sets the horizon")
    cost = spread_cost(list(estimate.exposure.values()), spread_mean, spread_sd, k)
    total, factor = float(cost.sum()), horizon_factor(liquidation_days)
    return LiquidityVar(
        value=estimate.value * factor + total,
        es=estimate.es * factor + total,
        spread_cost=total,
        horizon_factor=factor,
        cost=dict(zip(estimate.exposure, cost.tolist(), strict=True)),
    )
