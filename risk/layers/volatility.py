"""Layer 8, volatility of the instrument: EWMA now, GARCH forecast, regime, and whether it clusters."""

from __future__ import annotations

import math

from risk.estimators.clustering import clustering_ratio
from risk.layers.checks import at_most, missing, summarise, unusable
from risk.proposal import Proposal
from schemas.decisions import Check, LayerResult, Verdict
from schemas.reasons import Reason


def volatility(p: Proposal) -> LayerResult:
    """Annualised by the square root of the bars in a year; the forecast's unit names its model."""
    age_ns = p.age_ns(p.bar_ns, _fitted_ns(p), p.market.analysis.time_ns)
    return summarise(8, "volatility", _checks(p), p.reducing, age_ns)


def _fitted_ns(p: Proposal) -> int | None:
    return int(p.market.garch_time_ns[p.index]) if p.index is not None else None


def _parameters(p: Proposal, index: int) -> list[Check]:
    """Fitted GARCH parameters grow old. So do those of the settings, from when there were enough returns for a fit:
    they warn as long as none was good enough, and no longer than a fit may be old."""
    market, limits = p.market, p.limits
    if not market.config.garch_refit_bars or not market.garch_due_ns[index]:
        return []
    fitted_ns = int(market.garch_time_ns[index])
    age_ns = float(abs(p.now_ns - (fitted_ns or int(market.garch_due_ns[index]))))
    if age_ns > limits.garch_age_max_ns:
        return [
            at_most("volatility_garch_age", age_ns, limits.garch_age_max_ns, "ns", Reason.VOLATILITY_FORECAST_STALE)
        ]
    if not fitted_ns:
        return [Check(name="garch_parameters", unit="of the settings: no fit was taken", verdict=Verdict.WARN)]
    return []


def _checks(p: Proposal) -> list[Check]:
    if p.index is None:
        return [missing("volatility", Reason.VOLATILITY_MISSING)]
    market, limits = p.market, p.limits
    variance, forecast = float(market.variance[p.index]), float(market.forecast[p.index])
    long_run = float(market.long_run[p.index])
    if math.isnan(variance) or math.isnan(forecast) or not long_run > 0:
        return [missing("volatility", Reason.VOLATILITY_MISSING)]
    periods = market.config.periods_per_year
    return [
        *_parameters(p, p.index),
        at_most(
            "volatility_ewma",
            math.sqrt(variance * periods),
            limits.volatility_max,
            "annual",
            Reason.VOLATILITY_EXCEEDED,
        ),
        at_most(
            "volatility_garch",
            math.sqrt(forecast * periods),
            limits.volatility_forecast_max,
            f"annual, {market.garch_models.get(market.symbols[p.index], 'GARCH of the settings')}",
            Reason.VOLATILITY_FORECAST_EXCEEDED,
        ),
        at_most(
            "clustering",
            float(clustering_ratio(variance, long_run)),
            limits.clustering_max,
            "x long-run variance",
            Reason.VOLATILITY_CLUSTERING_EXCEEDED,
        ),
        at_most(
            "regime",
            float(market.regime[p.index]),
            limits.regime_max,
            "0 calm, 1 elevated, 2 stressed",
            Reason.VOLATILITY_REGIME_EXCEEDED,
        ),
        _arch_lm(p, p.index),
    ]


def _arch_lm(p: Proposal, index: int) -> Check:
    """Engle's test over the history, computed beside the decisions."""
    found = p.market.analysis.clustering_of(index)
    reason = Reason.CLUSTERING_TEST_UNAVAILABLE
    return unusable("arch_lm", found, p.analysis_age_ns, p.limits.analysis_age_max_ns, reason) or at_most(
        "arch_lm", found, p.limits.arch_lm_max, "chi-squared of 5", Reason.CLUSTERING_TEST_EXCEEDED
    )
