"""Normal VaR (variance-covariance)."""

from __future__ import annotations

from math import sqrt
from typing import ClassVar

import msgspec

from risk.measures.var import normal_es, normal_quantile
from risk.var.attribution import elliptical
from risk.var.compose import compose
from risk.var.covariance import checked_filter, excess_kurtosis, forecast_covariance
from risk.var.estimate import VarEstimate
from risk.var.inputs import Portfolio, check_request
from risk.var.intervals import ASYMPTOTIC, asymptotic

OBSERVATIONS_MIN = 20
THIN_TAIL = (
    "a normal VaR at {:.1%} understates: losses of the S&P 500 from 1999 to 2018 exceed it seven times as "
    "often as it says"
)


class ParametricNormal(msgspec.Struct, frozen=True, kw_only=True):
    """z * sqrt(w' Sigma w) at zero mean (Jorion, ch. 5); ES = phi(z) / (1 - confidence) * sigma.

    ``volatility``, its parameters and the horizon: :func:`risk.var.covariance.forecast_covariance`. Interval:
    asymptotic in the volatility's sampling error, sqrt((kurtosis - 1) / 4n) of it, n its effective observations.
    """

    name: ClassVar[str] = "parametric_normal"
    volatility: str = "ewma"
    lam: float = 0.94
    alpha: float = 0.10
    beta: float = 0.88

    def __post_init__(self) -> None:
        checked_filter(self.volatility, self.lam, self.alpha, self.beta)

    def estimate(self, book: Portfolio, confidence: float, horizon_days: int = 1) -> VarEstimate:
        """VaR and ES of the book.

        :raises VarError: fewer than 20 observations, or a request out of range.
        """
        check_request(confidence, horizon_days)
        book.require(OBSERVATIONS_MIN, "a covariance from less is noise")
        volatility = checked_filter(self.volatility, self.lam, self.alpha, self.beta)
        covariance, effective, scaling = forecast_covariance(book.returns, self.volatility, volatility, horizon_days)
        figures = elliptical(covariance, book.exposures, normal_quantile(confidence), normal_es(confidence))
        error = volatility_error(book, effective)
        intervals = tuple(
            asymptotic(figure, abs(figure) * error, f"{ASYMPTOTIC}: sampling error of the volatility")
            for figure in (figures.value, figures.es)
        )
        warnings = [THIN_TAIL.format(confidence)] if confidence >= 0.999 - 1e-12 else []
        return compose(
            self.name,
            book,
            confidence,
            horizon_days,
            figures,
            (intervals[0], intervals[1]),
            scaling,
            msgspec.structs.asdict(self) | {"observations_effective": effective},
            warnings,
        )


def volatility_error(book: Portfolio, effective: float) -> float:
    """Relative standard error of a volatility from ``effective`` observations, at the sample's kurtosis."""
    return sqrt((excess_kurtosis(book) + 2.0) / (4.0 * effective))
