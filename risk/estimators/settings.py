"""Settings of the market view, and the panel of estimators they describe."""

from __future__ import annotations

from math import inf
from typing import Literal

import msgspec

from risk.estimators.panel import Panel
from risk.estimators.regime import Regime
from risk.estimators.sampler import SPLIT_TOLERANCE
from risk.estimators.sound_covariance import Shrinkage
from risk.estimators.tick_filter import TickRule
from risk.estimators.turbulence import Turbulence
from risk.window import WINDOW
from schemas.market import MarkKind

_SHARES = (
    "lambda_volatility",
    "lambda_correlation",
    "turbulence_lambda",
    "turbulence_shrinkage",
    "regime_easing",
    "return_max",
)
_LEAST = {
    "history": 1,
    "split_tolerance": 0,
    "observations_min": 2,
    "correlation_observations_min": 2,
    "volume_observations_min": 2,
    "gap_max": 0,
    "bars_missed_max": 0,
    "mark_confirmations": 2,
    "mark_confirm_ns": 0,
    "time_jump_max_ns": 1,
    "future_max_ns": 1,
    "periods_per_year": 1,
    "bar_period_ns": 1,
    "garch_refit_bars": 0,
    "garch_observations_min": 100,
}
_ABOVE = {
    "volume_half_life": 0.0,
    "mark_return_max": 0.0,
    "level_return_max": 0.0,
    "rate_return_max": 0.0,
    "garch_jump_max": 1.0,
}


class MarketConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the market view. Lambdas are decays per bar, ``*_min`` counts are numbers of returns (of bars for
    volume), ``history`` is in rows, by default as many as the default VaR is backtested with. Covariances are
    ``lambda_volatility``'s variances at ``lambda_correlation``'s correlations.

    ``return_max``: a bar whose simple return is larger, either way, is refused, as is one within ``split_tolerance`` of
    a split's ratio (0: none is). ``gap_max``: a return over more missed rows than this is not taken;
    ``bars_missed_max``: a symbol that missed more rows has stopped, and nothing that its bars said is used.
    ``negative_price_symbols``: instruments whose prices may be zero or below, as those of futures; those whose
    reference data says so need not be named.

    ``mark_return_max``, ``level_return_max`` and ``rate_return_max``: a price, level of an index or exchange rate that
    moved by more than 1 + this as a factor, either way, is not believed before ``mark_confirmations`` marks over at
    least ``mark_confirm_ns`` agree; nor is a price that moved like a split. As many over as long confirm also what is
    believed at once, where it is to last (see :mod:`risk.sightings`). ``time_jump_max_ns``: marks further ahead of all
    before them wait until as many agree. ``future_max_ns``: ticks and orders further ahead of now are refused.

    ``covariance_shrinkage``: the target that covariances are shrunk to, see :mod:`risk.estimators.sound_covariance`.
    ``benchmark`` is the symbol, of an index or an instrument, that accounts are compared with; empty: none.
    ``periods_per_year`` annualises; it must fit the bars' period, which is ``bar_period_ns`` or, without it, that of
    the first bar.

    ``garch_alpha`` and ``garch_beta`` hold until a symbol is first refitted: every ``garch_refit_bars`` (0: never) and
    when its regime becomes stressed, with ``garch_leverage`` (GJR) or without; a fit that moves the forecast by more
    than the factor ``garch_jump_max``, or is not stationary, gives way to the next of :mod:`risk.garch_ladder`.
    Regimes are ratios of volatility to its long run, see :class:`risk.estimators.regime.Regime`.
    """

    lambda_volatility: float = 0.94
    lambda_correlation: float = 0.97
    covariance_shrinkage: Shrinkage = "none"
    garch_alpha: float = 0.10
    garch_beta: float = 0.88
    garch_leverage: bool = False
    garch_innovations: Literal["normal", "student_t"] = "normal"
    garch_refit_bars: int = 21
    garch_observations_min: int = 250
    garch_jump_max: float = 4.0
    regime_elevated: float = 1.5
    regime_stressed: float = 2.5
    regime_easing: float = 0.8
    benchmark: str = ""
    history: int = WINDOW
    observations_min: int = 30
    correlation_observations_min: int = 60
    volume_observations_min: int = 20
    volume_half_life: float = 20.0
    turbulence_lambda: float = 0.99
    turbulence_shrinkage: float = 0.1
    turbulence_observations_min: int = 100
    return_max: float = 0.9
    gap_max: int = 3
    bars_missed_max: int = 5
    split_tolerance: float = SPLIT_TOLERANCE
    negative_price_symbols: tuple[str, ...] = ()
    mark_return_max: float = 0.5
    level_return_max: float = 2.0
    rate_return_max: float = 0.2
    mark_confirmations: int = 3
    mark_confirm_ns: int = 1_000_000_000
    time_jump_max_ns: int = 7 * 86_400_000_000_000
    future_max_ns: int = 5_000_000_000
    periods_per_year: int = 252
    bar_period_ns: int | None = None

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None and not value >= least:
                raise ValueError(f"`{name}` is {value}, expected at least {least}")
        for name, bound in _ABOVE.items():
            if not bound < getattr(self, name) < inf:
                raise ValueError(f"`{name}` is {getattr(self, name)}, expected a finite number above {bound:g}")
        for name in _SHARES:
            if not 0.0 < getattr(self, name) < 1.0:
                raise ValueError(f"`{name}` is {getattr(self, name)}, expected above 0 and below 1")
        self.panel()  # what estimators ask of several settings at once

    def tick_rule(self, kind: MarkKind) -> TickRule:
        """How far marks of a kind may move; only instruments split."""
        bounds = {MarkKind.INSTRUMENT: self.mark_return_max, MarkKind.INDEX: self.level_return_max}
        tolerance = self.split_tolerance if kind is MarkKind.INSTRUMENT else 0.0
        return TickRule(
            bounds.get(kind, self.rate_return_max), tolerance, self.mark_confirmations, self.mark_confirm_ns
        )

    def panel(self) -> Panel:
        """New estimators.

        :raises ValueError: a setting is outside its range; the message says which.
        """
        turbulence = Turbulence(
            self.turbulence_lambda, self.turbulence_shrinkage, self.turbulence_observations_min, size=0
        )
        return Panel(
            lambda_volatility=self.lambda_volatility,
            lambda_correlation=self.lambda_correlation,
            lambda_volume=0.5 ** (1.0 / self.volume_half_life),
            alpha=self.garch_alpha,
            beta=self.garch_beta,
            regime=Regime(self.regime_elevated, self.regime_stressed, self.regime_easing, size=0),
            turbulence=turbulence,
            rows=self.history,
            shrinkage=self.covariance_shrinkage,
        )
