"""One-day VaR and ES by the method that a preset chose, of any P&L over its scenarios: O(1) or one pass over T rows."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from risk.book import Book
from risk.measures.var import TailRisk, historical_var_es
from risk.var.age_weighted import Weighted, age_weights
from risk.var.expansion import Moments, Multiple, is_monotone
from risk.var.student import DF, student_es, student_quantile
from schemas.presets import Preset

Vector = NDArray[np.float64]
#: The decay a row of the age-weighted method (Boudoukh et al., 1998).
AGE_LAMBDA = 0.995


def tail_risk(preset: Preset, outcomes: Vector, variance: float, confidence: float) -> TailRisk | None:
    """Of P&L ``outcomes`` [T] (oldest first; nan: none) with EWMA ``variance``. ``None`` where the method does not
    hold: Cornish-Fisher outside its valid region, Student-t without a variance.

    :raises ValueError: fewer outcomes than :func:`risk.measures.var.observations_needed`.
    """
    method = preset.var_method
    if method == "parametric_t":
        return _student(variance, confidence)
    known = outcomes if not math.isnan(outcomes @ outcomes) else outcomes[~np.isnan(outcomes)]
    if method == "age_weighted":
        weights = age_weights(len(outcomes), AGE_LAMBDA)[~np.isnan(outcomes)]
        return TailRisk(*Weighted(confidence, weights / weights.sum()).var_es(known))
    if method == "cornish_fisher":
        return _cornish_fisher(known, confidence)
    return TailRisk(*historical_var_es(known, confidence))


class OrderTail(NamedTuple):
    """One-day risk of the book ``before`` and ``after`` an order, over this many ``observations``; ``None`` where they
    are too few or the method does not hold."""

    observations: int
    before: TailRisk | None = None
    after: TailRisk | None = None


def order_tail(
    book: Book, preset: Preset, returns: Vector, filled: float, variance: float, confidence: float, needed: float
) -> OrderTail:
    """Of an order that adds ``filled`` (money) of a symbol with scenario ``returns`` [T], to a ``variance`` then, which
    at least ``needed`` observations must be known for."""
    outcomes = book.history + filled * returns
    known = len(outcomes)
    if math.isnan(outcomes @ outcomes):
        known -= int(np.count_nonzero(np.isnan(outcomes)))
    if known < needed:
        return OrderTail(known)
    after = tail_risk(preset, outcomes, math.nan if book.unmodelled else variance, confidence)
    return OrderTail(known, book_tail(book, preset, confidence), after)


def book_tail(book: Book, preset: Preset, confidence: float) -> TailRisk | None:
    """Of the whole book, computed once for its positions and marks."""
    key = preset.var_method, confidence
    if key not in book.tails:
        found = tail_risk(preset, book.history, math.nan if book.unmodelled else book.variance_max, confidence)
        book.tails[key] = found
    return book.tails[key]


def _student(variance: float, confidence: float) -> TailRisk | None:
    if math.isnan(variance):
        return None
    sigma, (quantile, mean) = math.sqrt(max(0.0, variance)), _student_multiples(confidence)
    return TailRisk(quantile * sigma, mean * sigma)


@lru_cache(maxsize=64)
def _student_multiples(confidence: float) -> tuple[float, float]:
    return student_quantile(confidence, DF), student_es(confidence, DF)


def _cornish_fisher(outcomes: Vector, confidence: float) -> TailRisk | None:
    moments = Moments.of(outcomes, 1)
    if not is_monotone(moments.skewness, moments.kurtosis):
        return None
    var, shortfall = Multiple.var(confidence).of(moments), Multiple.es(confidence).of(moments)
    return TailRisk(var * moments.sigma, shortfall * moments.sigma)
