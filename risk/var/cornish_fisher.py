"""Cornish-Fisher VaR: a normal quantile corrected for skewness and kurtosis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec
import numpy as np

from risk.var.attribution import Attribution
from risk.var.compose import HORIZON_WARNING, compose
from risk.var.errors import OutsideValidRegion
from risk.var.estimate import VarEstimate
from risk.var.expansion import Moments, Multiple, is_monotone, kurtosis_range
from risk.var.historical import require_tail
from risk.var.inputs import Portfolio, check_request
from risk.var.intervals import ASYMPTOTIC, asymptotic

OBSERVATIONS_MIN = 60


class CornishFisher(msgspec.Struct, frozen=True, kw_only=True):
    """-z*(-z) * sigma with z* = z + (z^2-1)S/6 + (z^3-3z)K/24 - (2z^3-5z)S^2/36 (Zangari 1996).

    S is skewness, K excess kurtosis: the P&L's sample moments, central; the location is zero. Over h days of
    independent returns sigma grows with sqrt(h), S falls with sqrt(h) and K with h. ES integrates the same map beyond
    z, in closed form. Interval and attribution: delta method and Euler derivative through the three moments; the
    interval takes no account of the samples that the valid region refuses, and its ``basis`` says so. Incremental is
    not available of an asset without which the book would be refused.
    """

    name: ClassVar[str] = "cornish_fisher"

    def estimate(self, book: Portfolio, confidence: float, horizon_days: int = 1) -> VarEstimate:
        """VaR and ES of the book.

        :raises OutsideValidRegion: S and K for which the quantile map falls somewhere within |z| <= 4.
        :raises TooFewObservations: fewer than 60, or none of them expected beyond the VaR.
        :raises VarError: a request out of range.
        """
        check_request(confidence, horizon_days)
        book.require(OBSERVATIONS_MIN, "the fourth moment of less is noise")
        require_tail(len(book.returns), confidence)
        moments = Moments.of(book.pnl, horizon_days)
        if not is_monotone(moments.skewness, moments.kurtosis):
            raise OutsideValidRegion(_refusal(moments))
        rest = [Moments.of(book.pnl - part, horizon_days) for part in (book.returns * book.exposures).T]
        figures = _attribution(book, confidence, horizon_days, moments, rest)
        basis = f"{ASYMPTOTIC}: sampling error of the moments, as if no sample were refused for its moments"
        intervals = tuple(
            asymptotic(multiple.of(moments) * moments.sigma, multiple.error(book.pnl, horizon_days), basis)
            for multiple in (Multiple.var(confidence), Multiple.es(confidence))
        )
        warnings = [HORIZON_WARNING] if horizon_days > 1 else []
        return compose(
            self.name,
            book,
            confidence,
            horizon_days,
            figures,
            (intervals[0], intervals[1]),
            "sqrt(h), S / sqrt(h), K / h: independent returns",
            {"skewness": moments.skewness, "kurtosis_excess": moments.kurtosis},
            warnings,
            {
                symbol: f"without it {_refusal(left)}"
                for symbol, left in zip(book.symbols, rest, strict=True)
                if not is_monotone(left.skewness, left.kurtosis)
            },
        )


def _attribution(
    book: Portfolio, confidence: float, horizon_days: int, moments: Moments, rest: Sequence[Moments]
) -> Attribution:
    """Figures by asset; ``rest`` has the moments of the book without each."""
    var, es = Multiple.var(confidence), Multiple.es(confidence)
    value = var.of(moments) * moments.sigma
    marginal = var.gradient(book, horizon_days)
    incremental = np.array([value - var.of(left) * left.sigma for left in rest])
    return Attribution(
        value,
        es.of(moments) * moments.sigma,
        marginal,
        book.exposures * marginal,
        book.exposures * es.gradient(book, horizon_days),
        incremental,
    )


def _refusal(moments: Moments) -> str:
    valid = kurtosis_range(moments.skewness)
    expected = f"from {valid[0]:.2f} to {valid[1]:.2f}" if valid else "a smaller skewness"
    return (
        f"`returns` give an excess kurtosis of {moments.kurtosis:.3f} at skewness {moments.skewness:.3f}, where "
        f"the Cornish-Fisher quantile is not monotone, expected {expected}; filtered_historical has no such region"
    )
