"""Sizing against published numbers, scipy's optimisers and closed forms."""

from __future__ import annotations

from decimal import Decimal
from math import sqrt

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize, minimize_scalar
from scipy.stats import norm

from risk.measures.var import normal_quantile, variance_after
from risk.sizing.fixed_risk import fixed_risk
from risk.sizing.kelly_binary import kelly_binary
from risk.sizing.kelly_continuous import growth_rate, growth_share, kelly_continuous
from risk.sizing.kelly_multi_asset import kelly_multi_asset
from risk.sizing.maximum import maximum_by_liquidity, maximum_by_var
from risk.sizing.recommend import recommend
from risk.sizing.risk_budget import risk_budget, risk_contributions
from risk.sizing.risk_parity import risk_parity
from risk.sizing.shrinkage import estimate_shrinkage
from risk.sizing.volatility_target import volatility_target

Matrix = NDArray[np.float64]
VOLS = np.array([0.10, 0.20, 0.30, 0.40])


def covariance_of(correlation: Matrix) -> Matrix:
    matrix: Matrix = np.outer(VOLS, VOLS) * correlation
    return matrix


def paired_correlation() -> Matrix:
    """rho12 = 0.8, rho34 = -0.5, else 0."""
    correlation = np.eye(4)
    correlation[0, 1] = correlation[1, 0] = 0.8
    correlation[2, 3] = correlation[3, 2] = -0.5
    return correlation


def sample_covariance(size: int, seed: int = 4) -> Matrix:
    draws = np.random.default_rng(seed).normal(0.0, 0.1, (size, size)) @ np.diag(np.linspace(0.5, 2.0, size))
    matrix: Matrix = draws @ draws.T + 0.01 * np.eye(size)
    return matrix


@pytest.mark.parametrize(("p", "b", "expected"), [(0.55, 1.5, 0.25), (0.6, 1.0, 0.20)])
def test_binary_kelly(p: float, b: float, expected: float) -> None:
    """The two published stakes to 1e-12; scipy's maximum of p ln(1 + b f) + (1 - p) ln(1 - f) to 1e-6."""
    assert kelly_binary(p, b) == pytest.approx(expected, abs=1e-12)
    best = minimize_scalar(
        lambda f: -p * np.log1p(b * f) - (1.0 - p) * np.log1p(-f),
        bounds=(0.0, 0.99),
        method="bounded",
        options={"xatol": 1e-9},
    )
    assert kelly_binary(p, b) == pytest.approx(best.x, abs=1e-6)


def test_continuous_kelly() -> None:
    """8 %, 2 %, 20 %: 1.5 to 1e-12, where the growth rate is largest."""
    assert kelly_continuous(0.08, 0.02, 0.20) == pytest.approx(1.5, abs=1e-12)
    best = minimize_scalar(lambda w: -growth_rate(w, 0.08, 0.02, 0.20), bounds=(0.0, 5.0), method="bounded")
    assert best.x == pytest.approx(1.5, abs=1e-5)


def test_half_kelly_keeps_three_quarters_of_the_growth() -> None:
    """75 % of the excess growth of full Kelly, exactly by the formula and to 1e-12 by the growth rates."""
    full, half = kelly_continuous(0.08, 0.02, 0.20), kelly_continuous(0.08, 0.02, 0.20, fraction=0.5)
    assert half == 0.5 * full
    excess = [growth_rate(w, 0.08, 0.02, 0.20) - 0.02 for w in (half, full)]
    assert excess[0] / excess[1] == pytest.approx(0.75, rel=1e-12)
    assert growth_share(0.5) == 0.75


def test_kelly_never_below_zero() -> None:
    """An edge against the bettor is no bet, whichever the method."""
    assert kelly_binary(0.3, 1.0) == 0.0
    assert kelly_continuous(0.01, 0.02, 0.2) == 0.0
    assert kelly_multi_asset([0.01, 0.0], 0.02, np.eye(2)).tolist() == [0.0, 0.0]


