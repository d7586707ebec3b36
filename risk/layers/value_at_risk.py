"""Layer 5, value at risk after the order: parametric in O(1) from Sigma @ exposure, over scenarios with ES in O(T)."""

from __future__ import annotations

import math

import numpy as np

from risk.book import Book
from risk.layers.checks import at_most, missing, summarise
from risk.measures.var import historical_var_es, normal_quantile, observations_needed
from risk.proposal import Proposal
from schemas.decisions import Check, LayerResult, Verdict
from schemas.reasons import Reason


def value_at_risk(p: Proposal) -> LayerResult:
    """One-day VaR and ES as fractions of equity, and what the order adds."""
    book, equity = p.book, p.equity
    if book is None or equity is None or p.index is None or p.unit is None:
        return summarise(5, "value_at_risk", [missing("covariance", Reason.VAR_UNAVAILABLE)], p.reducing)
    checks = [*_parametric(p, book, equity, p.index), *_historical(p, book, equity, p.index)]
    return summarise(5, "value_at_risk", checks, p.reducing)


def _parametric(p: Proposal, book: Book, equity: float, index: int) -> list[Check]:
    if book.unmodelled or index >= len(book.covered):
        return [missing("covariance", Reason.VAR_UNAVAILABLE)]
    if math.isnan(p.variance):
        return [missing("covariance", Reason.VAR_UNAVAILABLE)]
    z = normal_quantile(p.limits.var_confidence_min)
    var_before, var_after = z * math.sqrt(book.variance_max), z * math.sqrt(max(0.0, p.variance))
    return [
        at_most(
            "var_parametric",
            var_after / equity,
            p.limits.var_max * _scale(p),
            "fraction of equity",
            Reason.VAR_EXCEEDED,
        ),
        at_most(
            "var_increment",
            (var_after - var_before) / equity,
            p.limits.var_increment_max,
            "fraction of equity",
            Reason.VAR_INCREMENT_EXCEEDED,
        ),
    ]


def _historical(p: Proposal, book: Book, equity: float, index: int) -> list[Check]:
    returns, scale = p.market.scenarios(p.preset.var_method), _scale(p)
    if len(returns) != len(book.history) or index >= returns.shape[1]:
        return [missing("history", Reason.HISTORY_TOO_SHORT)]
    outcomes = book.history + p.filled * returns[:, index]
    if math.isnan(float(outcomes.sum())):
        outcomes = outcomes[~np.isnan(outcomes)]
    needed = max(p.limits.history_min, float(observations_needed(p.limits.var_confidence_min)))
    if len(outcomes) < needed:
        return [
            Check(
                name="history",
                measure=float(len(outcomes)),
                limit=needed,
                unit="observations",
                verdict=Verdict.UNAVAILABLE,
                reason=Reason.HISTORY_TOO_SHORT,
            )
        ]
    var, shortfall = historical_var_es(outcomes, p.limits.var_confidence_min)
    return [
        at_most(
            f"var_{p.preset.var_method}",
            var / equity,
            p.limits.historical_var_max * scale,
            "fraction of equity",
            Reason.HISTORICAL_VAR_EXCEEDED,
        ),
        at_most(
            "expected_shortfall",
            shortfall / equity,
            p.limits.expected_shortfall_max * scale,
            "fraction of equity",
            Reason.EXPECTED_SHORTFALL_EXCEEDED,
        ),
    ]


def _scale(p: Proposal) -> float:
    """What the backtest of the account's VaR leaves of its limits: 1 in the green zone, 0.75 in the red one."""
    return p.account.backtest.scale if p.account is not None and p.preset.var_scaled_by_backtest else 1.0
