"""Layer 6, stress: the worst loss after the order over all scenarios, in O(scenarios)."""

from __future__ import annotations

from risk.book import Book, Vector
from risk.layers.checks import at_most, missing, summarise
from risk.proposal import Proposal
from risk.scenarios import scenario_names
from schemas.decisions import LayerResult
from schemas.reasons import Reason


def stress(p: Proposal) -> LayerResult:
    """The check is named after the worst scenario."""
    book, equity, shocks = p.book, p.equity, p.shocks
    if book is None or equity is None or shocks is None or p.unit is None or book.unstressed:
        return summarise(6, "stress", [missing("shocks", Reason.STRESS_UNAVAILABLE)], p.reducing)
    name, loss = worst_loss(book, p.shift * shocks)
    check = at_most(name, loss / equity, p.limits.stress_loss_max, "fraction of equity", Reason.STRESS_LOSS_EXCEEDED)
    return summarise(6, "stress", [check], p.reducing)


def worst_loss(book: Book, added: Vector) -> tuple[str, float]:
    """Name and loss (0 if there is none) of the worst scenario for a book with ``added`` [K] P&L on top."""
    outcomes = book.stress + added if len(book.stress) else added
    worst = int(outcomes.argmin())
    return scenario_names[worst], max(0.0, -float(outcomes[worst]))
