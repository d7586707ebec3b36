"""Every VaR method against scipy, published tables and closed forms. Tolerances are stated with each comparison."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from arch.data import sp500
from numpy.typing import NDArray
from scipy import integrate, stats

from risk.estimators.ewma import EwmaVariance
from risk.estimators.garch import Garch
from risk.measures.var import normal_es, normal_quantile
from risk.var.age_weighted import AgeWeighted, age_weights
from risk.var.attribution import elliptical
from risk.var.bootstrap import FilteredBootstrap
from risk.var.cornish_fisher import CornishFisher
from risk.var.covariance import NOISY, CovarianceModel
from risk.var.expansion import Moments, Multiple, cornish_fisher_quantile, is_monotone, kurtosis_range
from risk.var.filters import VolatilityFilter
from risk.var.inputs import portfolio
from risk.var.intervals import order_ranks, order_statistics, shortfall
from risk.var.liquidity import horizon_factor, spread_cost
from risk.var.methods import value_at_risk
from risk.var.monte_carlo import MonteCarlo
from risk.var.pareto import ParetoTail
from risk.var.paths import normals, paths_drawn, uniforms
from risk.var.student import fitted_df, student_es, student_quantile

Vector = NDArray[np.float64]
CAD_EUR = np.diag([0.05**2, 0.12**2])
BOOK = np.array([2e6, 1e6])


def sp500_returns() -> pd.Series[float]:
    """Simple daily returns, 5,030 of them."""
    changes: pd.Series[float] = sp500.load()["Adj Close"].pct_change().dropna()
    return changes


def two_assets(rows: int = 1_000, seed: int = 3) -> Vector:
    """Returns [rows, 2], correlated 0.4, Student-t of 6 degrees."""
    random = np.random.default_rng(seed)
    shocks = random.standard_t(6, (rows, 2)) * np.array([0.008, 0.012])
    shocks[:, 1] += 0.5 * shocks[:, 0]
    return np.asarray(shocks)


@pytest.mark.parametrize(
    ("df", "confidence", "quantile", "shortfall_"),
    [
        (5, 0.95, 1.5608, 2.2387),
        (5, 0.975, 1.9912, 2.7278),
        (5, 0.99, 2.6065, 3.4488),
        (5, 0.999, 4.5650, 5.8206),
        (4, 0.99, 2.6495, 3.6915),
    ],
)
def test_the_student_table(df: float, confidence: float, quantile: float, shortfall_: float) -> None:
    """VaR and ES at unit variance to the four decimals printed, ES to its defining integral to 1e-6."""
    assert round(student_quantile(confidence, df), 4) == quantile
    assert round(student_es(confidence, df), 4) == shortfall_
    scale = sqrt((df - 2) / df)
    tail, _ = integrate.quad(lambda x: x * scale * stats.t.pdf(x, df), stats.t.ppf(confidence, df), np.inf)
    assert student_es(confidence, df) == pytest.approx(tail / (1 - confidence), rel=1e-6)


def test_degrees_of_freedom_are_those_of_the_likelihood() -> None:
    """The fit is where scipy's log-likelihood over a grid of 0.01 is largest, within that grid."""
    outcomes = sp500_returns().to_numpy()[:2000]
    scaled = outcomes / np.sqrt(np.mean(outcomes**2))
    grid = np.arange(2.5, 12.0, 0.01)
    likelihood = [stats.t.logpdf(scaled, df, scale=sqrt((df - 2) / df)).sum() for df in grid]
    assert fitted_df(outcomes) == pytest.approx(grid[int(np.argmax(likelihood))], abs=0.01)


@pytest.mark.parametrize(
    ("skewness", "kurtosis", "confidence", "multiple"),
    [(-0.5, 3, 0.99, 3.301284), (-1, 5, 0.99, 3.854265), (-0.3, 1, 0.95, 1.708260), (0, 0, 0.999, 3.090232)],
)
def test_cornish_fisher_multiples(skewness: float, kurtosis: float, confidence: float, multiple: float) -> None:
    """The multiples of sigma to the six decimals printed, by the formula and by the method's polynomial."""
    z = normal_quantile(confidence)
    assert round(-cornish_fisher_quantile(-z, skewness, kurtosis), 6) == multiple
    var = Multiple.var(confidence)
    assert var.level + var.skew * skewness + var.kurt * kurtosis + var.square * skewness**2 == pytest.approx(
        multiple, abs=5e-7
    )


