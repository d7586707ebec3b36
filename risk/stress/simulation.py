"""Simulated markets for every order to be judged by: a measure that is refreshed beside the decisions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk.background import Job, Notice
from risk.market import MarketState
from risk.stress.monte_carlo import DF, HORIZON_DAYS, PATHS, joint_returns
from risk.stress.simulated import Simulated

Matrix = NDArray[np.float64]
#: More than a person is shown, for their limits decide: the standard error of ES is about half as large.
PATHS_BESIDE = 4 * PATHS
REFRESH_NS = 60_000_000_000
SEED = 20_080_915


class StressSimulation:
    """Simulates the market's joint returns with its present covariance, once a minute.

    A symbol takes part once its covariance with every other one that does is known. Measure of
    :mod:`risk.background`; the settings are those of :func:`risk.stress.monte_carlo.joint_returns`.
    """

    name = "monte_carlo_stress"

    def __init__(
        self,
        paths: int = PATHS_BESIDE,
        df: float = DF,
        horizon_days: int = HORIZON_DAYS,
        seed: int = SEED,
        refresh_ns: int = REFRESH_NS,
    ) -> None:
        self._settings = paths, df, horizon_days, seed
        self._refresh_ns = refresh_ns
        self._asked_ns = 0
        self._known = np.zeros(0, dtype=np.bool_)

    def due(self, market: MarketState, now_ns: int) -> Job | None:
        """A simulation, if the last one is a minute old and a covariance is known."""
        simulated = market.simulated
        if simulated.time_ns and abs(now_ns - simulated.time_ns) < self._refresh_ns:
            return None
        known = complete(market.covariance)
        if not known.any():
            return None
        self._known, self._asked_ns = known, now_ns
        names = tuple(market.symbols[index] for index in np.flatnonzero(known))
        return Job(self.name, joint_returns, (market.covariance[np.ix_(known, known)], *self._settings, names))

    def accept(self, market: MarketState, result: Any, now_ns: int) -> list[Notice]:
        """Keep it, at the time at which it was asked for.

        :raises ValueError: not all of it is finite.
        """
        del now_ns
        if not np.isfinite(result).all():
            raise ValueError("the simulated returns are not finite, expected finite ones")
        returns = np.zeros((len(result), len(self._known)), order="F")
        returns[:, self._known] = result
        market.take_simulated(Simulated(returns, self._known, self._asked_ns))
        return []


def complete(covariance: Matrix) -> NDArray[np.bool_]:
    """Which symbols [N] have a covariance with each other; who lacks most, or of several the
    newest, is left out first."""
    missing = np.isnan(covariance)
    known = ~np.diagonal(missing)
    while True:
        lacks = (missing & known & known[:, None]).sum(axis=1)
        if not lacks.any():
            return np.asarray(known)
        known = known & (np.arange(len(known)) != len(lacks) - 1 - int(lacks[::-1].argmax()))
