"""The limits that the ten layers hold an order to, and the sets that ship."""

from __future__ import annotations

from math import isfinite
from typing import Annotated

import msgspec

from schemas.base import shown

Fraction = Annotated[float, msgspec.Meta(ge=0)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
Confidence = Annotated[float, msgspec.Meta(gt=0, lt=1)]


class LimitSet(msgspec.Struct, frozen=True, kw_only=True):
    """One complete set of limits. Money is in the account's base currency, rates are decimals of equity.

    Every field ends in ``_max`` (the measure must stay at or below) or ``_min`` (at or above); of several sets that
    hold for an account the most restrictive value of each field wins.
    """

    # 1 order controls
    order_quantity_max: Positive = 50_000.0
    order_value_max: Positive = 1_000_000.0
    position_value_max: Positive = 2_500_000.0
    price_collar_max: Positive = 0.05
    message_rate_max: Positive = 100.0
    sizing_multiple_max: Positive = 10.0
    price_age_max_ns: Positive = 5e9
    feed_age_max_ns: Positive = 5e9
    # 2 portfolio
    gross_exposure_max: Positive = 2.0
    net_exposure_max: Positive = 1.2
    leverage_max: Positive = 2.0
    position_weight_max: Positive = 0.25
    concentration_max: Positive = 0.5
    sector_share_max: Positive = 0.6
    marginal_var_max: Positive = 0.20
    component_var_max: Positive = 0.04
    effective_positions_min: Positive = 1.5
    undiversified_exposure_max: Positive = 0.5
    # 3 correlation
    book_correlation_max: Positive = 0.9
    average_correlation_max: Positive = 0.75
    correlation_break_max: Positive = 25.0
    sector_correlation_max: Positive = 0.98
    cross_asset_correlation_max: Positive = 0.95
    # 4 liquidity
    spread_max: Positive = 0.01
    adv_share_max: Positive = 0.05
    liquidation_days_max: Positive = 5.0
    participation_max: Positive = 0.2
    liquidation_cost_max: Positive = 0.01
    liquidity_var_max: Positive = 0.09
    # 5 VaR and ES, one day
    var_confidence_min: Confidence = 0.99
    var_max: Positive = 0.06
    historical_var_max: Positive = 0.08
    expected_shortfall_max: Positive = 0.10
    var_increment_max: Positive = 0.02
    expected_shortfall_increment_max: Positive = 0.03
    history_min: Positive = 250.0
    # 6 stress
    stress_loss_max: Positive = 0.60
    monte_carlo_loss_max: Positive = 0.60
    monte_carlo_shortfall_max: Positive = 0.45
    monte_carlo_age_max_ns: Positive = 900e9
    # 7 breakers, as loss against start-of-day and peak equity
    daily_loss_warn_max: Positive = 0.02
    daily_loss_restrict_max: Positive = 0.03
    daily_loss_reduce_max: Positive = 0.05
    daily_loss_halt_max: Positive = 0.08
    drawdown_warn_max: Positive = 0.10
    drawdown_restrict_max: Positive = 0.15
    drawdown_reduce_max: Positive = 0.20
    drawdown_halt_max: Positive = 0.30
    # 8 volatility, annualised
    volatility_max: Positive = 0.80
    volatility_forecast_max: Positive = 0.90
    clustering_max: Positive = 4.0
    arch_lm_max: Positive = 250.0
    regime_max: Positive = 1.0
    garch_age_max_ns: Positive = 8_640_000e9
    analysis_age_max_ns: Positive = 10_800e9
    # 9 black swan
    vix_warn_max: Positive = 30.0
    vix_restrict_max: Positive = 40.0
    vix_crisis_max: Positive = 50.0
    vix_max: Positive = 70.0
    vix_age_max_ns: Positive = 345_600e9
    turbulence_max: Positive = 12.0
    turbulence_age_max_ns: Positive = 345_600e9
    absorption_max: Positive = 0.795
    volume_anomaly_max: Positive = 8.0
    # 10 assessment
    score_min: Fraction = 10.0


STANDARD = LimitSet()
CONSERVATIVE = LimitSet(
    order_quantity_max=10_000.0,
    order_value_max=250_000.0,
    position_value_max=500_000.0,
    price_collar_max=0.03,
    message_rate_max=20.0,
    gross_exposure_max=1.0,
    net_exposure_max=0.8,
    leverage_max=1.0,
    position_weight_max=0.15,
    concentration_max=0.25,
    sector_share_max=0.4,
    book_correlation_max=0.8,
    average_correlation_max=0.6,
    correlation_break_max=20.0,
    spread_max=0.005,
    adv_share_max=0.02,
    liquidation_days_max=2.0,
    participation_max=0.1,
    sizing_multiple_max=5.0,
    marginal_var_max=0.12,
    component_var_max=0.02,
    effective_positions_min=2.0,
    undiversified_exposure_max=0.3,
    sector_correlation_max=0.95,
    cross_asset_correlation_max=0.9,
    liquidation_cost_max=0.005,
    liquidity_var_max=0.045,
    var_max=0.03,
    historical_var_max=0.04,
    expected_shortfall_max=0.05,
    var_increment_max=0.01,
    expected_shortfall_increment_max=0.015,
    stress_loss_max=0.35,
    monte_carlo_loss_max=0.35,
    monte_carlo_shortfall_max=0.25,
    daily_loss_warn_max=0.01,
    daily_loss_restrict_max=0.015,
    daily_loss_reduce_max=0.025,
    daily_loss_halt_max=0.04,
    drawdown_warn_max=0.05,
    drawdown_restrict_max=0.075,
    drawdown_reduce_max=0.10,
    drawdown_halt_max=0.15,
    volatility_max=0.5,
    volatility_forecast_max=0.55,
    clustering_max=3.0,
    arch_lm_max=180.0,
    regime_max=1.0,
    vix_warn_max=25.0,
    vix_restrict_max=30.0,
    vix_crisis_max=40.0,
    vix_max=60.0,
    turbulence_max=8.0,
    absorption_max=0.79,
    volume_anomaly_max=5.0,
    score_min=20.0,
)
#: Long against short: twice the gross exposure of the standard set, a quarter of the net.
MARKET_NEUTRAL = LimitSet(
    gross_exposure_max=4.0,
    net_exposure_max=0.3,
    leverage_max=3.0,
    position_weight_max=0.15,
    sector_share_max=0.8,
    effective_positions_min=4.0,
    average_correlation_max=0.4,
    liquidity_var_max=0.06,
    var_max=0.04,
    historical_var_max=0.05,
    expected_shortfall_max=0.065,
    stress_loss_max=0.40,
)

LIMIT_NAMES: tuple[str, ...] = LimitSet.__struct_fields__


def most_restrictive(one: LimitSet, changes: dict[str, float]) -> LimitSet:
    """The limits that satisfy both: the smaller of each ``_max``, the larger of each ``_min``."""
    tighter = {
        name: min(value, getattr(one, name)) if "_max" in name else max(value, getattr(one, name))
        for name, value in changes.items()
    }
    return msgspec.structs.replace(one, **tighter)


def changed(one: LimitSet, changes: dict[str, float]) -> LimitSet:
    """The same limits with some values replaced.

    :raises ValueError: a name that is no limit, or a value that a limit can't have.
    """
    unknown = sorted(set(changes) - set(LIMIT_NAMES))
    if unknown:
        name, value = unknown[0], changes[unknown[0]]
        raise ValueError(
            f"`changes.{shown(name)}` is {shown(value)}, expected one of the names {', '.join(LIMIT_NAMES)}"
        )
    return msgspec.structs.replace(one, **{name: _valid(name, value) for name, value in changes.items()})


def _valid(name: str, value: float) -> float:
    try:
        limit: float = getattr(msgspec.convert({name: value}, LimitSet), name)
    except msgspec.ValidationError as error:
        expected = str(error).partition(" - at ")[0].lower()
        raise ValueError(f"`changes.{name}` is {shown(value)}, {expected}") from None
    if not isfinite(limit):
        raise ValueError(f"`changes.{name}` is {limit}, expected a finite number")
    return limit