def test_cornish_fisher_of_open_source_risk_engine() -> None:
    """P&L -5000 u^2 at p = 0.99 gives -4707.882: mean -5000, sd 5000 sqrt 2, skewness -2 sqrt 2, excess kurtosis 12."""
    quantile = cornish_fisher_quantile(normal_quantile(0.99), -2.0 * sqrt(2.0), 12.0)
    assert -5000.0 + 5000.0 * sqrt(2.0) * quantile == pytest.approx(-4707.882, abs=5e-4)


@pytest.mark.parametrize(
    ("skewness", "low", "high"), [(0, 0, 8), (0.5, 0.2, 8.2), (1, 1.55, 8.85), (1.5, 3.6, 9.9), (2, 6.55, 11.2)]
)
def test_the_valid_region_of_cornish_fisher(skewness: float, low: float, high: float) -> None:
    """The table's region is valid and the map rises on a grid of it; 0.05 outside its upper end the map falls."""
    z = np.linspace(-4.0, 4.0, 4_001)
    for sign in (-1, 1):
        for kurtosis in np.linspace(low, high, 9):
            assert is_monotone(sign * skewness, kurtosis)
            assert (np.diff([cornish_fisher_quantile(x, sign * skewness, kurtosis) for x in z]) > -1e-12).all()
        beyond = [cornish_fisher_quantile(x, sign * skewness, high + 0.05) for x in z]
        assert not is_monotone(sign * skewness, high + 0.05)
        assert (np.diff(beyond) < 0).any()
        found = kurtosis_range(sign * skewness)
        assert found is not None
        assert found[0] <= low + 1e-3
        assert found[1] == pytest.approx(high, abs=0.05)


def test_cornish_fisher_shortfall_integrates_its_own_quantile() -> None:
    """The closed form equals the integral of the quantile map over the tail to 1e-8."""
    confidence, skewness, kurtosis = 0.975, -0.4, 2.0
    z = normal_quantile(confidence)
    total, _ = integrate.quad(lambda x: -cornish_fisher_quantile(-x, skewness, kurtosis) * stats.norm.pdf(x), z, np.inf)
    es = Multiple.es(confidence)
    closed = es.level + es.skew * skewness + es.kurt * kurtosis + es.square * skewness**2
    assert closed == pytest.approx(total / (1 - confidence), rel=1e-8)


def test_cornish_fisher_of_data_is_scipys_moments() -> None:
    """Value from scipy's skewness and kurtosis to 1e-12; marginal VaR equals a central difference to 1e-6."""
    returns = two_assets()
    estimate = CornishFisher().estimate(portfolio(returns, BOOK), 0.99)
    pnl = returns @ BOOK
    quantile = cornish_fisher_quantile(-normal_quantile(0.99), float(stats.skew(pnl)), float(stats.kurtosis(pnl)))
    assert estimate.value == pytest.approx(-quantile * pnl.std(), rel=1e-12)
    for i, marginal in enumerate(estimate.marginal.values()):
        up, down = (
            CornishFisher().estimate(portfolio(returns, BOOK + step * np.eye(2)[i]), 0.99).value
            for step in (100.0, -100.0)
        )
        assert marginal == pytest.approx((up - down) / 200.0, rel=1e-6)


def test_the_error_of_cornish_fisher_is_the_jackknifes() -> None:
    """Of skewed outcomes what one of 2,000 adds equals leaving it out to 1 % of the sd, whose mean has this error."""
    pnl = -np.random.default_rng(6).gamma(6.0, size=2_000)
    for multiple in (Multiple.var(0.99), Multiple.es(0.99)):
        whole = multiple.of(Moments.of(pnl, 2)) * Moments.of(pnl, 2).sigma
        without = [Moments.of(np.delete(pnl, day), 2) for day in range(0, 2_000, 40)]
        left_out = [1_999 * (whole - multiple.of(moments) * moments.sigma) for moments in without]
        slope = multiple.slope(pnl, 2)
        np.testing.assert_allclose(slope[::40], left_out, atol=0.01 * slope.std())
        assert multiple.error(pnl, 2) == pytest.approx(slope.std() / sqrt(2_000), rel=1e-12)


