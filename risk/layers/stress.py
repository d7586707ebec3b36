"""Layer 6, stress: what the book would lose after the order in each scenario, O(K), and in simulated markets with heavy
tails, one pass over their P&L."""

from __future__ import annotations

import math

from risk.book import Book
from risk.layers.checks import at_most, missing, summarise
from risk.measures.var import normal_quantile
from risk.proposal import Proposal
from risk.stress.monte_carlo import tail_losses
from schemas.decisions import Check, LayerResult
from schemas.reasons import Reason

_NO_SHOCKS = missing("scenarios", Reason.STRESS_UNAVAILABLE)
_NO_PATHS = missing("monte_carlo", Reason.MONTE_CARLO_STRESS_UNAVAILABLE)
#: Of the scenarios next to the worst, the unit that says which one it is.
_RANKS = ("fraction of equity, second worst", "fraction of equity, third worst")


def stress(p: Proposal) -> LayerResult:
    """The first check is named after the worst scenario; the next ones are only told of."""
    book, equity, simulated = p.book, p.equity, p.market.simulated
    age_ns = p.age_ns(p.marks_ns, p.quotes_ns, p.bars_ns, simulated.time_ns)
    if book is None or equity is None or p.index is None or p.unit is None:
        return summarise(6, "stress", [_NO_SHOCKS], p.reducing, age_ns)
    checks = [
        *_scenarios(p, book, equity, p.index),
        *_monte_carlo(p, book, equity, p.index, p.age_ns(simulated.time_ns)),
    ]
    return summarise(6, "stress", checks, p.reducing, age_ns)


def _scenarios(p: Proposal, book: Book, equity: float, index: int) -> list[Check]:
    """A scenario that has no figure, as what it would cost to sell is not known, refuses."""
    outcomes, names = outcomes_after(p, book, index), p.market.stresses.names
    if outcomes is not None and p.preset.stress_scenarios is not None:
        chosen, names = p.market.stresses.chosen(p.preset.stress_scenarios), p.preset.stress_scenarios
        outcomes = [outcomes[k] for k in chosen] if chosen is not None else None
    if outcomes is None:
        return [_NO_SHOCKS]
    if math.isnan(sum(outcomes)):
        unknown = next(k for k, outcome in enumerate(outcomes) if math.isnan(outcome))
        return [missing(names[unknown], Reason.STRESS_UNAVAILABLE)]
    worst, *others = sorted(range(len(outcomes)), key=outcomes.__getitem__)[: 1 + len(_RANKS)]
    return [
        at_most(
            names[worst],
            max(0.0, -outcomes[worst]) / equity,
            p.limits.stress_loss_max,
            "fraction of equity",
            Reason.STRESS_LOSS_EXCEEDED,
        ),
        *(
            Check(name=names[k], measure=max(0.0, -outcomes[k]) / equity, unit=rank)
            for k, rank in zip(others, _RANKS, strict=False)
        ),
    ]


def outcomes_after(p: Proposal, book: Book, index: int) -> list[float] | None:
    """P&L [K] of the book after the order; ``None`` where a position or the order has no shocks."""
    shocks = p.shocks
    if shocks is None or book.unstressed or p.unit is None:
        return None
    outcomes: list[float] = (book.stress + p.filled * shocks).tolist()
    stresses = p.market.stresses
    stresses.take_costs(outcomes, p.before, p.after, p.spread.half, p.daily_volume * p.unit.size)
    sigma, undiversified = _volatilities(p, book, index)
    stresses.take_tails(outcomes, normal_quantile(p.limits.var_confidence_min), sigma, undiversified)
    return outcomes


def _volatilities(p: Proposal, book: Book, index: int) -> tuple[float, float]:
    """Standard deviation of the book after the order, with its correlations and without; nan if unknown."""
    if book.unmodelled or index >= len(book.covered):
        return math.nan, math.nan
    own = float(p.market.covariance[index, index])
    undiversified = book.weighted_volatility + (abs(p.after) - abs(p.before)) * math.sqrt(own)
    return math.sqrt(p.variance), undiversified


def _monte_carlo(p: Proposal, book: Book, equity: float, index: int, age_ns: int | None) -> list[Check]:
    simulated, limits = p.market.simulated, p.limits
    if age_ns is None or book.unsimulated or not simulated.knows(index):
        return [_NO_PATHS]
    if age_ns > limits.monte_carlo_age_max_ns:
        return [
            at_most(
                "monte_carlo_age", float(age_ns), limits.monte_carlo_age_max_ns, "ns", Reason.MONTE_CARLO_STRESS_STALE
            )
        ]
    outcomes = p.filled * simulated.returns[:, index]
    outcomes += book.simulated
    far, shortfall = tail_losses(outcomes)
    return [
        at_most(
            "monte_carlo_loss",
            max(0.0, far) / equity,
            limits.monte_carlo_loss_max,
            "fraction of equity, 99.9%",
            Reason.MONTE_CARLO_STRESS_EXCEEDED,
        ),
        at_most(
            "monte_carlo_shortfall",
            max(0.0, shortfall) / equity,
            limits.monte_carlo_shortfall_max,
            "fraction of equity",
            Reason.MONTE_CARLO_STRESS_EXCEEDED,
        ),
    ]
