"""GARCH parameters of each symbol, refitted beside the decisions: on a schedule, and when a symbol becomes stressed.

A fit that does not converge, is not stationary or moves the forecast beyond a bound leaves the parameters as they were,
and a notice says so.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from risk.background import Job, Notice
from risk.estimators.garch import GarchParameters, last_variances
from risk.estimators.regime import STRESSED
from risk.garch_fit import Innovations, NoFit, garch_fit
from risk.market import MarketState

Vector = NDArray[np.float64]
#: A job of a worker fits so many symbols at most, so that other measures get their turn.
SYMBOLS_MAX = 5
#: Beyond it the long run of a fit lies so far away that its forecasts are those of a random walk.
PERSISTENCE_MAX = 0.9995


class Fit(NamedTuple):
    """Parameters, or why there are none."""

    parameters: GarchParameters | None
    error: str = ""


class _Fitted(NamedTuple):
    """When a symbol was last asked for."""

    observations: int = 0
    stressed: bool = False


class GarchRefit:
    """Maximum likelihood by ``arch`` over the history of the market view. Measure of :mod:`risk.background`."""

    name = "garch_refit"

    def __init__(self, symbols_max: int | None = SYMBOLS_MAX) -> None:
        self._symbols_max = symbols_max
        self._fitted: dict[int, _Fitted] = {}
        self._asked: list[int] = []
        self._asked_ns = 0

    def due(self, market: MarketState, now_ns: int) -> Job | None:
        """A fit of the symbols that have ``garch_refit_bars`` new returns or just became stressed."""
        config = market.config
        if not config.garch_refit_bars:
            return None
        counts, stressed = market.observations.tolist(), (market.regime == STRESSED).tolist()
        enough = [
            index
            for index, count in enumerate(counts)
            if count >= config.garch_observations_min and market.symbols[index] not in market.stopped
        ]
        self._asked = [index for index in enough if self._is_due(market, index, counts, stressed)][: self._symbols_max]
        for index, known in self._fitted.items():  # a later stress is a new one
            self._fitted[index] = known._replace(stressed=known.stressed and stressed[index])
        if not self._asked:
            return None
        for index in self._asked:
            self._fitted[index] = _Fitted(counts[index], stressed[index])
        self._asked_ns = now_ns
        columns = tuple(np.array(market.returns[:, index]) for index in self._asked)
        return Job(self.name, fit_all, (columns, config.garch_leverage, config.garch_innovations))

    def _is_due(self, market: MarketState, index: int, counts: list[int], stressed: list[bool]) -> bool:
        last = self._fitted.get(index, _Fitted())
        scheduled = counts[index] - last.observations >= market.config.garch_refit_bars
        return scheduled or (stressed[index] and not last.stressed)

    def accept(self, market: MarketState, result: Any, now_ns: int) -> list[Notice]:
        """Take over what is usable, at the time at which it was asked for.

        :raises ValueError: not one result a symbol.
        """
        del now_ns
        notices = []
        for index, fit in zip(self._asked, result, strict=True):
            error = fit.error or self._refusal(market, index, fit.parameters)
            if error:
                notices.append(Notice(self.name, f"GARCH of {market.symbols[index]} stays as it was: {error}"))
            else:
                market.refit_garch(index, fit.parameters, self._asked_ns)
        return notices

    def _refusal(self, market: MarketState, index: int, parameters: GarchParameters) -> str:
        try:
            parameters.checked()
            forecast = last_variances(market.returns[:, index], parameters)[1]
        except ValueError as error:
            return str(error)
        if parameters.persistence > PERSISTENCE_MAX:
            return f"the persistence would be {parameters.persistence:.6f}, expected at most {PERSISTENCE_MAX}"
        change, bound = forecast / float(market.forecast[index]), market.config.garch_jump_max
        if not 1.0 / bound <= change <= bound:
            return f"the forecast variance would change by the factor {change:.3g}, expected at most {bound:g}"
        return ""


def fit_all(columns: tuple[Vector, ...], leverage: bool, innovations: Innovations) -> list[Fit]:
    """One fit a column of returns [T] (nan: none)."""
    return [fit(column, leverage, innovations) for column in columns]


def fit(returns: Vector, leverage: bool = False, innovations: Innovations = "normal") -> Fit:
    """:func:`risk.garch_fit.garch_fit` at zero mean; what the innovations' tail is matters to the fit, and not to the
    recursion, which is all that the market view keeps."""
    try:
        return Fit(garch_fit(returns, leverage, innovations).parameters)
    except NoFit as error:
        return Fit(None, str(error))