def test_jorions_portfolio_by_asset() -> None:
    """Components 105,630 + 152,108 and incremental 59,738 and 92,738 to the unit printed."""
    figures = elliptical(CAD_EUR, BOOK, 1.65, 2.06)
    assert figures.value == pytest.approx(257_738, abs=0.5)
    assert figures.component == pytest.approx([105_630, 152_108], abs=0.5)
    assert figures.incremental == pytest.approx([59_738, 92_738], abs=0.5)
    assert figures.marginal[0] * 10_000 == pytest.approx(528.15, abs=0.005)


@pytest.mark.parametrize("horizon", [1, 10])
def test_parametric_methods_are_their_closed_forms(horizon: int) -> None:
    """With the sample covariance: z or t times sqrt(h w' Sigma w), and ES likewise, to 1e-12."""
    returns = two_assets()
    sigma = sqrt(horizon * BOOK @ np.cov(returns, rowvar=False) @ BOOK)
    settings = {"volatility": "sample", "confidence": 0.99, "horizon_days": horizon}
    normal = value_at_risk(returns, BOOK, method="parametric_normal", **settings)
    student = value_at_risk(returns, BOOK, method="parametric_t", df=5.0, **settings)
    assert (normal.value, normal.es) == pytest.approx(
        (normal_quantile(0.99) * sigma, normal_es(0.99) * sigma), rel=1e-12
    )
    expected = student_quantile(0.99, 5) * sigma, student_es(0.99, 5) * sigma
    assert (student.value, student.es) == pytest.approx(expected, rel=1e-12)


def test_the_interval_of_a_normal_var_has_its_error() -> None:
    """Over 400 samples of 500 normals the sd of VaR is the interval's, within 10 %."""
    random = np.random.default_rng(1)
    estimates = [
        value_at_risk(random.normal(size=500), method="parametric_normal", volatility="sample") for _ in range(400)
    ]
    half = np.mean([(e.interval.high - e.interval.low) / 2 for e in estimates])
    assert half / normal_quantile(0.975) == pytest.approx(np.std([e.value for e in estimates]), rel=0.1)


def test_filters_equal_the_streaming_estimators() -> None:
    """EWMA and GARCH variance paths over 1,000 days equal one-step updates from the same start to 1e-12 relative."""
    returns = two_assets()
    start = np.mean(returns[:30] ** 2, axis=0)
    target = np.mean(returns**2, axis=0)
    ewma, garch = EwmaVariance(0.94, size=2, initial=1.0), Garch(0.1, 0.88, size=2, initial=1.0)
    ewma.mean, garch.variance = start, start
    paths = {kind: VolatilityFilter(kind=kind).path(returns) for kind in ("ewma", "garch")}
    for day, row in enumerate(returns):
        np.testing.assert_allclose(paths["ewma"][day], ewma.variance, rtol=1e-12)
        np.testing.assert_allclose(paths["garch"][day], garch.variance, rtol=1e-12)
        ewma.update(row)
        garch.update(row, target)
    expected = garch.horizon_variance(target, 10)
    np.testing.assert_allclose(VolatilityFilter(kind="garch").horizon_variance(returns, 10), expected, rtol=1e-12)
    np.testing.assert_allclose(VolatilityFilter().horizon_variance(returns, 10), 10.0 * ewma.variance, rtol=1e-12)


