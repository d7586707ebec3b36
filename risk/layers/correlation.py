"""Layer 3, correlation: of the order with the rest of the book, and of the book within itself."""

from __future__ import annotations

import math

from risk.book import Book
from risk.layers.checks import at_most, missing, summarise
from risk.proposal import Proposal
from schemas.decisions import Check, LayerResult
from schemas.reasons import Reason


def correlation(p: Proposal) -> LayerResult:
    """From Sigma @ exposure, in O(1). An order into an empty book has nothing to be correlated with: 0."""
    return summarise(3, "correlation", _checks(p), p.reducing)


def _checks(p: Proposal) -> list[Check]:
    book, index = p.book, p.index
    if book is None or index is None or p.unit is None or book.unmodelled or index >= len(book.covered):
        return [missing("covariance", Reason.CORRELATION_UNAVAILABLE)]
    own, with_book = float(p.market.covariance[index, index]), float(book.covered[index])
    if math.isnan(own) or math.isnan(with_book):
        return [missing("covariance", Reason.CORRELATION_UNAVAILABLE)]
    return [
        at_most("book_correlation", _with_rest(p, book, own, with_book), p.limits.book_correlation_max, "correlation",
                Reason.BOOK_CORRELATION_EXCEEDED),
        at_most("average_correlation", _average(p, book, own, with_book), p.limits.average_correlation_max,
                "correlation", Reason.AVERAGE_CORRELATION_EXCEEDED),
    ]


def _with_rest(p: Proposal, book: Book, own: float, with_book: float) -> float:
    """corr(order, book without the order's symbol); positive when the order adds to what the book already bets on."""
    covariance = with_book - own * p.before
    variance = book.variance - 2.0 * p.before * with_book + p.before**2 * own
    if variance <= 1e-12 * max(book.variance, 1.0) or own <= 0 or not p.shift:
        return 0.0
    return max(-1.0, min(1.0, math.copysign(1.0, p.shift) * covariance / math.sqrt(own * variance)))


def _average(p: Proposal, book: Book, own: float, with_book: float) -> float:
    """Average pairwise correlation of the book after the order, weighted by risk and signed by side.

    (variance - sum (x sigma)^2) / ((sum |x| sigma)^2 - sum (x sigma)^2): 1 for one bet in many names, 0 for
    independent positions, below 0 for hedges. One position has no pair: 0.
    """
    variance = book.variance + 2.0 * p.shift * with_book + p.shift**2 * own
    alone = book.own_variance + (p.after**2 - p.before**2) * own
    together = (book.weighted_volatility + (abs(p.after) - abs(p.before)) * math.sqrt(own)) ** 2
    pairs = together - alone
    return (variance - alone) / pairs if pairs > 1e-9 * max(together, 1.0) else 0.0
