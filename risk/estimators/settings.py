"""Settings of the market view, and the panel of estimators they describe."""

from __future__ import annotations

import msgspec

from risk.estimators.panel import Panel
from risk.estimators.turbulence import Turbulence


class MarketConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the market view. Lambdas are decays per bar, ``*_min`` counts are numbers of returns (of bars for
    volume), ``history`` is in rows.

    ``return_max``: a bar whose simple return is larger, either way, is refused. ``gap_max``: a return over more missed
    rows than this is not taken. ``periods_per_year`` annualises; it must fit the bars' period, which is
    ``bar_period_ns`` or, without it, that of the first bar.
    """

    lambda_volatility: float = 0.94
    lambda_correlation: float = 0.97
    garch_alpha: float = 0.10
    garch_beta: float = 0.88
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
    periods_per_year: int = 252
    bar_period_ns: int | None = None

    def __post_init__(self) -> None:
        for name in ("observations_min", "correlation_observations_min", "volume_observations_min"):
            if getattr(self, name) < 2:
                raise ValueError(f"`{name}` is {getattr(self, name)}, expected at least 2")
        if not 0.0 < self.return_max < 1.0:
            raise ValueError(f"`return_max` is {self.return_max}, expected above 0 and below 1")
        if self.gap_max < 0 or self.volume_half_life <= 0 or self.periods_per_year < 1:
            raise ValueError("`gap_max`, `volume_half_life` or `periods_per_year` is negative or zero")

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
            turbulence=turbulence,
            rows=self.history,
        )