def test_garch_var_sums_the_forecasts() -> None:
    """A 10-day GARCH VaR of one asset is z sqrt(sum of V + (a + b)^(k-1) (h - V)) to 1e-12, and not sqrt(10) times."""
    returns = two_assets()[:, :1]
    h, v = VolatilityFilter(kind="garch").path(returns)[-1, 0], float(np.mean(returns**2))
    total = sum(v + 0.98 ** (k - 1) * (h - v) for k in range(1, 11))
    settings = {"method": "parametric_normal", "volatility": "garch"}
    ten = value_at_risk(returns, [1.0], horizon_days=10, **settings)
    one = value_at_risk(returns, [1.0], **settings)
    assert ten.value == pytest.approx(normal_quantile(0.99) * sqrt(total), rel=1e-12)
    assert ten.value != pytest.approx(sqrt(10) * one.value, rel=1e-3)


def test_ewma_covariance_equals_pandas() -> None:
    """The EWMA covariance over 1,000 days is that of pandas' two weighted means of products, variances at 0.94 and the
    correlation at 0.97, to 1e-12 relative."""
    returns = two_assets()
    covariance, effective, _, _ = CovarianceModel().forecast(returns)
    squares, product = pd.DataFrame(returns**2), pd.Series(returns[:, 0] * returns[:, 1])
    variances = squares.ewm(alpha=0.06).mean().iloc[-1].to_numpy()
    slow = squares.ewm(alpha=0.03).mean().iloc[-1].to_numpy()
    correlation = product.ewm(alpha=0.03).mean().iloc[-1] / np.sqrt(slow.prod())
    assert covariance.diagonal() == pytest.approx(variances, rel=1e-12)
    assert covariance[0, 1] == covariance[1, 0] == pytest.approx(correlation * np.sqrt(variances.prod()), rel=1e-12)
    assert effective == pytest.approx(32.3, abs=0.05)


@pytest.mark.parametrize(
    ("method", "parameters", "worth"),
    [
        ("parametric_normal", {}, "65.7"),
        ("parametric_normal", {"lam_correlation": 0.94}, "32.3"),
        ("parametric_t", {"df": 5.0}, "65.7"),
        ("monte_carlo", {}, "65.7"),
        ("parametric_normal", {"volatility": "garch"}, None),
        ("parametric_normal", {"volatility": "shrunk"}, None),
    ],
)
def test_more_assets_than_observations_are_warned_of(
    method: str, parameters: dict[str, Any], worth: str | None
) -> None:
    """With 70 assets correlations of 1,000 days at 0.97 are worth (1 + lam) / (1 - lam) = 65.7 observations, and the
    result names both numbers; with 65 assets, equal weights or shrinkage nothing is to be said."""
    rows = np.random.default_rng(8).normal(0.0, 0.01, (1000, 70))
    many = value_at_risk(rows, np.ones(70), method=method, **parameters).warnings
    assert many == (() if worth is None else (NOISY.format(70, float(worth)),))
    if parameters.get("lam_correlation") is None:
        assert value_at_risk(rows[:, :65], np.ones(65), method=method, **parameters).warnings == ()


def test_a_sample_of_fewer_days_than_assets_is_warned_of() -> None:
    """60 days say too little of 70 assets, whatever their weights."""
    rows = np.random.default_rng(8).normal(0.0, 0.01, (60, 70))
    (warning, *_) = value_at_risk(rows, np.ones(70), method="parametric_normal", volatility="sample").warnings
    assert warning == NOISY.format(70, 60.0)


@pytest.mark.parametrize(("confidence", "ranks"), [(0.99, (81, 120)), (0.999, (4, 17))])
def test_order_statistics_of_ten_thousand(confidence: float, ranks: tuple[int, int]) -> None:
    """The published ranks, and the outcomes at them."""
    assert order_ranks(10_000, confidence) == ranks
    outcomes = np.random.default_rng(2).permutation(np.arange(1.0, 10_001.0))
    interval = order_statistics(outcomes, confidence)
    assert (-interval.high, -interval.low) == ranks


def test_intervals_cover_the_truth() -> None:
    """Of 1,000 samples of 500 normals 92 to 98 % cover the true VaR at 95 %, and 88 to 98 % the true ES."""
    random = np.random.default_rng(4)
    covered = np.zeros((1000, 2))
    for i in range(len(covered)):
        outcomes = random.normal(size=500)
        worst = np.sort(outcomes)[:26]
        var, es = order_statistics(outcomes, 0.95), shortfall(outcomes, -worst[-1], -worst.mean(), 0.95)
        covered[i] = (var.low <= normal_quantile(0.95) <= var.high, es.low <= normal_es(0.95) <= es.high)
    assert 0.92 <= covered[:, 0].mean() <= 0.98
    assert 0.88 <= covered[:, 1].mean() <= 0.98


