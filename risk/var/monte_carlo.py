"""Monte Carlo VaR."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec
import numpy as np

from risk.var.bootstrap import FilteredBootstrap
from risk.var.compose import compose
from risk.var.covariance import CovarianceModel
from risk.var.estimate import Interval, VarEstimate
from risk.var.filters import VolatilityFilter
from risk.var.historical import require_tail
from risk.var.inputs import Matrix, Portfolio, between, check_request, one_of
from risk.var.intervals import widened
from risk.var.parametric_normal import OBSERVATIONS_MIN, THIN_TAIL
from risk.var.paths import SAMPLINGS, check_paths, factor, normals, paths_drawn, student_sums, uniforms
from risk.var.simulated import alone, simulated
from risk.var.student import fitted_df

DISTRIBUTIONS = ("normal", "student_t", "garch_bootstrap")


class MonteCarlo(CovarianceModel, frozen=True, kw_only=True):
    """Quantile of simulated P&L; ``seed`` makes it the same each time.

    ``distribution``: ``normal`` and ``student_t`` (``df``, else fitted) with the covariance of
    :class:`risk.var.covariance.CovarianceModel`, a t over h days as the sum of h; ``garch_bootstrap`` draws past
    days standardised by GARCH(1,1) and simulates its variance along each path. ``sampling``: ``random``,
    ``antithetic`` (each draw with its opposite) or ``sobol`` (scrambled; paths rounded up to a power of two).
    Standard error of a quantile: sqrt(a (1 - a) / n) / f(q). Interval: order statistics for the simulation's error,
    and, independent of it, the volatility's sampling error as of :class:`risk.var.parametric_normal.ParametricNormal`;
    the bootstrap's is of the simulation alone.
    """

    name: ClassVar[str] = "monte_carlo"
    paths: int = 10_000
    distribution: str = "normal"
    sampling: str = "random"
    seed: int = 0
    df: float | None = None

    def __post_init__(self) -> None:
        check_paths(self.paths, self.seed)
        one_of("distribution", self.distribution, DISTRIBUTIONS)
        one_of("sampling", self.sampling, SAMPLINGS)
        super().__post_init__()
        if self.df is not None:
            between("df", self.df, 2.0, float("inf"))

    def estimate(self, book: Portfolio, confidence: float, horizon_days: int = 1) -> VarEstimate:
        """VaR and ES of the book.

        :raises TooFewObservations: fewer than 20 returns; none of them expected beyond the VaR, for the bootstrap and
            where a Student-t is fitted.
        :raises VarError: a request out of range, or more dimensions than Sobol's sequence has.
        """
        check_request(confidence, horizon_days)
        require_tail(self.paths, confidence)
        parameters = msgspec.structs.asdict(self) | {"paths": paths_drawn(self.paths, self.sampling)}
        warnings, error = list[str](), 0.0
        if self.distribution == "garch_bootstrap":
            require_tail(len(book.returns), confidence)
            past = FilteredBootstrap.of(book, self._garch())
            chunks: Iterator[Matrix] = map(past.draw, uniforms(self.paths, horizon_days, self.sampling, self.seed))
            loads, scaling = np.eye(len(book.symbols)), "simulated paths of volatility"
        else:
            chunks, loads, scaling, df, noise, error = self._elliptical(book, confidence, horizon_days)
            parameters["df"] = df
            thin = self.distribution == "normal" and confidence >= 0.999 - 1e-12
            warnings = [*noise, *[THIN_TAIL.format(confidence)] * thin]
        figures, intervals = simulated(chunks, loads, book.exposures, confidence)
        named = (
            self._named(_estimated(intervals[0], figures.value, error)),
            _estimated(intervals[1], figures.es, error),
        )
        return compose(self.name, book, confidence, horizon_days, figures, named, scaling, parameters, warnings)

    def _elliptical(
        self, book: Portfolio, confidence: float, days: int
    ) -> tuple[Iterator[Matrix], Matrix, str, float | None, tuple[str, ...], float]:
        """Chunks of scores at unit covariance, the loads that make returns of them, how the horizon was reached, the
        degrees of freedom, warnings, and the relative error of the volatility."""
        book.require(OBSERVATIONS_MIN, "a covariance from less is noise")
        covariance, effective, scaling, noise = self.forecast(book.returns, days)
        error = self.volatility_error(book, effective)
        loads, size = factor(covariance).T, len(book.symbols)
        if self.distribution == "normal":
            return normals(self.paths, size, self.sampling, self.seed), loads, scaling, None, noise, error
        if self.df is None:
            require_tail(len(book.returns), confidence)
        df = self.df or fitted_df(self.scores(book))
        sums = student_sums(self.paths, size, df, days, self.sampling, self.seed)
        return sums, loads, f"sum of {days} days: {scaling}", df, noise, error

    def _garch(self) -> VolatilityFilter:
        """The recursion of the bootstrap's paths: GARCH(1,1), fitted where ``volatility`` says so."""
        kind = self.volatility if self.volatility.endswith("fitted") else "garch"
        return VolatilityFilter(kind=kind, lam=self.lam, alpha=self.alpha, beta=self.beta)

    def _named(self, interval: Interval) -> Interval:
        if self.sampling == "random":
            return interval
        return msgspec.structs.replace(interval, basis=f"{interval.basis}, conservative for {self.sampling} sampling")


def _estimated(interval: Interval, figure: float, error: float) -> Interval:
    """With the relative error of the volatility that was simulated with; without one, of the simulation alone."""
    if not error:
        return alone(interval)
    basis = f"{interval.basis}; with the sampling error of the volatility"
    return widened(interval, figure, abs(figure) * error, basis)
