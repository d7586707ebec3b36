"""Layer 3, correlation: of the order with the rest of the book, its sector and other asset classes, and of the book
within itself."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from risk.book import Book
from risk.layers.checks import at_most, missing, summarise, unusable
from risk.layers.views import View, largest, views
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
    own = float(p.market.covariance[index, index])
    if math.isnan(own) or math.isnan(book.covered[index]):
        return [missing("covariance", Reason.CORRELATION_UNAVAILABLE)]
    seen = views(p, book, index)
    return [
        at_most(
            "book_correlation",
            largest(_with_rest(view, own, float(view.covered[index])) for view in seen),
            p.limits.book_correlation_max,
            "correlation",
            Reason.BOOK_CORRELATION_EXCEEDED,
        ),
        at_most(
            "average_correlation",
            largest(_average(view, own, float(view.covered[index])) for view in seen),
            p.limits.average_correlation_max,
            "correlation",
            Reason.AVERAGE_CORRELATION_EXCEEDED,
        ),
        *_groups(p, book, seen, index, own),
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


def _groups(p: Proposal, book: Book, seen: Sequence[View], index: int, own: float) -> list[Check]:
    """Of the order with what the book has of its sector, and with what it has of other asset classes."""
    if p.instrument is None:
        return []
    sector = [each for each in book.sector_members.get(p.instrument.sector, []) if each != index]
    others = [
        member for name, members in book.class_members.items() if name != p.instrument.asset_class for member in members
    ]
    return [
        at_most(
            "sector_correlation",
            largest(_with_group(p, view, sector, index, own) for view in seen),
            p.limits.sector_correlation_max,
            "correlation",
            Reason.SECTOR_CORRELATION_EXCEEDED,
        ),
        at_most(
            "cross_asset_correlation",
            largest(_with_group(p, view, others, index, own) for view in seen),
            p.limits.cross_asset_correlation_max,
            "correlation",
            Reason.CROSS_ASSET_CORRELATION_EXCEEDED,
        ),
    ]


def _with_group(p: Proposal, view: View, members: list[int], index: int, own: float) -> float:
    """corr(order, the book's positions in ``members``); 0 where there are none."""
    if not members or own <= 0 or not view.shift:
        return 0.0
    exposure, covariance = view.exposure[members], p.market.covariance
    variance = quadratic_form(exposure, covariance[np.ix_(members, members)] @ exposure)
    if not variance > 0:
        return variance
    shared = float(covariance[index, members] @ exposure)
    return max(-1.0, min(1.0, math.copysign(1.0, view.shift) * shared / math.sqrt(own * variance)))


def _with_rest(view: View, own: float, with_book: float) -> float:
    """corr(order, book without the order's symbol); positive when the order adds to what the book already bets on."""
    covariance = with_book - own * view.before
    variance = variance_after(view.variance, -view.before, with_book, own)
    if math.isnan(variance):
        return variance
    if variance <= 1e-12 * max(view.variance, 1.0) or own <= 0 or not view.shift:
        return 0.0
    return max(-1.0, min(1.0, math.copysign(1.0, view.shift) * covariance / math.sqrt(own * variance)))


def _average(view: View, own: float, with_book: float) -> float:
    """Average pairwise correlation of the book after the order, weighted by risk and signed by side.

    (variance - sum (x sigma)^2) / ((sum |x| sigma)^2 - sum (x sigma)^2): 1 for one bet in many names, 0 for
    independent positions, below 0 for hedges. One position has no pair: 0.
    """
    variance = variance_after(view.variance, view.shift, with_book, own)
    alone = view.own_variance + (view.after**2 - view.before**2) * own
    together = (view.weighted_volatility + (abs(view.after) - abs(view.before)) * math.sqrt(own)) ** 2
    pairs = together - alone
    return (variance - alone) / pairs if pairs > 1e-9 * max(together, 1.0) or math.isnan(variance) else 0.0
