"""The part of layer 1 that holds an order to a multiple of the size that the preset's method gives, in O(1)."""

from __future__ import annotations

import math
from collections.abc import Callable

from risk.layers.checks import at_most, excused
from risk.measures.var import normal_quantile
from risk.proposal import Proposal
from risk.sizing.kelly_continuous import kelly_continuous
from schemas.decisions import Check, Verdict
from schemas.presets import SizingMethod
from schemas.reasons import Reason


def sizing(p: Proposal) -> list[Check]:
    """The order's value in multiples of the position that the method allows. What is unknown here is refused by the
    layers that it belongs to."""
    variance = float(p.market.variance[p.index]) if p.index is not None else math.nan
    if p.equity is None or p.unit is None or not variance > 0:
        return []
    method = p.preset.sizing_method
    sized = p.equity * _WEIGHTS[method](p, p.index or 0, variance)
    check = _judged(f"{method}_size", p.value, sized, p.limits.sizing_multiple_max)
    return [excused(check) if p.reducing else check]


def _judged(name: str, value: float, sized: float, multiple: float) -> Check:
    if sized > 0.0:
        return at_most(name, value / sized, multiple, "x sized value", Reason.SIZING_EXCEEDED)
    return Check(name=name, measure=value, limit=0.0, unit="money", verdict=Verdict.FAIL, reason=Reason.SIZING_EXCEEDED)


def _volatility_target(p: Proposal, _index: int, variance: float) -> float:
    """Weight at which the position alone has the target volatility a year."""
    return p.preset.volatility_target / math.sqrt(variance * p.market.config.periods_per_year)


def _var_budget(p: Proposal, _index: int, variance: float) -> float:
    """Weight at which the position alone has the budget as its normal VaR of one day."""
    return p.preset.var_budget / (normal_quantile(p.limits.var_confidence_min) * math.sqrt(variance))


def _kelly(p: Proposal, index: int, variance: float) -> float:
    """Fractional Kelly of the mean return, in the order's direction, at today's variance; shrunk by the mean's error,
    so that an edge within one standard error of nothing gets no size (:mod:`risk.sizing.kelly_continuous`)."""
    periods = p.market.config.periods_per_year
    drift = p.order.side.sign * periods * float(p.market.mean[index])
    years = float(p.market.observations[index]) / periods
    return kelly_continuous(drift, 0.0, math.sqrt(variance * periods), p.preset.kelly_fraction, years)


_WEIGHTS: dict[SizingMethod, Callable[[Proposal, int, float], float]] = {
    "volatility_target": _volatility_target,
    "var_budget": _var_budget,
    "kelly": _kelly,
}
