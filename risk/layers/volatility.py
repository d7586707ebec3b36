"""Layer 8, volatility of the instrument: EWMA now, GARCH forecast, regime, and whether it clusters."""

from __future__ import annotations

import math

from risk.estimators.clustering import clustering_ratio
from risk.layers.checks import at_most, missing, summarise
from risk.proposal import Proposal
from schemas.decisions import Check, LayerResult
from schemas.reasons import Reason


def volatility(p: Proposal) -> LayerResult:
    """Annualised by the square root of the bars in a year."""
    return summarise(8, "volatility", _checks(p), p.reducing, p.analysis_age_ns)


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
            "annual",
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
    if not p.analysed or math.isnan(found):
        return missing("arch_lm", Reason.CLUSTERING_TEST_UNAVAILABLE)
    return at_most("arch_lm", found, p.limits.arch_lm_max, "chi-squared of 5", Reason.CLUSTERING_TEST_EXCEEDED)