def test_multi_asset_kelly_is_the_inverse_times_the_edge() -> None:
    """Where Sigma^-1 (mu - r) is positive anyway, that is it, to 1e-10 relative; of one asset, the continuous Kelly."""
    sigma, wanted = sample_covariance(6), np.linspace(0.2, 1.2, 6)
    assert kelly_multi_asset(sigma @ wanted + 0.02, 0.02, sigma) == pytest.approx(wanted, rel=1e-10)
    assert kelly_multi_asset([0.08], 0.02, [[0.04]]) == pytest.approx([1.5], abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_multi_asset_kelly_against_a_bounded_optimiser(seed: int) -> None:
    """Where signs bind: the maximum of scipy's L-BFGS-B over w >= 0, weights to 1e-4, the growth no less."""
    sigma = sample_covariance(8, seed)
    edge = np.random.default_rng(seed).normal(0.0, 0.05, 8)
    weights = kelly_multi_asset(edge, 0.0, sigma)
    found = minimize(
        lambda w: 0.5 * w @ sigma @ w - edge @ w,
        np.full(8, 0.1),
        jac=lambda w: sigma @ w - edge,
        bounds=[(0.0, None)] * 8,
        method="L-BFGS-B",
        options={"ftol": 1e-15, "gtol": 1e-12},
    )
    assert weights == pytest.approx(found.x, abs=1e-4)
    assert edge @ weights - 0.5 * weights @ sigma @ weights >= -found.fun - 1e-12
    assert (weights == 0.0).any()


def test_shrinkage_maximises_the_growth_of_an_estimated_edge() -> None:
    """The factor m^2 / (m^2 + SE^2) grows most, by integrating over the estimate's error, to 1e-6.

    And m'^2 - SE^2 over m'^2 is the factor with unbiased parts: E[m'^2] = m^2 + SE^2 to 1e-10.
    """
    edge, error, variance = 0.06, 0.04, 0.04
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    estimates, weights = edge + error * nodes, weights / weights.sum()

    def growth(k: float) -> float:
        bets = k * estimates / variance
        return float(weights @ (bets * edge - 0.5 * bets**2 * variance))

    best = minimize_scalar(lambda k: -growth(k), bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-9})
    assert best.x == pytest.approx(edge**2 / (edge**2 + error**2), abs=1e-6)
    assert weights @ estimates**2 == pytest.approx(edge**2 + error**2, rel=1e-10)
    assert estimate_shrinkage(edge, error) == pytest.approx((edge**2 - error**2) / edge**2, rel=1e-12)


def test_estimates_shrink_every_kelly_alike() -> None:
    """25 years of 6 % at 20 %: t = 1.5, hence 1 - 1 / 2.25 of the bet; one asset or a matrix of one, to 1e-12. 55 wins
    of 100: from Agresti's and Coull's centre, 57 / 104, to 1e-12."""
    expected = 1.5 * (1.0 - 1.0 / 2.25)
    assert kelly_continuous(0.08, 0.02, 0.20, years=25.0) == pytest.approx(expected, rel=1e-12)
    assert kelly_multi_asset([0.08], 0.02, [[0.04]], years=25.0) == pytest.approx([expected], rel=1e-12)
    centre = 57.0 / 104.0
    stake, error = centre - (1.0 - centre) / 1.5, (1.0 + 1.0 / 1.5) * sqrt(centre * (1.0 - centre) / 104.0)
    shrunk = stake * (1.0 - (error / stake) ** 2)
    assert kelly_binary(0.55, 1.5, observations=100.0) == pytest.approx(shrunk, rel=1e-12)


def test_volatility_target_and_fixed_risk() -> None:
    """w = target / sigma; quantity = equity * risk / |entry - stop|, long or short, and what the stop then costs."""
    assert volatility_target(0.10, 0.25) == pytest.approx(0.4, rel=1e-15)
    quantity = fixed_risk(250_000.0, 0.01, entry=80.0, stop=75.0)
    assert quantity == pytest.approx(500.0, rel=1e-15)
    assert quantity == fixed_risk(250_000.0, 0.01, entry=75.0, stop=80.0)
    assert fixed_risk(250_000.0, 0.01, 80.0, 75.0, multiplier=50.0) == pytest.approx(10.0, rel=1e-15)


@pytest.mark.parametrize("rho", [-0.2, 0.0, 0.3, 0.9])
def test_risk_parity_with_one_correlation(rho: float) -> None:
    """Maillard, Roncalli, Teiletche: vols 10/20/30/40 % give 48/24/16/12 % whatever the correlation, to 1e-8."""
    correlation = rho + (1.0 - rho) * np.eye(4)
    assert risk_parity(covariance_of(correlation)) == pytest.approx([0.48, 0.24, 0.16, 0.12], abs=1e-8)


def test_risk_parity_with_the_papers_correlations() -> None:
    """38.36/19.18/24.26/18.20 %, each contribution 0.02573, sigma_p 0.102934: every printed digit; equal to 1e-8."""
    sigma = covariance_of(paired_correlation())
    weights = risk_parity(sigma)
    parts = risk_contributions(weights, sigma)
    assert (weights * 100.0).round(2).tolist() == [38.36, 19.18, 24.26, 18.20]
    assert parts.round(5).tolist() == [0.02573] * 4
    assert round(float(parts.sum()), 6) == 0.102934
    assert np.ptp(parts) <= 1e-8 * parts.sum()


