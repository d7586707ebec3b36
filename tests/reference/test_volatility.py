"""Volatility against ``arch``, pandas and closed forms. Tolerances are stated with each comparison."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from arch.data import sp500
from arch.univariate import EWMAVariance, arch_model
from arch.univariate.recursions import garch_recursion
from numpy.typing import NDArray

from risk.estimators.covariance import EwmaCovariance
from risk.estimators.ewma import EwmaMean, EwmaVariance
from risk.estimators.garch import Garch
from risk.estimators.irregular import IrregularEwma
from risk.estimators.turbulence import Turbulence
from risk.estimators.welford import Welford
from risk.garch_fit import Innovations, garch_fit

Vector = NDArray[np.float64]
NO_TARGET = np.array([np.nan])
DAY_NS = 86_400_000_000_000
WIDE = np.tile([0.0, 1e6], (6000, 1))


@cache
def returns() -> Vector:
    """Simple daily returns of ``arch.data.sp500``, 5,030 of them."""
    changes: Vector = sp500.load()["Adj Close"].pct_change().dropna().to_numpy()
    assert len(changes) == 5030
    return changes


def streamed(estimator: EwmaVariance, values: Vector) -> Vector:
    """The variance before each value, as ``arch`` reports it."""
    path = []
    for value in values:
        path.append(float(estimator.variance[0]))
        estimator.update(np.array([value]))
    return np.array(path)


def test_ewma_equals_the_recursion_of_arch() -> None:
    """EWMA 0.94 from the same start equals ``arch.univariate.EWMAVariance`` over 5,030 days to 2e-15 absolute."""
    process, start = EWMAVariance(0.94), 1.5e-4
    expected = process.compute_variance(np.empty(0), returns(), np.empty(5030), start, WIDE[:5030])
    path = streamed(EwmaVariance(0.94, initial=float(expected[0])), returns())
    np.testing.assert_allclose(path, expected, rtol=0.0, atol=2e-15)


def test_normalised_ewma_equals_pandas() -> None:
    """Without a start value the mean equals ``ewm(adjust=True)`` of pandas to 1e-12 relative, variance and volume."""
    mean, expected = EwmaMean(0.97), pd.Series(returns()[:500] ** 2).ewm(alpha=0.03, adjust=True).mean().to_numpy()
    for value, wanted in zip(returns()[:500] ** 2, expected, strict=True):
        mean.update(np.array([value]))
        assert mean.mean[0] == pytest.approx(wanted, rel=1e-12)


def test_irregular_sampling_equals_pandas() -> None:
    """Weights lam^(dt/tau): with pandas' ``ewm`` over times, the squares a period by what each covers, to 1e-9; sampled
    once a period it is EWMA 0.94, to 1e-12 relative."""
    gaps = np.random.default_rng(3).integers(1, 5 * DAY_NS, 300)
    irregular, values = IrregularEwma(0.94, DAY_NS), returns()[:300]
    irregular.update(0.0, 0)
    for value, time_ns in zip(values, np.cumsum(gaps), strict=True):
        assert irregular.update(float(value), int(time_ns)) is None
    periods = gaps / DAY_NS
    rows = pd.DataFrame({"square": values**2 / periods, "one": 1.0}).mul(1.0 - 0.94**periods, axis=0)
    life = pd.Timedelta(int(np.log(0.5) / np.log(0.94) * DAY_NS), "ns")
    means = rows.ewm(halflife=life, times=pd.to_datetime(np.cumsum(gaps))).mean().iloc[-1]
    assert irregular.variance == pytest.approx(means["square"] / means["one"], rel=1e-9)
    regular, daily = IrregularEwma(0.94, DAY_NS), EwmaVariance(0.94)
    for day, value in enumerate(np.append(0.0, values)):
        regular.update(float(value), day * DAY_NS)
    streamed(daily, values)
    assert regular.variance == pytest.approx(float(daily.variance[0]), rel=1e-12)


def test_covariance_with_gaps_equals_pandas() -> None:
    """Each pair equals pandas' weighted mean of products over the pair's common rows, to 1e-12 relative."""
    random = np.random.default_rng(8)
    rows = random.normal(0, 0.01, (300, 3))
    rows[random.random((300, 3)) < 0.1] = np.nan
    covariance = EwmaCovariance(0.97, 3)
    for row in rows:
        covariance.update(row)
    for i in range(3):
        for j in range(3):
            products = pd.Series(rows[:, i] * rows[:, j]).dropna()
            expected = products.ewm(alpha=0.03, adjust=True).mean().iloc[-1]
            assert covariance.covariance[i, j] == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize(("lam", "half_life", "sample", "days"), [(0.94, 11.2, 32.3, 74.4), (0.97, 22.8, 65.7, 151.2)])
def test_decay_has_the_published_lengths(lam: float, half_life: float, sample: float, days: float) -> None:
    """Half-life, effective sample and days at 1 % tolerance of RiskMetrics 1996, to the digits printed."""
    shock = EwmaVariance(lam, initial=0.0)
    path = streamed(shock, np.concatenate([[1.0], np.zeros(400)]))[1:]
    weights = path / path.sum()
    assert np.log(0.5) / np.log(weights[1] / weights[0]) == pytest.approx(half_life, abs=0.05)
    assert 1.0 / float((weights**2).sum()) == pytest.approx(sample, abs=0.1)
    assert np.log(0.01) / np.log(weights[1] / weights[0]) == pytest.approx(days, abs=0.05)


def test_garch_equals_the_recursion_of_arch() -> None:
    """One step at a time equals ``arch``'s recursion with the fitted parameters over 5,030 days: to 1e-12 relative."""
    omega, alpha, beta, mu = 0.017507, 0.102150, 0.885206, 0.056353
    errors = 100.0 * returns() - mu
    expected = np.empty(5030)
    parameters = np.array([omega, alpha, beta])
    garch_recursion(parameters, errors**2, np.sign(errors), expected, 1, 0, 1, 5030, 1.5, WIDE)
    garch, path = Garch(alpha, beta, omega=omega, initial=float(expected[0])), []
    for error in errors:
        path.append(float(garch.variance[0]))
        garch.update(np.array([error]), NO_TARGET)
    np.testing.assert_allclose(path, expected, rtol=1e-12)