def test_interpolated_historical_equals_numpy_and_pandas() -> None:
    """The ``linear`` convention is numpy's and pandas' quantile, ES the mean of what is at or beyond it; to 1e-15."""
    returns = sp500_returns()[:500]
    estimate = value_at_risk(returns, method="historical", quantile="linear", confidence=0.975)
    assert estimate.value == pytest.approx(-returns.quantile(0.025), abs=1e-15)
    assert estimate.es == pytest.approx(-returns[returns <= -estimate.value].mean(), abs=1e-15)


def test_overlapping_windows_equal_pandas_rolling_sums() -> None:
    """The 10-day VaR of overlapping windows is the quantile of pandas' rolling sums to 1e-12."""
    returns = sp500_returns()[:1000]
    estimate = value_at_risk(returns, method="historical", overlapping=True, horizon_days=10, quantile="linear")
    assert estimate.value == pytest.approx(-returns.rolling(10).sum().quantile(0.01), abs=1e-12)
    assert "1000 days hold 100 separate ones" in estimate.warnings[0]


def test_age_weighted_equals_its_definition() -> None:
    """Walking the sorted outcomes until their weights exceed 1 %: the same VaR exactly, ES to 1e-12."""
    outcomes = sp500_returns().to_numpy()[:750]
    weights = 0.99 ** np.arange(749, -1, -1) * (1 - 0.99) / (1 - 0.99**750)
    np.testing.assert_allclose(age_weights(750, 0.99), weights, rtol=1e-12)
    reached, loss, var = 0.0, 0.0, None
    for i in np.argsort(outcomes):
        reached, loss = reached + weights[i], loss - weights[i] * outcomes[i]
        if reached > 0.01:
            var = -outcomes[i]
            break
    estimate = AgeWeighted(lam=0.99).estimate(portfolio(outcomes), 0.99)
    assert (estimate.value, estimate.es) == (var, pytest.approx(loss / reached, rel=1e-12))


def test_without_decay_age_weighting_is_historical() -> None:
    """At lam 1 - 1e-15 VaR equals the historical one exactly and ES to 1e-9."""
    returns = sp500_returns()[:1000]
    for confidence in (0.9, 0.95, 0.99):
        plain = value_at_risk(returns, method="historical", confidence=confidence)
        aged = value_at_risk(returns, method="age_weighted", lam=1 - 1e-15, confidence=confidence)
        assert (aged.value, aged.es) == (plain.value, pytest.approx(plain.es, rel=1e-9))


def test_filtered_historical_is_its_formula() -> None:
    """-quantile(r_s / sigma_s) * sigma_{T+1} over the last 1,000 days, sigma by a loop over all, to 1e-12."""
    returns = sp500_returns().to_numpy()[:1500]
    variance, sigmas = float(np.mean(returns[:30] ** 2)), []
    for value in returns:
        sigmas.append(sqrt(variance))
        variance = 0.94 * variance + 0.06 * value**2
    scores = returns / np.array(sigmas)
    estimate = value_at_risk(returns, quantile="linear")
    assert estimate.method == "filtered_historical"
    assert estimate.value == pytest.approx(-np.quantile(scores[-1000:], 0.01) * sqrt(variance), rel=1e-12)


def test_a_bootstrapped_path_is_its_recursion() -> None:
    """Given the days it draws, a path's sum of returns equals a plain loop over its own variance to 1e-12."""
    returns, volatility = two_assets(400), VolatilityFilter(kind="garch")
    book = portfolio(returns, BOOK)
    past = FilteredBootstrap.of(book, volatility)
    variances, target = volatility.path(returns), np.mean(returns**2, axis=0)
    scores = returns / np.sqrt(variances[:-1])
    order = np.argsort((scores * np.sqrt(variances[-1])) @ BOOK)
    total, variance = np.zeros(2), variances[-1]
    for day in (17, 399, 0):
        moved = scores[order[day]] * np.sqrt(variance)
        total, variance = total + moved, 0.02 * target + 0.1 * moved**2 + 0.88 * variance
    drawn = past.draw((np.array([[17, 399, 0]]) + 0.5) / 400)
    np.testing.assert_allclose(drawn[0], total, rtol=1e-12)


