"""Student-t VaR."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from risk.var.attribution import elliptical
from risk.var.compose import compose
from risk.var.covariance import CovarianceModel
from risk.var.estimate import VarEstimate
from risk.var.historical import require_tail
from risk.var.inputs import Portfolio, between, check_request
from risk.var.intervals import ASYMPTOTIC, asymptotic
from risk.var.parametric_normal import OBSERVATIONS_MIN
from risk.var.student import DF, DF_MIN, fitted_df, student_es, student_quantile

SUM_WARNING = "a sum of Student-t returns is no Student-t: over the horizon this overstates the far tail"


class ParametricT(CovarianceModel, frozen=True, kw_only=True):
    """t_nu^-1(c) * sqrt((nu - 2) / nu) * sqrt(w' Sigma w) at zero mean: a multivariate Student-t with covariance Sigma.

    ``df`` is nu; ``None``: it is fitted by maximum likelihood to the book's P&L, which for a covariance that moves is
    first divided by its EWMA volatility. Covariance, horizon and interval as
    :class:`risk.var.parametric_normal.ParametricNormal`: a nu that is fitted counts as known, and the interval's
    ``basis`` says so.
    """

    name: ClassVar[str] = "parametric_t"
    df: float | None = DF

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.df is not None:
            between("df", self.df, 2.0, float("inf"))

    def estimate(self, book: Portfolio, confidence: float, horizon_days: int = 1) -> VarEstimate:
        """VaR and ES of the book.

        :raises TooFewObservations: fewer than 20; where the tail is fitted, none of them expected beyond the VaR.
        :raises VarError: a request out of range.
        """
        check_request(confidence, horizon_days)
        book.require(OBSERVATIONS_MIN, "a covariance from less is noise")
        if self.df is None:
            require_tail(len(book.returns), confidence)
        covariance, effective, scaling, noise = self.forecast(book.returns, horizon_days)
        df = self.df or fitted_df(self.scores(book))
        figures = elliptical(covariance, book.exposures, student_quantile(confidence, df), student_es(confidence, df))
        error, basis = self.volatility_error(book, effective), f"{ASYMPTOTIC}: sampling error of the volatility"
        if self.df is None:
            basis += ", and none of the fitted degrees of freedom: too narrow far out"
        intervals = tuple(asymptotic(figure, abs(figure) * error, basis) for figure in (figures.value, figures.es))
        warnings = [*noise, *[SUM_WARNING] * (horizon_days > 1)]
        if self.df is None and df < 1.05 * DF_MIN:
            warnings.append(f"degrees of freedom fitted at their lower bound {DF_MIN}: the tail may be heavier")
        return compose(
            self.name,
            book,
            confidence,
            horizon_days,
            figures,
            (intervals[0], intervals[1]),
            scaling,
            msgspec.structs.asdict(self) | {"df": df, "observations_effective": effective},
            warnings,
        )