@pytest.mark.parametrize("leverage", [False, True])
@pytest.mark.parametrize(("innovations", "name"), [("normal", "normal"), ("student_t", "t")])
def test_fit_recursion_and_forecasts_equal_arch(innovations: Innovations, name: Any, leverage: bool) -> None:
    """GARCH and GJR-GARCH by ``arch`` with either distribution: our fit has its parameters, to 1e-6; one step at a time
    equals its conditional variance over 5,030 days, the forecasts its analytic ones over 30 days, and the variance of
    30 days their sum, to 1e-10 relative."""
    percent = 100.0 * returns()
    found = arch_model(percent, mean="Zero", p=1, o=int(leverage), q=1, dist=name, rescale=False).fit(disp="off")
    omega, alpha, beta = found.params[["omega", "alpha[1]", "beta[1]"]]
    gamma = found.params.get("gamma[1]", 0.0)
    assert (gamma > 0.05) == leverage
    ours = garch_fit(returns(), leverage, innovations)
    assert ours.parameters == pytest.approx((alpha, beta, gamma, 1e-4 * omega), rel=1e-6)
    assert ours.nu == pytest.approx(found.params.get("nu", np.inf), rel=1e-6)
    expected = found.conditional_volatility**2
    garch, path = Garch(alpha, beta, omega, initial=float(expected[0]), gamma=gamma), []
    for value in percent:
        path.append(float(garch.variance[0]))
        garch.update(np.array([value]), NO_TARGET)
    np.testing.assert_allclose(path, expected, rtol=1e-10)
    ahead = found.forecast(horizon=30, method="analytic").variance.to_numpy()[0]
    np.testing.assert_allclose([garch.forecast(NO_TARGET, k)[0] for k in range(1, 31)], ahead, rtol=1e-10)
    assert garch.horizon_variance(NO_TARGET, 30)[0] == pytest.approx(ahead.sum(), rel=1e-10)


def test_garch_forecast_equals_the_formula() -> None:
    """k steps: V + (alpha + beta)^(k-1) (h - V) with V = omega / (1 - alpha - beta), by iterating it, to 1e-12."""
    omega, alpha, beta = 0.017507, 0.102150, 0.885206
    garch, h = Garch(alpha, beta, omega=omega, initial=4.0), 4.0
    for step in range(1, 31):
        assert garch.forecast(NO_TARGET, step)[0] == pytest.approx(h, rel=1e-12)
        h = omega + (alpha + beta) * h


def test_variance_targeting_settles_at_the_sample_variance() -> None:
    """With the sample variance as target the mean GARCH variance over 5,030 days lies within 10 % of it."""
    garch, moments, path = Garch(0.10, 0.88), Welford(), []
    for value in returns():
        row = np.array([value])
        moments.update(row)
        garch.update(row, moments.variance)
        path.append(float(garch.variance[0]))
    assert np.mean(path) == pytest.approx(returns().var(ddof=1), rel=0.1)


def test_welford_holds_at_a_high_level() -> None:
    """sd 0.01 at level 1e8 gives a variance of about 1e-4 (1 %), where E[x^2] - E[x]^2 gives nonsense."""
    values = 1e8 + np.random.default_rng(1).normal(0.0, 0.01, 20_000)
    moments = Welford()
    for value in values:
        moments.update(np.array([value]))
    assert moments.variance[0] == pytest.approx(np.var(values, ddof=1), rel=1e-6)
    assert moments.variance[0] == pytest.approx(1e-4, rel=0.05)
    assert abs((values**2).mean() - values.mean() ** 2 - 1e-4) > 1e-3


def test_turbulence_equals_mahalanobis_of_scipy() -> None:
    """d = mahalanobis^2 / n with the stated mean and shrunk covariance, against scipy to 1e-10 relative."""
    from scipy.spatial.distance import mahalanobis

    rows = np.random.default_rng(3).normal(0, 0.01, (300, 6)) @ np.random.default_rng(4).normal(0, 1, (6, 6))
    turbulence = Turbulence(0.99, 0.1, 100, 6)
    for row in rows:
        mean, covariance = turbulence.mean.mean, turbulence.errors.covariance
        measured = turbulence.update(row)
        if measured:
            shrunk = 0.9 * covariance + 0.1 * np.diag(np.diag(covariance))
            expected = mahalanobis(row, mean, np.linalg.inv(shrunk)) ** 2 / 6
            assert turbulence.value == pytest.approx(expected, rel=1e-10)
    assert turbulence.value > 0