@pytest.mark.parametrize(("confidence", "error"), [(0.95, 0.0128), (0.99, 0.0160), (0.999, 0.0304)])
def test_monte_carlo_has_the_standard_error_of_the_table(confidence: float, error: float) -> None:
    """Over 200 seeds of 10,000 paths: relative sd within 15 % of the table's, mean within 3 of its own errors."""
    outcomes = two_assets()
    book = portfolio(outcomes @ BOOK)
    exact = value_at_risk(outcomes @ BOOK, method="parametric_normal", confidence=confidence).value
    drawn = np.array([MonteCarlo(seed=seed).estimate(book, confidence).value for seed in range(200)]) / exact
    assert drawn.std() == pytest.approx(error, rel=0.15)
    # the rank convention floor(n a) + 1 takes the outcome just inside: a bias of order 1 / (n a), here 0.3 % at most
    assert drawn.mean() == pytest.approx(1.0, abs=3 * error / sqrt(200) + 3e-3)


@pytest.mark.parametrize("sampling", ["random", "antithetic", "sobol"])
@pytest.mark.parametrize("distribution", ["normal", "student_t"])
def test_monte_carlo_nears_the_closed_form(distribution: str, sampling: str) -> None:
    """200,000 paths: VaR and ES within 1.5 % (over 4 standard errors), components within 3 % of the VaR."""
    method, extra = ("parametric_normal", {}) if distribution == "normal" else ("parametric_t", {"df": 5.0})
    exact = value_at_risk(two_assets(), BOOK, method=method, **extra)
    drawn = value_at_risk(
        two_assets(), BOOK, method="monte_carlo", distribution=distribution, sampling=sampling, paths=200_000, **extra
    )
    assert (drawn.value, drawn.es) == pytest.approx((exact.value, exact.es), rel=0.015)
    components = np.subtract(list(drawn.component.values()), list(exact.component.values()))
    assert np.abs(components).max() < 0.03 * exact.value
    increments = np.subtract(list(drawn.incremental.values()), list(exact.incremental.values()))
    assert np.abs(increments).max() < 0.03 * exact.value


def test_sobol_errs_less_than_random_draws() -> None:
    """Over 20 seeds of 16,384 paths of one asset the error of Sobol's VaR is under a third of that of random ones."""
    book = portfolio(two_assets()[:, 0])
    exact = value_at_risk(two_assets()[:, 0], method="parametric_normal").value
    errors = {
        sampling: np.mean(
            [
                abs(MonteCarlo(paths=16_384, sampling=sampling, seed=seed).estimate(book, 0.99).value - exact)
                for seed in range(20)
            ]
        )
        for sampling in ("random", "sobol")
    }
    assert errors["sobol"] < errors["random"] / 3.0


def test_antithetic_draws_come_with_their_opposites() -> None:
    """Each chunk's normals sum to zero and its uniforms to a half exactly; as many rows as asked, or one more."""
    for paths in (1_001, 40_000):
        drawn = list(normals(paths, 3, "antithetic", 0))
        assert sum(map(len, drawn)) == paths_drawn(paths, "antithetic")
        for chunk, points in zip(drawn, uniforms(paths, 3, "antithetic", 0), strict=True):
            half = len(chunk) // 2
            np.testing.assert_array_equal(chunk[:half], -chunk[half:])
            np.testing.assert_array_equal(points[:half], 1.0 - points[half:])


def test_a_one_day_bootstrap_nears_filtered_historical() -> None:
    """The GARCH bootstrap of one day resamples exactly the outcomes of FHS with GARCH: within 2 %."""
    exact = value_at_risk(two_assets(), BOOK, volatility="garch", confidence=0.95)
    drawn = value_at_risk(
        two_assets(), BOOK, method="monte_carlo", distribution="garch_bootstrap", paths=100_000, confidence=0.95
    )
    assert (drawn.value, drawn.es) == pytest.approx((exact.value, exact.es), rel=0.02)


