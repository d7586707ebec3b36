"""Shrinkage, repair and tests of covariances against scikit-learn, statsmodels, published examples and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from arch.data import sp500
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, norm
from sklearn.covariance import LedoitWolf
from statsmodels.stats.diagnostic import het_arch

from risk.background import Inline
from risk.market import MarketConfig, MarketState
from risk.market_analysis import MarketAnalysis
from risk.measures.absorption import absorption_ratio
from risk.measures.arch_lm import arch_lm
from risk.measures.correlation import average_correlation
from risk.measures.correlation_change import correlation_change
from risk.measures.psd import nearest_correlation, repaired
from risk.measures.shrinkage import ledoit_wolf
from risk.var.methods import value_at_risk
from tests.risk.world import DAY_NS, START_NS, bar

RUNS = 400


def equicorrelated(
    rows: int, assets: int, correlation: float, seed: int
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    random = np.random.default_rng(seed)
    common, own = random.normal(size=(rows, 1)), random.normal(size=(rows, assets))
    return np.sqrt(correlation) * common + np.sqrt(1.0 - correlation) * own


@pytest.mark.parametrize(("rows", "assets"), [(10, 40), (60, 20), (500, 20)])
def test_shrinkage_to_the_identity_equals_scikit_learn(rows: int, assets: int) -> None:
    """Covariance and intensity to 1e-12 relative."""
    returns = equicorrelated(rows, assets, 0.3, 1) * np.linspace(0.5, 2.0, assets)
    expected = LedoitWolf().fit(returns)
    found = ledoit_wolf(returns)
    assert found.intensity == pytest.approx(expected.shrinkage_, rel=1e-12)
    np.testing.assert_allclose(found.covariance, expected.covariance_, rtol=1e-12, atol=1e-14)


def test_shrinkage_to_constant_correlation_is_of_least_error() -> None:
    """Where all correlations are equal it shrinks almost fully; where they are not, the mean squared error is below the
    sample's and within 12 % of what the best fixed intensity gives, which nobody knows beforehand."""
    assert ledoit_wolf(equicorrelated(60, 20, 0.5, 2), "constant_correlation").intensity > 0.9
    truth = 0.5 + 0.4 * np.outer(np.linspace(-1, 1, 12), np.linspace(-1, 1, 12))
    np.fill_diagonal(truth, 1.0)
    root, random = np.linalg.cholesky(truth), np.random.default_rng(3)
    errors = []
    for _ in range(200):
        returns = random.normal(size=(30, 12)) @ root.T
        found = ledoit_wolf(returns, "constant_correlation")
        sample = np.cov(returns, rowvar=False, bias=True)
        aim = (found.covariance - (1.0 - found.intensity) * sample) / found.intensity
        fixed = [(1.0 - k) * sample + k * aim for k in np.linspace(0.0, 1.0, 10)]
        errors.append([float(np.sum((each - truth) ** 2)) for each in (found.covariance, *fixed)])
    mean = np.mean(errors, axis=0)
    assert mean[0] < mean[1]
    assert mean[0] <= 1.12 * mean[1:].min()


def test_the_nearest_correlation_is_highams() -> None:
    """The example of Higham (2002) to its four digits; clipping alone ends farther away."""
    example = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
    expected = [[1.0, 0.7607, 0.1573], [0.7607, 1.0, 0.7607], [0.1573, 0.7607, 1.0]]
    np.testing.assert_allclose(nearest_correlation(example), expected, atol=5e-5)
    nearest = float(np.linalg.norm(nearest_correlation(example) - example))
    assert nearest < np.linalg.norm(repaired(example) - example) < 1.1 * nearest


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(2, 12))
def test_a_repair_keeps_variances_and_what_needs_none(seed: int, size: int) -> None:
    """Any symmetric matrix becomes positive semidefinite with its variances; one that is stays as it is, and a second
    repair changes nothing."""
    random = np.random.default_rng(seed)
    noise = np.triu(random.uniform(-1.0, 1.0, (size, size)), 1)
    sd = random.uniform(0.01, 3.0, size)
    broken = (noise + noise.T + np.eye(size)) * np.outer(sd, sd)
    fixed = repaired(broken)
    np.testing.assert_allclose(np.diagonal(fixed), sd**2, rtol=1e-12)
    assert np.linalg.eigvalsh(fixed / np.outer(sd, sd))[0] > -1e-10
    np.testing.assert_allclose(repaired(fixed), fixed, rtol=1e-9, atol=1e-12)
    whole = np.cov(random.normal(size=(50, size)), rowvar=False)
    assert repaired(whole) is whole


def test_arch_lm_equals_statsmodels() -> None:
    """Statistic and p-value over windows of the S&P 500, to 1e-8 relative."""
    returns = sp500.load()["Adj Close"].pct_change().dropna().to_numpy()
    for start in range(0, 5000, 500):
        window = returns[start : start + 500]
        for lags in (1, 5, 10):
            expected = het_arch(window - window.mean(), nlags=lags, result_object=False)
            found = arch_lm(window, lags)
            assert (found.statistic, found.p_value) == pytest.approx(expected[:2], rel=1e-8)


def test_the_clustering_of_the_market_rolls() -> None:
    """The engine's statistic, renewed as bars close, is statsmodels' over the last 250 returns, to 1e-8 relative."""
    closes = sp500.load()["Adj Close"].to_numpy()[2200:3001].round(4)
    market = MarketState(MarketConfig(history=250))
    analyses = Inline([MarketAnalysis()], market)
    for day, close in enumerate(closes.tolist()):
        market.apply_bar(bar("SPX", close, START_NS + day * DAY_NS))
        if day in {400, 600, 800}:
            assert analyses.run(market.now_ns) == []
            window = closes[day - 249 : day + 1] / closes[day - 250 : day] - 1.0
            expected = het_arch(window - window.mean(), nlags=5, result_object=False)[0]
            assert market.analysis.clustering_of(0) == pytest.approx(expected, rel=1e-8)


