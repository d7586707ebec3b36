"""Layer 5, value at risk after the order: normal in O(1) from Sigma @ exposure, by the preset's method with ES in at
most one pass over the scenarios; what the order adds to each, and how the method stands its backtest."""

from __future__ import annotations

import math
from functools import lru_cache

from risk.backtests.tracker import INSUFFICIENT
from risk.backtests.traffic_light import Zone, bounds, multiplier
from risk.book import Book
from risk.layers.checks import at_most, missing, summarise, var_unit
from risk.measures.var import TailRisk, normal_quantile
from risk.proposal import Proposal
from risk.var_comparison import applied_scale
from schemas.decisions import Check, LayerResult, Verdict
from schemas.reasons import Reason

_NO_COVARIANCE = missing("covariance", Reason.VAR_UNAVAILABLE)
_NO_MODEL = missing("var_model", Reason.VAR_MODEL_INVALID)
_ZONES = frozenset(zone.value for zone in Zone)


def value_at_risk(p: Proposal) -> LayerResult:
    """One-day VaR and ES as fractions of equity, what the order adds, and the zone of the backtest."""
    book, equity, age_ns = p.book, p.equity, p.age_ns(p.marks_ns, p.bars_ns)
    if book is None or equity is None or p.index is None or p.unit is None:
        return summarise(5, "value_at_risk", [_NO_COVARIANCE, *_backtest(p)], p.reducing, age_ns)
    checks = [*_normal(p, book, equity, p.index), *_chosen(p, equity), *_backtest(p)]
    return summarise(5, "value_at_risk", checks, p.reducing, age_ns)


def _normal(p: Proposal, book: Book, equity: float, index: int) -> list[Check]:
    if book.unmodelled or index >= len(book.covered) or math.isnan(p.variance):
        return [_NO_COVARIANCE]
    z, unit = normal_quantile(p.limits.var_confidence_min), var_unit("normal", p.limits.var_confidence_min)
    before, after = z * math.sqrt(book.variance_max), z * math.sqrt(p.variance)
    added, limits = (after - before) / equity, p.limits
    return [
        at_most("var_parametric", after / equity, limits.var_max * _scale(p), unit, Reason.VAR_EXCEEDED),
        at_most("var_parametric_increment", added, limits.var_increment_max, unit, Reason.VAR_INCREMENT_EXCEEDED),
    ]


def _chosen(p: Proposal, equity: float) -> list[Check]:
    """By the preset's method: the book after the order, and what it has more than the book before."""
    tail = p.tail
    if tail is None:
        return [missing("history", Reason.HISTORY_TOO_SHORT)]
    if tail.before is not None and tail.after is not None:
        unit = var_unit(p.preset.var_method, p.limits.var_confidence_min, tail.observations)
        return _tails(p, equity, tail.before, tail.after, unit)
    short = tail.observations < p.observations_needed
    return [_too_short(tail.observations, p.observations_needed) if short else _NO_MODEL]


def _too_short(known: int, needed: float) -> Check:
    return Check(
        name="history",
        measure=float(known),
        limit=needed,
        unit="observations",
        verdict=Verdict.UNAVAILABLE,
        reason=Reason.HISTORY_TOO_SHORT,
    )


def _tails(p: Proposal, equity: float, before: TailRisk, after: TailRisk, unit: str) -> list[Check]:
    limits, method, scale = p.limits, p.preset.var_method, _scale(p)
    (var, shortfall), added = after, after.var - before.var
    return [
        at_most("var_increment", added / equity, limits.var_increment_max, unit, Reason.VAR_INCREMENT_EXCEEDED),
        at_most(f"var_{method}", var / equity, limits.historical_var_max * scale, unit, Reason.HISTORICAL_VAR_EXCEEDED),
        at_most(
            "expected_shortfall",
            shortfall / equity,
            limits.expected_shortfall_max * scale,
            unit,
            Reason.EXPECTED_SHORTFALL_EXCEEDED,
        ),
        at_most(
            "expected_shortfall_increment",
            (shortfall - before.shortfall) / equity,
            limits.expected_shortfall_increment_max,
            unit,
            Reason.EXPECTED_SHORTFALL_INCREMENT_EXCEEDED,
        ),
    ]


def _scale(p: Proposal) -> float:
    """What the backtest of the account's VaR leaves of its limits."""
    return applied_scale(p.account.backtest, p.preset) if p.account is not None else 1.0


def _backtest(p: Proposal) -> list[Check]:
    """How often the account lost more than the VaR it was forecast, and where that is a zone, the multiplier of Basel
    that it came to as the day began. They never reject: they scale the limits."""
    if p.account is None:
        return []
    backtest = p.account.backtest
    tracker = backtest.tracker(p.preset.var_method, p.limits.var_confidence_min)
    zone = _zone(tracker.exceptions, tracker.observations, tracker.zone, tracker.method, tracker.confidence)
    return [zone, _multiplier(backtest.scale, backtest.zone, _scale(p))] if backtest.zone in _ZONES else [zone]


@lru_cache(maxsize=4096)
def _zone(exceptions: int, observations: int, zone: str, method: str, confidence: float) -> Check:
    return Check(
        name="backtest_zone",
        measure=float(exceptions),
        limit=None if zone == INSUFFICIENT else float(bounds(observations, confidence).green),
        unit=f"exceptions, {observations} days, {zone}, {method} {100 * confidence:g}%",
        verdict=Verdict.WARN if zone in (Zone.YELLOW, Zone.RED) else Verdict.PASS,
    )


@lru_cache(maxsize=256)
def _multiplier(left: float, zone: str, applied: float) -> Check:
    """``left`` of the limits is what the multiplier leaves, ``applied`` what the preset lets it."""
    return Check(
        name="backtest_multiplier",
        measure=round(multiplier(0) / left, 2),
        unit=f"{zone} zone, VaR limits times {applied:.3g}",
        verdict=Verdict.WARN if applied < 1.0 else Verdict.PASS,
    )