def test_student_paths_over_ten_days_have_their_variance() -> None:
    """A sum of 10 days of Student-t 5 is less heavy-tailed: its VaR lies between the normal's and the scaled t's."""
    settings = {"horizon_days": 10, "volatility": "sample"}
    drawn = value_at_risk(
        two_assets(), BOOK, method="monte_carlo", distribution="student_t", df=5.0, paths=100_000, **settings
    )
    normal = value_at_risk(two_assets(), BOOK, method="parametric_normal", **settings)
    student = value_at_risk(two_assets(), BOOK, method="parametric_t", df=5.0, **settings)
    assert normal.value < drawn.value < student.value


@pytest.mark.parametrize("xi", [-0.2, 0.0, 0.3])
def test_the_pareto_tail_is_scipys(xi: float) -> None:
    """VaR beyond the threshold is genpareto's quantile to 1e-9, ES the integral of VaR over the tail to 1e-6."""
    tail = ParetoTail(threshold=1.0, excesses=100, total=1_000, xi=xi, beta=0.5)
    value, es = tail.var_es(0.99)
    assert value == pytest.approx(1.0 + stats.genpareto.ppf(0.9, xi, scale=0.5), rel=1e-9)
    total, _ = integrate.quad(lambda level: tail.var_es(level)[0], 0.99, 1.0)
    assert es == pytest.approx(total / 0.01, rel=1e-6)


def test_the_pareto_fit_finds_the_tail() -> None:
    """xi of Pareto losses within 3 errors; of 20,000 Student-t 4 the 5 % tail gives 99.9 % VaR to 4 %, ES to 8 %."""
    exact = ParetoTail.fit(stats.genpareto.rvs(0.25, size=5_000, random_state=np.random.default_rng(8)), 0.5)
    assert exact.xi == pytest.approx(0.25, abs=3 * exact.xi_error)
    tail = ParetoTail.fit(np.random.default_rng(7).standard_t(4, 20_000), 0.05)
    value, es = tail.var_es(0.999)
    assert value == pytest.approx(stats.t.ppf(0.999, 4), rel=0.04)
    assert es == pytest.approx(student_es(0.999, 4) * sqrt(2), rel=0.08)


def test_errors_of_the_tail_are_those_of_refits() -> None:
    """Over 150 samples of 1,000 exponential losses the sd of the 99 % VaR and ES is the delta method's within 20 %."""
    random = np.random.default_rng(9)
    tails = [ParetoTail.fit(random.exponential(size=1_000), 0.1) for _ in range(150)]
    expected = np.mean([tail.errors(0.99) for tail in tails], axis=0)
    found = np.std([tail.var_es(0.99) for tail in tails], axis=0)
    assert found == pytest.approx(expected, rel=0.2)


def test_at_the_threshold_the_error_is_the_quantiles() -> None:
    """There VaR is the order statistic, whose error is sqrt(a (1 - a) / n) / f(q): 0.0949 for 1,000 exponentials."""
    tail = ParetoTail(threshold=-np.log(0.1), excesses=100, total=1_000, xi=0.0, beta=1.0)
    assert tail.var_es(0.9)[0] == pytest.approx(-np.log(0.1), rel=1e-12)
    assert tail.errors(0.9)[0] == pytest.approx(sqrt(0.1 * 0.9 / 1_000) / 0.1, rel=1e-6)


def test_spread_cost_and_liquidation_are_their_sums() -> None:
    """Half the bad spread of each position; the horizon factor is the root of the summed squares, exactly."""
    assert spread_cost([1e6, -2e6], [0.002, 0.01], [0.001, 0.02], k=3.0) == pytest.approx([2_500.0, 70_000.0])
    for days in (1, 2, 5, 10):
        left = [(days - j) / days for j in range(days)]
        assert horizon_factor(days) == pytest.approx(sqrt(sum(x * x for x in left)), rel=1e-12)
