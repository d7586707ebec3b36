"""What an account is judged by: limits, tighter limits for a crisis, and how the layers measure and weigh."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal

import msgspec

from schemas.base import Identifier
from schemas.limits import CONSERVATIVE, MARKET_NEUTRAL, STANDARD, LimitSet, Positive, most_restrictive

VarMethod = Literal["historical", "filtered_historical", "age_weighted", "cornish_fisher", "parametric_t"]
ScaledZone = Literal["yellow", "red"]
SizingMethod = Literal["volatility_target", "var_budget", "kelly"]
Weight = Annotated[float, msgspec.Meta(ge=0)]
#: The nine layers that the score of the tenth is made of, by name.
SCORED = (
    "order_controls",
    "portfolio",
    "correlation",
    "liquidity",
    "value_at_risk",
    "stress",
    "breakers",
    "volatility",
    "black_swan",
)


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """One way to judge an account's orders. An account may bring limits of its own; the rest is its preset's.

    ``crisis``: limits that hold as well while the VIX is above ``vix_crisis_max``, ages aside. ``sizing_method``:
    what sizes the position that ``sizing_multiple_max`` multiplies. Alone, it has the annual volatility
    ``volatility_target`` or the one-day VaR ``var_budget``, fractions of equity, or is ``kelly_fraction`` of
    Kelly's. ``var_method``: by what VaR and ES are taken beside the normal VaR; ``var_scaled_by_backtest``: whether
    VaR limits shrink by the Basel multiplier of their backtest, relative to the green zone's; ``var_scaled_from``: from
    which zone on. ``stress_scenarios``: names of those that layer 6 takes, else all. ``score_weights``: how much each
    layer's room counts in the mean; ``score_worst_share``: the share of the score that is the worst layer's room.
    """

    limits: LimitSet
    crisis: LimitSet
    sizing_method: SizingMethod = "volatility_target"
    volatility_target: Positive = 0.10
    var_budget: Positive = 0.01
    kelly_fraction: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.5
    var_method: VarMethod = "filtered_historical"
    var_scaled_by_backtest: bool = True
    var_scaled_from: ScaledZone = "yellow"
    stress_scenarios: Annotated[tuple[Identifier, ...], msgspec.Meta(min_length=1)] | None = None
    score_weights: dict[Identifier, Weight] = msgspec.field(default_factory=lambda: dict.fromkeys(SCORED, 1.0))
    score_worst_share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5

    def __post_init__(self) -> None:
        if set(self.score_weights) != set(SCORED) or not sum(self.score_weights.values()) > 0:
            raise ValueError(
                f"`score_weights` is {self.score_weights}, expected a weight for each of "
                f"{', '.join(SCORED)}, not all of them 0"
            )


@lru_cache(maxsize=1024)
def both(limits: LimitSet, others: LimitSet) -> LimitSet:
    """The limits that satisfy both sets. Only one says how old inputs may be: that is about data, not about risk."""
    risks = {name: value for name, value in msgspec.structs.asdict(others).items() if not name.endswith("_age_max_ns")}
    return most_restrictive(limits, risks)


_WEIGHTS = dict.fromkeys(SCORED, 1.0) | {"value_at_risk": 2.0, "stress": 2.0, "breakers": 2.0}
_HALVED = (
    "order_value_max",
    "position_value_max",
    "gross_exposure_max",
    "net_exposure_max",
    "leverage_max",
    "position_weight_max",
    "sector_share_max",
    "var_max",
    "historical_var_max",
    "expected_shortfall_max",
    "var_increment_max",
    "expected_shortfall_increment_max",
    "adv_share_max",
)


def tightened(limits: LimitSet) -> LimitSet:
    """Half of every limit on size and risk."""
    return msgspec.structs.replace(limits, **{name: getattr(limits, name) / 2 for name in _HALVED})


#: Those that ship; a process may know more, see :mod:`schemas.preset_files`.
PRESETS: dict[str, Preset] = {
    "standard": Preset(limits=STANDARD, crisis=tightened(STANDARD), score_weights=_WEIGHTS),
    "conservative": Preset(
        limits=CONSERVATIVE, crisis=tightened(CONSERVATIVE), score_weights=_WEIGHTS, volatility_target=0.05
    ),
    "market_neutral": Preset(
        limits=MARKET_NEUTRAL, crisis=tightened(MARKET_NEUTRAL), score_weights=_WEIGHTS, sizing_method="var_budget"
    ),
}
