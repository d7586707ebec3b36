"""Value at risk of a book, by any method, with what it is made of."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import pandas as pd
from numpy.typing import ArrayLike

from risk.performance.available import NotAvailable
from risk.var.errors import VarError
from risk.var.estimate import Interval, VarEstimate
from risk.var.inputs import check_request, check_window, one_of
from risk.var.liquidity import LiquidityVar, liquidity_var
from risk.var.methods import METHODS, value_at_risk
from risk.window import WINDOW
from riskstream.library.data import PortfolioData
from riskstream.library.liquidity import BookLiquidity, book_liquidity
from riskstream.library.returns import split_warnings

CONFIDENCE, HORIZON_DAYS, METHOD = 0.95, 1, "monte_carlo"


@dataclass(frozen=True, kw_only=True)
class ComprehensiveVar:
    """A :class:`risk.var.estimate.VarEstimate` under the names of this library: positive losses in money."""

    estimate: VarEstimate
    #: Returns behind it that look like splits.
    splits: tuple[str, ...] = ()

    @property
    def var_value(self) -> float:
        """Value at risk."""
        return self.estimate.value

    @property
    def expected_shortfall(self) -> float:
        """Mean loss of the outcomes at or beyond the VaR."""
        return self.estimate.es

    @property
    def interval(self) -> Interval:
        """Where the VaR lies, with its level and the argument for it."""
        return self.estimate.interval

    @property
    def components(self) -> Mapping[str, float]:
        """Each symbol's part of the VaR; they sum to it."""
        return self.estimate.component

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is to be known before the figure is used."""
        return (*self.splits, *self.estimate.warnings)

    def by_asset(self) -> pd.DataFrame:
        """Exposure, marginal, component and incremental figures, a row a symbol."""
        return self.estimate.by_asset()


class VarCalculator:
    """VaR and ES of ``exposures`` (money by symbol) over ``returns`` [T, N], or of a P&L series alone.

    What goes in is checked with each calculation, as by :func:`risk.var.inputs.portfolio`. ``liquidity`` is for
    :meth:`liquidity_adjusted`.
    """

    def __init__(
        self,
        returns: ArrayLike,
        exposures: ArrayLike | Mapping[str, float] | None = None,
        liquidity: BookLiquidity | NotAvailable | None = None,
    ) -> None:
        self.returns = returns
        self.exposures = exposures
        self.liquidity = liquidity or NotAvailable("spreads and volumes are not known")

    @classmethod
    def of(cls, data: PortfolioData) -> Self:
        """Today's positions over the history of the data."""
        return cls(data.returns, data.exposures, book_liquidity(data))

    async def calculate_comprehensive_var(
        self,
        confidence_level: float = CONFIDENCE,
        time_horizon: int = HORIZON_DAYS,
        method: str = METHOD,
        window: int | None = WINDOW,
        **parameters: Any,
    ) -> ComprehensiveVar:
        """:meth:`calculate_comprehensive_var_sync` in a thread."""
        return await asyncio.to_thread(
            self.calculate_comprehensive_var_sync, confidence_level, time_horizon, method, window, **parameters
        )

    def calculate_comprehensive_var_sync(
        self,
        confidence_level: float = CONFIDENCE,
        time_horizon: int = HORIZON_DAYS,
        method: str = METHOD,
        window: int | None = WINDOW,
        **parameters: Any,
    ) -> ComprehensiveVar:
        """VaR over ``time_horizon`` days by one of :data:`risk.var.methods.METHODS`, with its parameters, such as
        ``paths`` and ``seed`` of ``monte_carlo``, from the last ``window`` returns (``None``: all); as many as the
        engine takes by default, so that the same book has one VaR.

        :raises VarError: a ValueError; an unknown method or parameter, or input that gives no honest number.
        """
        estimate = value_at_risk(
            self.returns,
            self.exposures,
            method=method,
            confidence=confidence_level,
            horizon_days=time_horizon,
            window=window,
            **parameters,
        )
        return ComprehensiveVar(estimate=estimate, splits=tuple(self._splits(estimate)))

    def liquidity_adjusted(
        self, result: ComprehensiveVar, spreads: pd.DataFrame | None = None, k: float = 3.0
    ) -> LiquidityVar:
        """LVaR: what selling costs on top of the VaR, and where the slowest position takes longer than a one-day
        estimate says, the risk while it is sold (:mod:`risk.var.liquidity`).

        With a history of relative ``spreads`` [T, N] by symbol the cost is that of bad times, mean + ``k`` standard
        deviations (Bangia et al. 1999); without one, that of the present spreads.

        :raises VarError: a ValueError; a spread or a volume is not known.
        """
        if isinstance(self.liquidity, NotAvailable):
            raise VarError(f"`liquidity` is not available: {self.liquidity.reason}, expected every position's")
        days = max(1.0, self.liquidity.days_max) if result.estimate.horizon_days == 1 else 1.0
        mean, sd = _spreads(self.liquidity, result, spreads)
        return liquidity_var(result.estimate, mean, sd, k=k, liquidation_days=days)

    def compare(
        self,
        confidence_level: float = CONFIDENCE,
        time_horizon: int = HORIZON_DAYS,
        methods: Iterable[str] = tuple(METHODS),
        window: int | None = WINDOW,
    ) -> dict[str, ComprehensiveVar | str]:
        """Each method's answer, or why it has none.

        :raises VarError: a ValueError; an unknown method, or a request that is out of range for all.
        """
        check_request(confidence_level, time_horizon)
        check_window(window)
        methods = tuple(methods)
        for method in methods:
            one_of("method", method, tuple(METHODS))
        return {method: self._answer(confidence_level, time_horizon, method, window) for method in methods}

    def _splits(self, estimate: VarEstimate) -> Iterator[str]:
        """Among the returns of what is held, where they have labels."""
        if isinstance(self.returns, pd.DataFrame):
            held = [bool(estimate.exposure[str(symbol)]) for symbol in self.returns]
            yield from split_warnings(self.returns.loc[:, held].iloc[-estimate.observations :])

    def _answer(self, confidence: float, days: int, method: str, window: int | None) -> ComprehensiveVar | str:
        try:
            return self.calculate_comprehensive_var_sync(confidence, days, method, window)
        except VarError as error:
            return str(error)


def _spreads(
    liquidity: BookLiquidity, result: ComprehensiveVar, history: pd.DataFrame | None
) -> tuple[pd.Series[float], pd.Series[float]]:
    """Mean and standard deviation of each position's relative spread; what is not held has none."""
    symbols = list(result.estimate.exposure)
    if history is None:
        present = liquidity.spreads.reindex(symbols, fill_value=0.0)
        return present, 0.0 * present
    unknown = sorted(set(liquidity.spreads.index) - set(history.columns))
    if unknown or len(history) < 2:
        raise VarError(f"`spreads` has {len(history)} rows without {unknown}, expected 2 or more of every position")
    held = history[list(liquidity.spreads.index)]
    return held.mean().reindex(symbols, fill_value=0.0), held.std(ddof=1).reindex(symbols, fill_value=0.0)
