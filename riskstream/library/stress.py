"""What a book loses in each stress scenario, in simulated markets, and how long it takes to come back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk.measures.var import normal_quantile
from risk.stress.monte_carlo import PATHS
from risk.stress.recovery import Underwater, days_under_water
from risk.stress.replay import Replay, replay
from risk.stress.report import StressReport, recover, reverse, simulate
from risk.stress.scenario import Scenario
from risk.stress.scenario_set import SHIPPED, ScenarioSet
from risk.var.covariance import CovarianceModel, Forecast
from risk.window import WINDOW
from riskstream.library.data import PortfolioData
from riskstream.library.returns import split_warnings
from riskstream.library.stress_inputs import daily_values_of, returns_of, shocks_of
from riskstream.library.stress_results import StressResults
from schemas.limits import STANDARD, LimitSet
from schemas.reference import Instrument

Vector = NDArray[np.float64]
__all__ = ["StressResults", "StressTester"]


class StressTester:
    """The scenarios of :mod:`risk.stress` over ``exposures``, money by symbol; ``instruments`` say what each is.

    ``returns`` (simple, daily, by day and symbol) are for what rests on history: volatility, Monte Carlo and reverse
    stress, recovery, replay. ``daily_values`` is the money traded in a day by symbol, for the cost of selling.
    ``limits`` say the VaR's confidence and which loss reverse stress is about. All money is in the instruments'
    currency.

    :raises ValueError: an exposure that is not finite, without an instrument or without returns, or of a sector that
        has no shocks: what can't be stressed is not taken to be safe.
    """

    def __init__(
        self,
        exposures: Mapping[str, float] | pd.Series[float],
        instruments: Iterable[Instrument],
        equity: float | None = None,
        *,
        returns: pd.DataFrame | None = None,
        daily_values: Mapping[str, float] | None = None,
        stresses: ScenarioSet = SHIPPED,
        limits: LimitSet = STANDARD,
    ) -> None:
        held = pd.Series(dict(exposures) if isinstance(exposures, Mapping) else exposures, dtype=float)
        self.exposures = held[held != 0.0]
        self.equity, self.stresses, self.limits = equity, stresses, limits
        known = {each.symbol: each for each in instruments}
        self._shocks = pd.DataFrame(
            {name: shocks_of(stresses, str(name), float(amount), known) for name, amount in self.exposures.items()},
            index=stresses.names,
        )
        self._half_spreads = {name: 0.5e-4 * (known[str(name)].spread_bps or np.nan) for name in self.exposures.index}
        self._daily_values = dict(daily_values or {})
        self.returns = None if returns is None else returns_of(returns, self.exposures.index)

    @classmethod
    def of(cls, data: PortfolioData, stresses: ScenarioSet = SHIPPED) -> Self:
        """Today's positions of the data."""
        return cls(
            data.exposures,
            data.instruments.values(),
            data.equity,
            returns=data.returns,
            daily_values=daily_values_of(data),
            stresses=stresses,
            limits=data.limits,
        )

    async def run_comprehensive_stress_test(
        self,
        scenarios: Iterable[str] | None = None,
        *,
        monte_carlo_paths: int = PATHS,
        reverse_loss: float | None = None,
        window: tuple[str, str] | None = None,
        seed: int = 0,
    ) -> StressResults:
        """:meth:`run_comprehensive_stress_test_sync` in a thread."""
        return await asyncio.to_thread(
            self.run_comprehensive_stress_test_sync,
            scenarios,
            monte_carlo_paths=monte_carlo_paths,
            reverse_loss=reverse_loss,
            window=window,
            seed=seed,
        )

    def run_comprehensive_stress_test_sync(
        self,
        scenarios: Iterable[str] | None = None,
        *,
        monte_carlo_paths: int = PATHS,
        reverse_loss: float | None = None,
        window: tuple[str, str] | None = None,
        seed: int = 0,
    ) -> StressResults:
        """The loss in every scenario, or in the named ones, and all else that stress says.

        ``reverse_loss`` (money) is the loss that reverse stress looks for, by default the one that halts the account
        (``drawdown_halt_max``); ``window`` (first and last day) is replayed. What rests on history and has none says
        so.

        :raises ValueError: an unknown scenario or one that has no figure for the book, a window without days, fewer
            than 100 paths, a reverse loss not above 0.
        """
        chosen = list(self.stresses.scenarios) if scenarios is None else self._named(scenarios)
        parts = pd.DataFrame({each.name: self._losses(each) for each in chosen}, index=self.exposures.index).T
        lost = parts.sum(axis=1, skipna=False)
        totals = lost.dropna().sort_values(ascending=False, kind="stable")
        if scenarios is not None and len(totals) < len(lost):
            raise ValueError(
                f"`scenarios` names {lost.index[lost.isna()][0]!r}, expected one that has figures: "
                f"{self._why(next(each for each in chosen if np.isnan(lost[each.name])))}"
            )
        losses = {str(name): float(loss) + 0.0 for name, loss in totals.items()}
        details = self._report(chosen, losses, monte_carlo_paths, reverse_loss, window, seed)
        return StressResults(parts, {each.name: each.source for each in chosen}, self.equity, details)

    def replay(self, first: str, last: str) -> Replay:
        """Today's positions through the days of the data from ``first`` to ``last``, both included.

        :raises ValueError: no returns, or no day of theirs in the window.
        """
        rows = self._window(first, last)
        if rows is None or not len(rows):
            raise ValueError(f"`window` is {first!r} to {last!r}, expected days of the returns")
        return replay(rows.to_numpy(), self._held)

    def _report(
        self,
        chosen: list[Scenario],
        losses: dict[str, float],
        paths: int,
        reverse_loss: float | None,
        window: tuple[str, str] | None,
        seed: int,
    ) -> StressReport:
        held, confidence = self._held, self.limits.var_confidence_min
        equity = self.equity if self.equity is not None and self.equity > 0.0 else None
        if reverse_loss is not None and not 0.0 < reverse_loss < float("inf"):
            raise ValueError(f"`reverse_loss` is {reverse_loss}, expected a finite amount above 0")
        target = reverse_loss or (equity * self.limits.drawdown_halt_max if equity else None)
        var = None if self.covariance is None else normal_quantile(confidence) * self._sigma
        return StressReport(
            losses=losses,
            unavailable={each.name: self._why(each) for each in chosen if each.name not in losses},
            rebounded={
                each.name: (1.0 - each.rebound) * losses[each.name]
                for each in chosen
                if each.rebound and each.name in losses
            },
            confidence=confidence,
            value_at_risk=var,
            value_at_risk_limit=self.limits.var_max * equity if equity else None,
            monte_carlo=simulate(
                held, self.covariance, paths, seed, names=[str(each) for each in self.exposures.index]
            ),
            reverse=reverse(held, self.covariance, target),
            recovery=recover(self._book_returns, losses, equity, seed),
            underwater=dict(self._underwater(chosen)),
            replay=self.replay(*window) if window else None,
            warnings=self._warnings,
        )

    @property
    def _held(self) -> Vector:
        """Exposures [N]."""
        return np.asarray(self.exposures.to_numpy(), dtype=np.float64)

    @property
    def covariance(self) -> NDArray[np.float64] | None:
        """EWMA covariance [N, N] of the daily returns, as the market view's."""
        return None if self._forecast is None else self._forecast.matrix

    @cached_property
    def _forecast(self) -> Forecast | None:
        if self.returns is None or not self.returns.size:
            return None
        return CovarianceModel().forecast(self.returns.to_numpy())

    @property
    def _warnings(self) -> tuple[str, ...]:
        """Of the covariance, and of the returns that it is made of."""
        if self._forecast is None or self.returns is None:
            return ()
        return (*self._forecast.warnings, *split_warnings(self.returns.iloc[-WINDOW:]))

    @cached_property
    def _sigma(self) -> float:
        """Standard deviation of the book's P&L a day."""
        held = self._held
        return float(np.sqrt(max(0.0, float(held @ self.covariance @ held)))) if self.covariance is not None else np.nan

    @property
    def _book_returns(self) -> Vector | None:
        if self.returns is None or self.equity is None or not self.equity > 0.0 or not self.returns.size:
            return None
        return np.asarray((self.returns @ self.exposures / self.equity).to_numpy(), dtype=np.float64)

    def _named(self, names: Iterable[str]) -> list[Scenario]:
        by_name, wanted = dict(zip(self.stresses.names, self.stresses.scenarios, strict=True)), list(names)
        unknown = [name for name in wanted if name not in by_name]
        if unknown or not wanted:
            seen = repr(unknown[0]) if unknown else "nothing"
            raise ValueError(f"`scenarios` names {seen}, expected some of {', '.join(by_name)}")
        return [by_name[name] for name in wanted]

    def _losses(self, scenario: Scenario) -> pd.Series[float]:
        """Loss by symbol: shocks, what selling costs, and each one's part of the VaR."""
        losses = 0.0 - pd.Series(self._shocks.loc[scenario.name] * self.exposures, dtype=float)
        if scenario.costs:
            losses += pd.Series(
                {symbol: self._cost(scenario, symbol, amount) for symbol, amount in self.exposures.items()}, dtype=float
            )
        if scenario.volatility_multiple and len(self.exposures):
            z = normal_quantile(self.limits.var_confidence_min)
            losses += z * scenario.volatility_multiple * self._tails(scenario.correlation_one)
        return losses

    def _cost(self, scenario: Scenario, symbol: Any, amount: float) -> float:
        outcome = np.zeros(1)
        ScenarioSet([scenario]).take_costs(
            outcome, 0.0, amount, self._half_spreads[symbol], self._daily_values.get(symbol, float("nan"))
        )
        return -float(outcome[0])

    def _tails(self, undiversified: bool) -> pd.Series[float]:
        """Each symbol's part of the book's standard deviation, with its correlations (Euler's) or without them."""
        if self.covariance is None:
            return pd.Series(np.nan, index=self.exposures.index)
        if undiversified:
            return self.exposures.abs() * np.sqrt(np.diagonal(self.covariance))
        return self.exposures * (self.covariance @ self._held) / (self._sigma or np.inf)

    def _why(self, scenario: Scenario) -> str:
        """Why a scenario has no figure for the book."""
        if scenario.volatility_multiple and self.covariance is None:
            return "the volatilities are not known, expected returns of every position"
        return "what selling costs is not known, expected the volume and spread of every position"

    def _window(self, first: str, last: str) -> pd.DataFrame | None:
        """The returns of the days from ``first`` to ``last``, both included."""
        if self.returns is None or not isinstance(self.returns.index, pd.DatetimeIndex):
            return None
        try:
            return self.returns.loc[pd.Timestamp(first) : pd.Timestamp(last)]
        except (ValueError, TypeError) as error:
            raise ValueError(f"`window` is {first!r} to {last!r}, expected two days: {error}") from None

    def _underwater(self, chosen: list[Scenario]) -> Iterable[tuple[str, Underwater]]:
        """Scenarios whose window lies in the data, in a book rebalanced to today's exposures each day."""
        for each in chosen:
            rows = self._window(*each.window) if each.window is not None else None
            returns = self._book_returns
            if each.window is None or rows is None or returns is None or self.returns is None or len(rows) < 2:
                continue
            began = self.returns.index.get_loc(rows.index[0])
            if self.returns.index[0] > pd.Timestamp(each.window[0]) or not isinstance(began, int):
                continue
            after = returns[began + 1 :]  # the window's first day is the level that is lost
            if (after > -1.0).all():
                yield each.name, days_under_water(after, len(rows) - 1)
