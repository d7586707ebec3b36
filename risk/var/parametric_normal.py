"""Normal VaR (variance-covariance)."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from risk.measures.var import normal_es, normal_quantile
from risk.var.attribution import elliptical
from risk.var.compose import compose
from risk.var.covariance import CovarianceModel
from risk.var.estimate import VarEstimate
from risk.var.inputs import Portfolio, check_request
from risk.var.intervals import ASYMPTOTIC, asymptotic

OBSERVATIONS_MIN = 20
THIN_TAIL = (
    "a normal VaR at {:.1%} understates: losses of the S&P 500 from 1999 to 2018 exceed it seven times as "
    "often as it says"
)


class ParametricNormal(CovarianceModel, frozen=True, kw_only=True):
    """z * sqrt(w' Sigma w) at zero mean (Jorion, ch. 5); ES = phi(z) / (1 - confidence) * sigma.

    Covariance, its parameters and the horizon: :class:`risk.var.covariance.CovarianceModel`. Interval:
    asymptotic in the volatility's sampling error, by its effective observations.
    """

    name: ClassVar[str] = "parametric_normal"

    def estimate(self, book: Portfolio, confidence: float, horizon_days: int = 1) -> VarEstimate:
        """VaR and ES of the book.

        :raises VarError: fewer than 20 observations, or a request out of range.
        """
        check_request(confidence, horizon_days)
        book.require(OBSERVATIONS_MIN, "a covariance from less is noise")
        covariance, effective, scaling, noise = self.forecast(book.returns, horizon_days)
        figures = elliptical(covariance, book.exposures, normal_quantile(confidence), normal_es(confidence))
        error = self.volatility_error(book, effective)
        intervals = tuple(
            asymptotic(figure, abs(figure) * error, f"{ASYMPTOTIC}: sampling error of the volatility")
            for figure in (figures.value, figures.es)
        )
        thin = confidence >= 0.999 - 1e-12
        return compose(
            self.name,
            book,
            confidence,
            horizon_days,
            figures,
            (intervals[0], intervals[1]),
            scaling,
            msgspec.structs.asdict(self) | {"observations_effective": effective},
            [*noise, *[THIN_TAIL.format(confidence)] * thin],
        )
