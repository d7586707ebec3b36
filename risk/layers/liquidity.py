"""Layer 4, liquidity: the spread, the order's share of a day's volume, how long the position takes to sell, and what
selling the book costs."""

from __future__ import annotations

import math

from risk.layers.checks import at_most, missing, summarise, var_unit
from risk.proposal import Proposal
from schemas.decisions import Check, LayerResult
from schemas.reasons import Reason


def liquidity(p: Proposal) -> LayerResult:
    """Days to liquidate = |position| / (participation * ADV)."""
    age_ns = p.age_ns(p.marks_ns, p.quotes_ns, p.bars_ns)
    return summarise(4, "liquidity", [_spread(p), *_volume(p), *_cost(p)], p.reducing, age_ns)


def _spread(p: Proposal) -> Check:
    """Of a fresh quote; without one, the instrument's assumed spread; without that, unknown."""
    if math.isnan(p.spread.relative):
        return missing("spread", Reason.SPREAD_UNKNOWN)
    return at_most("spread", p.spread.relative, p.limits.spread_max, "fraction of mid", Reason.SPREAD_EXCEEDED)


def _volume(p: Proposal) -> list[Check]:
    adv = p.daily_volume
    if math.isnan(adv) or p.unit is None:
        return [missing("average_daily_volume", Reason.VOLUME_UNKNOWN)]
    position = abs(p.after) / p.unit.size
    days = position / (p.limits.participation_max * adv)
    return [
        at_most(
            "adv_share", float(p.quantity) / adv, p.limits.adv_share_max, "fraction of ADV", Reason.ADV_SHARE_EXCEEDED
        ),
        at_most("liquidation_days", days, p.limits.liquidation_days_max, "days", Reason.LIQUIDATION_DAYS_EXCEEDED),
    ]


def _cost(p: Proposal) -> list[Check]:
    """Half the spread on every exposure after the order, alone and on top of the VaR by the preset's method (LVaR;
    Bangia et al., 1999, with the present spread). Without equity or that VaR other layers refuse."""
    book, equity = p.book, p.equity
    if book is None or equity is None or p.instrument is None or p.index is None:
        return []
    cost = book.cost + (abs(p.after) - abs(p.before)) * p.spread.half
    if math.isnan(cost):
        return [missing("liquidation_cost", Reason.LIQUIDATION_COST_UNKNOWN)]
    limits, unit = p.limits, "fraction of equity"
    own = at_most(
        "liquidation_cost", cost / equity, limits.liquidation_cost_max, unit, Reason.LIQUIDATION_COST_EXCEEDED
    )
    tail = p.tail
    if tail is None or tail.after is None:
        return [own]
    adjusted = (tail.after.var + cost) / equity
    unit = var_unit(p.preset.var_method, limits.var_confidence_min, tail.observations)
    return [own, at_most("liquidity_var", adjusted, limits.liquidity_var_max, unit, Reason.LIQUIDITY_VAR_EXCEEDED)]