@pytest.mark.parametrize("size", [2, 5, 20, 100])
def test_risk_budgets_hold(size: int) -> None:
    """Contributions are in the proportion of the budgets to 1e-8 of the volatility."""
    sigma, budgets = sample_covariance(size), np.linspace(1.0, 5.0, size)
    parts = risk_contributions(risk_budget(sigma, budgets), sigma)
    assert parts / parts.sum() == pytest.approx(budgets / budgets.sum(), abs=1e-8)


def test_risk_budgets_against_a_general_optimiser() -> None:
    """scipy's SLSQP on the paper's programme, min sigma^2 subject to sum b_i ln w_i >= c, to 1e-5."""
    sigma, budgets = covariance_of(paired_correlation()), np.array([0.4, 0.3, 0.2, 0.1])
    found = minimize(
        lambda w: 100.0 * w @ sigma @ w,
        np.full(4, 1.0),
        jac=lambda w: 200.0 * sigma @ w,
        constraints={"type": "ineq", "fun": lambda w: budgets @ np.log(w)},
        bounds=[(1e-3, None)] * 4,
        method="SLSQP",
        options={"ftol": 1e-15, "maxiter": 500},
    )
    assert risk_budget(sigma, budgets) == pytest.approx(found.x / found.x.sum(), abs=1e-5)


def test_two_assets_with_budgets_in_closed_form() -> None:
    """Uncorrelated assets: w_i in proportion to sqrt(b_i) / sigma_i, to 1e-10."""
    wanted = np.sqrt([0.8, 0.2]) / np.array([0.1, 0.3])
    assert risk_budget(np.diag([0.01, 0.09]), [0.8, 0.2]) == pytest.approx(wanted / wanted.sum(), rel=1e-10)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("asset", [0, 1, 2])
def test_the_maximum_by_var_against_a_root_finder(sign: int, asset: int) -> None:
    """scipy's root of VaR after the order less the limit, to 1e-9 relative."""
    sigma, book, price = sample_covariance(3), np.array([1e5, -5e4, 2e4]), 25.0
    variance, covered, own = float(book @ sigma @ book), float((sigma @ book)[asset]), float(sigma[asset, asset])
    limit = 1.3 * norm.ppf(0.99) * sqrt(variance)

    def beyond(quantity: float) -> float:
        after = variance_after(variance, sign * price * quantity, covered, own)
        return float(normal_quantile(0.99)) * sqrt(after) - limit

    found = brentq(beyond, 0.0, 1e7, xtol=1e-9, rtol=1e-14)
    assert maximum_by_var(sign, price, variance, covered, own, limit, 0.99) == pytest.approx(found, rel=1e-9)


def test_jorions_order_in_reverse() -> None:
    """Jorion's $10,000 of CAD add 528.93 to VaR (z 1.65), so a limit just there allows $10,000, to 0.1 %."""
    variance, covered = (2e6 * 0.05) ** 2 + (1e6 * 0.12) ** 2, 0.05**2 * 2e6
    scale = normal_quantile(0.95) / 1.65
    limit = (1.65 * sqrt(variance) + 528.93) * scale
    assert maximum_by_var(1, 1.0, variance, covered, 0.05**2, limit, 0.95) == pytest.approx(10_000.0, rel=1e-3)


def test_the_maximum_by_liquidity() -> None:
    """Days to liquidate = |q| / (participation * ADV): 20 % of 500,000 for 10 days is a million."""
    assert maximum_by_liquidity(1, 0.0, 500_000.0, 0.2, 10.0) == pytest.approx(1_000_000.0, rel=1e-15)


def test_the_recommendation_is_the_smallest_in_whole_lots() -> None:
    """Kelly says 1,500, the VaR 1,234.9, liquidity 1,300: 1,230 in lots of ten, and VaR binds."""
    found = recommend("kelly", 1500.0, {"liquidity": 1300.0, "var": 1234.9}, Decimal(10))
    assert (found.quantity, found.binding, found.allowed) == (Decimal(1230), "var", 1234.9)


def test_only_the_assets_held_cost_an_estimate() -> None:
    """One asset of two held shrinks as alone; two uncorrelated of S^2 = 0.09 each by 1 - 2 / (25 * 0.18), to 1e-12."""
    alone = kelly_continuous(0.08, 0.02, 0.20, years=25.0)
    assert kelly_multi_asset([0.08, -0.1], 0.02, np.diag([0.04, 0.01]), years=25.0) == pytest.approx([alone, 0.0])
    both = kelly_multi_asset([0.08, 0.08], 0.02, np.diag([0.04, 0.04]), years=25.0)
    assert both == pytest.approx(np.full(2, 1.5 * (1.0 - 2.0 / (25.0 * 0.18))), rel=1e-12)