def test_arch_lm_has_its_size() -> None:
    """Of 400 series of white noise it rejects as many at 5 % as chance allows (two-sided binomial, 0.1 %)."""
    random = np.random.default_rng(5)
    rejected = sum(arch_lm(random.normal(size=1000)).p_value < 0.05 for _ in range(RUNS))
    assert binomtest(rejected, RUNS, 0.05).pvalue > 0.001


def test_the_change_test_has_its_size_and_power() -> None:
    """Of 400 pairs of samples with equal correlations it rejects at 5 % about as many as it should (chi-squared is its
    limit: 3 % to 9 %); a change from 0.2 to 0.7 it always sees."""
    size = [
        correlation_change(equicorrelated(250, 5, 0.4, 2 * k), equicorrelated(500, 5, 0.4, 2 * k + 1))
        for k in range(RUNS)
    ]
    assert 0.03 <= np.mean([each.p_value < 0.05 for each in size]) <= 0.09
    power = [
        correlation_change(equicorrelated(60, 5, 0.7, 2 * k), equicorrelated(440, 5, 0.2, 2 * k + 1)) for k in range(50)
    ]
    assert max(each.p_value for each in power) < 0.01


def test_the_change_test_knows_neither_scale_nor_order() -> None:
    """Other units and another order of the assets leave the statistic, to 1e-9 relative."""
    recent, before = equicorrelated(60, 6, 0.7, 1), equicorrelated(300, 6, 0.3, 2)
    expected, order, scale = correlation_change(recent, before).statistic, [3, 0, 5, 1, 4, 2], np.arange(1.0, 7.0)
    found = correlation_change((recent * scale)[:, order], (before * 7.0)[:, order])
    assert found.statistic == pytest.approx(expected, rel=1e-9)
    assert correlation_change(before, before).statistic == pytest.approx(0.0, abs=1e-9)


def test_absorption_of_equal_correlations_is_its_closed_form() -> None:
    """N assets of variance 1 and correlation r: the first eigenvalue is 1 + (N - 1) r, the others are 1 - r."""
    matrix = np.full((20, 20), 0.3)
    np.fill_diagonal(matrix, 1.0)
    assert absorption_ratio(matrix, 0.01) == pytest.approx((1 + 19 * 0.3) / 20, rel=1e-12)
    assert absorption_ratio(matrix, 0.2) == pytest.approx((1 + 19 * 0.3 + 3 * 0.7) / 20, rel=1e-12)
    assert average_correlation(matrix) == pytest.approx(0.3, rel=1e-12)


GOOD = np.random.default_rng(1).normal(size=(100, 3))
FLAT = np.column_stack([GOOD[:, :2], np.zeros(100)])
LOPSIDED = np.array([[1.0, 0.5], [0.1, 1.0]])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ledoit_wolf(GOOD[:1]), r"`returns` has shape \(1, 3\)"),
        (lambda: ledoit_wolf(FLAT), "`returns` has a column that never moves"),
        (lambda: ledoit_wolf(GOOD, "moon"), "`target` is 'moon'"),  # type: ignore[arg-type]
        (lambda: repaired(LOPSIDED), "`covariance` is not symmetric"),
        (lambda: repaired(-np.eye(2)), "`covariance` has a variance of -1.0"),
        (lambda: repaired(GOOD), r"`covariance` has shape \(100, 3\)"),
        (lambda: absorption_ratio(np.eye(3), 0.0), "`share` is 0.0"),
        (lambda: absorption_ratio(np.zeros((2, 2))), "`covariance` has a trace of 0.0"),
        (lambda: absorption_ratio(GOOD), r"`covariance` has shape \(100, 3\)"),
        (lambda: arch_lm(GOOD[:, 0], 0), "`lags` is 0"),
        (lambda: arch_lm(GOOD[:20, 0]), "`returns` has 20 values, expected at least 50"),
        (lambda: arch_lm(np.zeros(100)), "`returns` never moves"),
        (lambda: correlation_change(GOOD[:3], GOOD), r"`recent` has shape \(3, 3\)"),
        (lambda: correlation_change(GOOD, GOOD[:, :2]), "`before` has 2 assets, expected 3"),
        (lambda: correlation_change(GOOD, np.where(GOOD > 2, np.nan, GOOD)), "`before` has a value that is not finite"),
        (lambda: correlation_change(FLAT, GOOD), "`recent` has a column that never moves"),
    ],
)
def test_bad_input_is_named(call: object, words: str) -> None:
    """The message has the argument, what it is and what was expected."""
    with pytest.raises(ValueError, match=words):
        call()  # type: ignore[operator]


@pytest.mark.parametrize("days", [1, 10])
def test_value_at_risk_from_a_shrunk_covariance_equals_scikit_learn(days: int) -> None:
    """z sqrt(w' S w h) with scikit-learn's S, to 1e-12 relative."""
    returns, weights = 0.01 * equicorrelated(60, 20, 0.3, 6), np.linspace(-1.0, 2.0, 20)
    shrunk = LedoitWolf().fit(returns).covariance_
    found = value_at_risk(
        returns, weights, method="parametric_normal", volatility="shrunk", confidence=0.99, horizon_days=days
    )
    expected = norm.ppf(0.99) * np.sqrt(weights @ shrunk @ weights * days)
    assert found.value == pytest.approx(expected, rel=1e-12)
