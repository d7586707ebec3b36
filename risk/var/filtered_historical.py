"""Filtered historical simulation, the default: of all methods it stands its backtests best (docs/backtests.md)."""

from __future__ import annotations

from typing import ClassVar

import msgspec
import numpy as np

from risk.var.bootstrap import FilteredBootstrap
from risk.var.compose import compose
from risk.var.estimate import VarEstimate
from risk.var.filters import FLOORED, VolatilityFilter, filtered_returns
from risk.var.historical import QUANTILES, from_scenarios, reader_of, require_tail
from risk.var.inputs import Portfolio, check_request, one_of
from risk.var.paths import check_paths, uniforms
from risk.var.simulated import alone, simulated


class FilteredHistorical(msgspec.Struct, frozen=True, kw_only=True):
    """Past returns, each divided by the volatility of its day and multiplied by that of tomorrow.

    Barone-Adesi, Giannopoulos, Vosper 1999: z_s = r_s / sigma_s, VaR = -quantile(z) sigma_{T+1}, asset by asset with
    all assets of a day together; for a P&L series this filters the whole book. The filter runs over the returns before
    the window, too. One day is exact and uses no random
    number. Beyond it ``paths`` draw days from the past and let each path's volatility follow the recursion; ``seed``
    makes them the same each time. ``volatility`` is ``ewma`` (decay ``lam``) or ``garch`` (``alpha``, ``beta``,
    variance targeting); ``quantile``, of one day, as in :class:`risk.var.historical.Historical`. Interval: order
    statistics.
    """

    name: ClassVar[str] = "filtered_historical"
    volatility: str = "ewma"
    lam: float = 0.94
    alpha: float = 0.10
    beta: float = 0.88
    quantile: str = "order_statistic"
    paths: int = 10_000
    seed: int = 0

    def __post_init__(self) -> None:
        self.filter()
        one_of("quantile", self.quantile, QUANTILES)
        check_paths(self.paths, self.seed)

    def filter(self) -> VolatilityFilter:
        """The volatility filter of these parameters."""
        return VolatilityFilter(kind=self.volatility, lam=self.lam, alpha=self.alpha, beta=self.beta)

    def estimate(self, book: Portfolio, confidence: float, horizon_days: int = 1) -> VarEstimate:
        """VaR and ES of the book.

        :raises TooFewObservations: fewer than one expected outcome beyond the VaR, such as 999 at 99.9 %.
        :raises VarError: a request out of range.
        """
        check_request(confidence, horizon_days)
        require_tail(len(book.returns), confidence)
        parameters = msgspec.structs.asdict(self)
        scenarios, floored = filtered_returns(book.filtered_over, self.filter())
        scenarios = scenarios[-len(book.returns) :]
        warnings = [FLOORED] if floored else []
        if horizon_days == 1:
            return from_scenarios(
                self.name,
                book,
                scenarios,
                reader_of(self.quantile, confidence),
                confidence,
                1,
                1.0,
                "one day",
                parameters,
                warnings,
            )
        require_tail(self.paths, confidence)
        past = FilteredBootstrap.of(book, self.filter())
        chunks = map(past.draw, uniforms(self.paths, horizon_days, "random", self.seed))
        figures, intervals = simulated(chunks, np.eye(len(book.symbols)), book.exposures, confidence)
        intervals = (alone(intervals[0]), alone(intervals[1]))
        return compose(
            self.name,
            book,
            confidence,
            horizon_days,
            figures,
            intervals,
            "simulated paths of volatility",
            parameters,
            warnings,
        )
