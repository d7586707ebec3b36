"""GARCH parameters of each symbol, refitted beside the decisions: on a schedule, and when a symbol becomes stressed.

A fit that does not converge, is not stationary or moves the forecast beyond a bound gives way to that of the next model
(:mod:`risk.garch_ladder`). Where none is left the parameters stay as they were. A notice says so of both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from risk.background import Job, Notice
from risk.estimators.regime import STRESSED
from risk.garch_ladder import Fit, Last, fit_all, ladder, refusal
from risk.market import MarketState

#: A job of a worker fits so many symbols at most, so that other measures get their turn.
SYMBOLS_MAX = 5


class _Fitted(NamedTuple):
    """How many returns a symbol had when it was last fitted, and whether it was stressed."""

    observations: int = 0
    stressed: bool = False


_NEVER = _Fitted()


class GarchRefit:
    """Maximum likelihood by ``arch`` over the history of the market view. Measure of :mod:`risk.background`."""

    name = "garch_refit"

    def __init__(self, symbols_max: int | None = SYMBOLS_MAX) -> None:
        self._symbols_max = symbols_max
        self._fitted: dict[int, _Fitted] = {}
        self._asked: dict[int, _Fitted] = {}
        self._tries: Counter[int] = Counter()
        self._asked_ns = 0

    def due(self, market: MarketState, now_ns: int) -> Job | None:
        """A fit of the symbols that have ``garch_refit_bars`` new returns or just became stressed. Those whose last job
        failed come after the others."""
        config = market.config
        if not config.garch_refit_bars:
            return None
        stressed = (market.regime == STRESSED).tolist()
        for index, known in self._fitted.items():  # a later stress is a new one
            self._fitted[index] = known._replace(stressed=known.stressed and stressed[index])
        waiting = sorted(self._waiting(market, stressed), key=lambda each: self._tries[each[0]])
        self._asked, self._asked_ns = dict(waiting[: self._symbols_max]), now_ns
        if not self._asked:
            return None
        self._tries.update(self._asked.keys())
        columns = tuple(np.array(market.returns[:, index]) for index in self._asked)
        lasts = tuple(_last(market, index) for index in self._asked)
        return Job(self.name, fit_all, (columns, lasts, ladder(config.garch_innovations, config.garch_leverage)))

    def _waiting(self, market: MarketState, stressed: list[bool]) -> Iterator[tuple[int, _Fitted]]:
        """The symbols of which a fit is due, and what it will be counted as."""
        config = market.config
        for index, count in enumerate(market.observations.tolist()):
            last = self._fitted.get(index, _NEVER)
            due = count - last.observations >= config.garch_refit_bars or (stressed[index] and not last.stressed)
            if due and count >= config.garch_observations_min and market.symbols[index] not in market.stopped:
                yield index, _Fitted(count, stressed[index])

    def accept(self, market: MarketState, result: Any, now_ns: int) -> list[Notice]:
        """Take over what is usable, at the time at which it was asked for.

        :raises ValueError: not one result a symbol.
        """
        del now_ns
        texts = [self._take(market, index, fit) for index, fit in zip(self._asked, result, strict=True)]
        self._fitted.update(self._asked)
        for index in self._asked:
            del self._tries[index]
        return [Notice(self.name, text) for text in texts if text]

    def _take(self, market: MarketState, index: int, fit: Fit) -> str:
        """What is to be told of it; what was fitted must be believed of the history as it is by now, too."""
        symbol, parameters, error = market.symbols[index], fit.parameters, fit.error
        if parameters is not None:
            error = refusal(market.returns[:, index], parameters, _last(market, index))
        if parameters is None or error:
            return f"GARCH of {symbol} stays as it was: {error}"
        market.refit_garch(index, parameters, fit.model, self._asked_ns)
        return f"GARCH of {symbol} goes on as {fit.model}, for {fit.error}" if fit.error else ""


def _last(market: MarketState, index: int) -> Last:
    return Last(float(market.forecast[index]), market.config.garch_jump_max)
