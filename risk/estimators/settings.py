"""Settings of the market view, and the panel of estimators they describe."""

from __future__ import annotations

from typing import Literal

import msgspec

from risk.estimators.panel import Panel
from risk.estimators.regime import Regime
from risk.estimators.turbulence import Turbulence


class MarketConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the market view. Lambdas are decays per bar, ``*_min`` counts are numbers of returns (of bars for
    volume), ``history`` is in rows.

    ``return_max``: a bar whose simple return is larger, either way, is refused, as is one within ``split_tolerance`` of
    a split's ratio (0: none is). ``gap_max``: a return over more missed rows than this is not taken;
    ``bars_missed_max``: a symbol that missed more rows has stopped, and nothing that its bars said is used.
    ``negative_price_symbols``: instruments whose closes may be zero or below, as those of futures.
    ``periods_per_year`` annualises; it must fit the bars' period, which is ``bar_period_ns`` or, without it, that of
    the first bar.

    ``garch_alpha`` and ``garch_beta`` hold until a symbol is first refitted: every ``garch_refit_bars`` (0: never) and
    when its regime becomes stressed, with ``garch_leverage`` (GJR) or without; a fit that moves the forecast by more
    than the factor ``garch_jump_max`` is not taken. Regimes are ratios of volatility to its long run, see
    :class:`risk.estimators.regime.Regime`.
    """

    lambda_volatility: float = 0.94
    lambda_correlation: float = 0.97
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
    history: int = 500
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
    split_tolerance: float = 0.02
    negative_price_symbols: tuple[str, ...] = ()
    periods_per_year: int = 252
    bar_period_ns: int | None = None

    def __post_init__(self) -> None:
        for name in ("observations_min", "correlation_observations_min", "volume_observations_min"):
            if getattr(self, name) < 2:
                raise ValueError(f"`{name}` is {getattr(self, name)}, expected at least 2")
        if not 0.0 < self.return_max < 1.0:
            raise ValueError(f"`return_max` is {self.return_max}, expected above 0 and below 1")
        if min(self.gap_max, self.bars_missed_max) < 0 or self.volume_half_life <= 0 or self.periods_per_year < 1:
            raise ValueError(
                "`gap_max`, `bars_missed_max`, `volume_half_life` or `periods_per_year` is negative or zero"
            )
        if self.garch_refit_bars < 0 or self.garch_observations_min < 100 or not self.garch_jump_max > 1.0:
            raise ValueError(
                f"`garch_refit_bars` is {self.garch_refit_bars}, expected at least 0; `garch_observations_min` "
                f"{self.garch_observations_min}, expected at least 100; `garch_jump_max` {self.garch_jump_max}, "
                f"expected above 1"
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
        )
