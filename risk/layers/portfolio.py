"""Layer 2, portfolio: exposure, leverage, concentration and the parts of risk after the order."""

from __future__ import annotations

import math

from risk.book import Book
from risk.layers.checks import at_least, at_most, missing, summarise
from risk.layers.views import View, largest, views
from risk.measures.var import normal_quantile, variance_after
from risk.proposal import Proposal
from schemas.decisions import Check, LayerResult, Verdict
from schemas.reasons import Reason
from schemas.reference import Instrument


def portfolio(p: Proposal) -> LayerResult:
    """Gross and net exposure, leverage, weight, Herfindahl index of the weights, the sector's share, the effective
    number of positions, and what the position adds to the book's VaR."""
    return summarise(2, "portfolio", _checks(p), p.reducing, p.age_ns(p.marks_ns, p.bars_ns))


def _age_ns(p: Proposal) -> int | None:
    return abs(p.now_ns - p.book.oldest_ns) if p.book is not None and p.book.oldest_ns is not None else None


def _checks(p: Proposal) -> list[Check]:
    book = p.book
    if book is None or p.instrument is None or p.unit is None or book.unvalued:
        return [missing("valuation", Reason.PORTFOLIO_UNVALUED)]
    age = at_most(
        "oldest_price_age", float(_age_ns(p) or 0), p.limits.price_age_max_ns, "ns", Reason.PORTFOLIO_PRICE_STALE
    )
    if book.equity <= 0:
        return [
            age,
            Check(
                name="equity",
                measure=book.equity,
                limit=0.0,
                unit="money",
                verdict=Verdict.FAIL,
                reason=Reason.EQUITY_EXHAUSTED,
            ),
        ]
    return [age, *_exposures(p, book, p.instrument), *_contribution(p, book), *_diversification(p, book)]


def _exposures(p: Proposal, book: Book, instrument: Instrument) -> list[Check]:
    equity, limits = book.equity, p.limits
    grown = abs(p.after) - abs(p.before)
    gross, net = book.gross + grown, max(abs(book.up + p.filled), abs(book.down + p.filled))
    squares = book.squares + p.after**2 - p.before**2
    sector = book.sectors.get(instrument.sector, 0.0) + grown
    return [
        at_most(
            "gross_exposure", gross / equity, limits.gross_exposure_max, "x equity", Reason.GROSS_EXPOSURE_EXCEEDED
        ),
        at_most("net_exposure", net / equity, limits.net_exposure_max, "x equity", Reason.NET_EXPOSURE_EXCEEDED),
        at_most(
            "leverage", _assets(p, book) / equity, limits.leverage_max, "assets / equity", Reason.LEVERAGE_EXCEEDED
        ),
        at_most(
            "position_weight",
            abs(p.after) / equity,
            limits.position_weight_max,
            "fraction",
            Reason.POSITION_WEIGHT_EXCEEDED,
        ),
        at_most("concentration", squares / equity**2, limits.concentration_max, "HHI", Reason.CONCENTRATION_EXCEEDED),
        at_most("sector_share", sector / equity, limits.sector_share_max, "fraction", Reason.SECTOR_SHARE_EXCEEDED),
    ]


def _assets(p: Proposal, book: Book) -> float:
    """Largest sum of long positions and cash, the proceeds of short sales included, the order filled or not."""
    held, buys, sells = book.parts(p.index)
    rise, fall = max(0.0, p.filled), max(0.0, -p.filled)
    longer = max(held + buys + rise, 0.0) - max(held + buys, 0.0)
    shorter = max(sells + fall - held, 0.0) - max(sells - held, 0.0)
    return max(book.long + longer, book.equity + book.short + shorter)


def _diversification(p: Proposal, book: Book) -> list[Check]:
    """Effective number of positions, (sum |x|)^2 / sum x^2; asked for only where the book is more than a beginning."""
    gross = book.gross + abs(p.after) - abs(p.before)
    squares = book.squares + p.after**2 - p.before**2
    if gross <= p.limits.undiversified_exposure_max * book.equity or not squares > 0:
        return []
    return [
        at_least(
            "effective_positions",
            gross * gross / squares,
            p.limits.effective_positions_min,
            "positions",
            Reason.DIVERSIFICATION_TOO_LOW,
        )
    ]


def _contribution(p: Proposal, book: Book) -> list[Check]:
    """Marginal VaR z (Sigma x)_i / sigma of a further unit in the order's direction, and component VaR x_i times that
    (Jorion, ch. 7). Without a covariance the layers 3 and 5 refuse."""
    if p.index is None or book.unmodelled or p.index >= len(book.covered):
        return []
    own, z = float(p.market.covariance[p.index, p.index]), normal_quantile(p.limits.var_confidence_min)
    if math.isnan(own):
        return []
    seen = views(p, book, p.index)
    parts = [part for view in seen if (part := _parts(view, float(view.covered[p.index]), own, z)) is not None]
    if not parts:
        return []
    marginal, component = (largest(column) for column in zip(*parts, strict=True))
    if math.isnan(marginal):
        return [missing("marginal_var", Reason.MARGINAL_VAR_UNAVAILABLE)]
    return [
        at_most(
            "marginal_var", marginal, p.limits.marginal_var_max, "VaR per unit of value", Reason.MARGINAL_VAR_EXCEEDED
        ),
        at_most(
            "component_var",
            component / book.equity,
            p.limits.component_var_max,
            "fraction of equity",
            Reason.COMPONENT_VAR_EXCEEDED,
        ),
    ]


def _parts(view: View, with_book: float, own: float, z: float) -> tuple[float, float] | None:
    """Marginal VaR, and component VaR in money; ``None`` of a book without risk."""
    variance = variance_after(view.variance, view.shift, with_book, own)
    if math.isnan(variance):
        return variance, variance
    if not variance:
        return None
    marginal = z * (with_book + view.shift * own) / math.sqrt(variance)
    added = marginal if view.shift > 0 else -marginal if view.shift < 0 else 0.0
    return max(0.0, added), max(0.0, marginal * view.after)
