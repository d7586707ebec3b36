"""Layer 3, correlation: of the order with the rest of the book, its sector and other asset classes, and of the book
within itself."""

from __future__ import annotations

import math

import numpy as np

from risk.book import Book
from risk.layers.checks import at_most, missing, summarise, unusable
from risk.measures.var import quadratic_form, variance_after
from risk.proposal import Proposal
from schemas.decisions import Check, LayerResult
from schemas.reasons import Reason


def correlation(p: Proposal) -> LayerResult:
    """From Sigma @ exposure, in O(1). An order into an empty book has nothing to be correlated with: 0."""
    age_ns = p.age_ns(p.marks_ns, p.bars_ns, p.market.analysis.time_ns)
    return summarise(3, "correlation", [*_checks(p), _break(p)], p.reducing, age_ns)


def _checks(p: Proposal) -> list[Check]:
    book, index = p.book, p.index
    if book is None or index is None or p.unit is None or book.unmodelled or index >= len(book.covered):
        return [missing("covariance", Reason.CORRELATION_UNAVAILABLE)]
    own, with_book = float(p.market.covariance[index, index]), float(book.covered[index])
    if math.isnan(own) or math.isnan(with_book):
        return [missing("covariance", Reason.CORRELATION_UNAVAILABLE)]
    return [
        at_most(
            "book_correlation",
            _with_rest(p, book, own, with_book),
            p.limits.book_correlation_max,
            "correlation",
            Reason.BOOK_CORRELATION_EXCEEDED,
        ),
        at_most(
            "average_correlation",
            _average(p, book, own, with_book),
            p.limits.average_correlation_max,
            "correlation",
            Reason.AVERAGE_CORRELATION_EXCEEDED,
        ),
        *_groups(p, book, index, own),
    ]


def _break(p: Proposal) -> Check:
    """Of the whole market, the last 60 rows against those before."""
    found = p.market.analysis.correlation_break
    return unusable(
        "correlation_break",
        found,
        p.analysis_age_ns,
        p.limits.analysis_age_max_ns,
        Reason.CORRELATION_BREAK_UNAVAILABLE,
    ) or at_most(
        "correlation_break",
        found,
        p.limits.correlation_break_max,
        "standard deviations",
        Reason.CORRELATION_BREAK_EXCEEDED,
    )


def _groups(p: Proposal, book: Book, index: int, own: float) -> list[Check]:
    """Of the order with what the book has of its sector, and with what it has of other asset classes."""
    if p.instrument is None:
        return []
    sector = book.sector_members.get(p.instrument.sector, [])
    others = [
        member for name, members in book.class_members.items() if name != p.instrument.asset_class for member in members
    ]
    return [
        at_most(
            "sector_correlation",
            _with_group(p, book, [each for each in sector if each != index], index, own),
            p.limits.sector_correlation_max,
            "correlation",
            Reason.SECTOR_CORRELATION_EXCEEDED,
        ),
        at_most(
            "cross_asset_correlation",
            _with_group(p, book, others, index, own),
            p.limits.cross_asset_correlation_max,
            "correlation",
            Reason.CROSS_ASSET_CORRELATION_EXCEEDED,
        ),
    ]


def _with_group(p: Proposal, book: Book, members: list[int], index: int, own: float) -> float:
    """corr(order, the book's positions in ``members``); 0 where there are none."""
    if not members or own <= 0 or not p.shift:
        return 0.0
    exposure, covariance = book.exposure[members], p.market.covariance
    variance = quadratic_form(exposure, covariance[np.ix_(members, members)] @ exposure)
    if not variance > 0:
        return variance
    shared = float(covariance[index, members] @ exposure)
    return max(-1.0, min(1.0, math.copysign(1.0, p.shift) * shared / math.sqrt(own * variance)))


def _with_rest(p: Proposal, book: Book, own: float, with_book: float) -> float:
    """corr(order, book without the order's symbol); positive when the order adds to what the book already bets on."""
    covariance = with_book - own * p.before
    variance = variance_after(book.variance, -p.before, with_book, own)
    if math.isnan(variance):
        return variance
    if variance <= 1e-12 * max(book.variance, 1.0) or own <= 0 or not p.shift:
        return 0.0
    return max(-1.0, min(1.0, math.copysign(1.0, p.shift) * covariance / math.sqrt(own * variance)))


def _average(p: Proposal, book: Book, own: float, with_book: float) -> float:
    """Average pairwise correlation of the book after the order, weighted by risk and signed by side.

    (variance - sum (x sigma)^2) / ((sum |x| sigma)^2 - sum (x sigma)^2): 1 for one bet in many names, 0 for
    independent positions, below 0 for hedges. One position has no pair: 0.
    """
    variance = variance_after(book.variance, p.shift, with_book, own)
    alone = book.own_variance + (p.after**2 - p.before**2) * own
    together = (book.weighted_volatility + (abs(p.after) - abs(p.before)) * math.sqrt(own)) ** 2
    pairs = together - alone
    return (variance - alone) / pairs if pairs > 1e-9 * max(together, 1.0) or math.isnan(variance) else 0.0
