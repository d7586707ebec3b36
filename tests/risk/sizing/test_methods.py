"""Laws that the sizing methods keep for every input, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isfinite, nan, sqrt

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from risk.sizing.fixed_risk import fixed_risk
from risk.sizing.kelly_binary import kelly_binary
from risk.sizing.kelly_continuous import kelly_continuous
from risk.sizing.kelly_multi_asset import kelly_multi_asset
from risk.sizing.quantity import quantity_of
from risk.sizing.risk_budget import risk_budget, risk_contributions
from risk.sizing.risk_parity import risk_parity
from risk.sizing.shrinkage import estimate_shrinkage
from risk.sizing.volatility_target import volatility_target

Array = NDArray[np.float64]
RATE = st.floats(-1.0, 1.0)
VOLATILITY = st.floats(0.01, 2.0)
SHARE = st.floats(0.01, 1.0)
SIZE = 5
#: Covariances of five assets with volatilities of 1 % to 200 % and any correlation short of singular.
COVARIANCE = st.tuples(
    arrays(np.float64, (SIZE, SIZE), elements=st.floats(-1.0, 1.0)), arrays(np.float64, SIZE, elements=VOLATILITY)
).map(lambda parts: covariance_of(*parts))
BUDGETS = arrays(np.float64, SIZE, elements=st.floats(0.05, 1.0))
DRIFTS = arrays(np.float64, SIZE, elements=RATE)
ORDER = st.permutations(range(SIZE))
SIGMA = np.array([[0.04, 0.01], [0.01, 0.09]])


def covariance_of(loadings: Array, volatilities: Array) -> Array:
    gram = loadings @ loadings.T + 0.05 * np.eye(SIZE)
    scale = volatilities / np.sqrt(np.diag(gram))
    matrix: Array = gram * np.outer(scale, scale)
    return matrix


@pytest.mark.parametrize("payoff", [0.5, 1.5, 10.0])
def test_a_run_of_wins_is_no_certainty(payoff: float) -> None:
    """Three wins of three stake less than 5/7; the more observations at the same frequency, the more is staked, up to
    what a known probability would."""
    stakes = [kelly_binary(1.0, payoff, observations=count) for count in (1, 3, 10, 100, 10_000)]
    assert stakes == sorted(stakes)
    assert stakes[1] < 5 / 7 < stakes[-1] < kelly_binary(1.0, payoff) == 1.0


@given(st.floats(0.0, 1.0), st.floats(1e-3, 1e3), SHARE, st.none() | st.floats(1.0, 1e6))
def test_binary_kelly_is_a_share_of_the_capital(p: float, b: float, fraction: float, seen: float | None) -> None:
    """Never below 0 nor above p, in proportion to the fraction, and an estimate never bets more than what is known."""
    stake = kelly_binary(p, b, fraction, seen)
    assert 0.0 <= stake <= p
    assert stake == pytest.approx(fraction * kelly_binary(p, b, observations=seen), rel=1e-12)
    assert stake <= kelly_binary(p, b, fraction)


@given(RATE, RATE, VOLATILITY, SHARE, st.none() | st.floats(0.1, 1e3))
def test_continuous_kelly(drift: float, free: float, sigma: float, fraction: float, years: float | None) -> None:
    """Never below 0 and always finite; half the volatility is four times the weight; an estimate bets no more."""
    weight = kelly_continuous(drift, free, sigma, fraction, years)
    assert 0.0 <= weight <= kelly_continuous(drift, free, sigma, fraction) < inf
    assert kelly_continuous(drift, free, sigma / 2.0) == pytest.approx(4.0 * kelly_continuous(drift, free, sigma))
    assert (kelly_continuous(drift, free, sigma) > 0.0) == (drift > free)


@given(RATE, st.floats(0.0, 10.0), st.floats(0.0, 10.0))
def test_a_worse_estimate_is_worth_less(edge: float, error: float, more: float) -> None:
    """Shrinkage is from 0 to 1, falls with the error, and is 0 within one standard error."""
    assert 0.0 <= estimate_shrinkage(edge, error + more) <= estimate_shrinkage(edge, error) <= 1.0
    assert estimate_shrinkage(edge, abs(edge)) == 0.0


@settings(max_examples=60, deadline=None)
@given(COVARIANCE, DRIFTS, SHARE)
def test_multi_asset_kelly_is_optimal(sigma: Array, drifts: Array, fraction: float) -> None:
    """Never below 0, and the conditions of the optimum hold: no slope where held, none upwards where not."""
    weights = kelly_multi_asset(drifts, 0.02, sigma)
    assert (weights >= 0.0).all()
    slope = (drifts - 0.02 - sigma @ weights) / np.sqrt(np.diag(sigma))
    bound = 1e-7 * max(1.0, float(np.abs((drifts - 0.02) / np.sqrt(np.diag(sigma))).max()))
    assert (slope <= bound).all()
    assert (np.abs(slope[weights > 0.0]) <= bound).all()
    np.testing.assert_allclose(kelly_multi_asset(drifts, 0.02, sigma, fraction), fraction * weights, rtol=1e-12)


@settings(max_examples=60, deadline=None)
@given(COVARIANCE, DRIFTS, st.floats(0.1, 1e3))
def test_multi_asset_kelly_shrinks_by_one_factor(sigma: Array, drifts: Array, years: float) -> None:
    """An estimate keeps the mix and bets between nothing and all of it, more with more years."""
    full = kelly_multi_asset(drifts, 0.0, sigma)
    shrunk = [kelly_multi_asset(drifts, 0.0, sigma, years=length) for length in (years, 2.0 * years)]
    assert (shrunk[0] >= 0.0).all()
    assert (shrunk[0] <= shrunk[1]).all()
    assert (shrunk[1] <= full).all()
    held = full > 0.0
    np.testing.assert_allclose(shrunk[1][held] * full[held].sum(), full[held] * shrunk[1].sum(), rtol=1e-9)


@settings(max_examples=60, deadline=None)
@given(COVARIANCE, DRIFTS, ORDER)
def test_the_order_of_assets_does_not_matter_to_kelly(sigma: Array, drifts: Array, order: list[int]) -> None:
    """Assets in another order have the same weights."""
    weights, moved = (
        kelly_multi_asset(drifts, 0.0, sigma),
        kelly_multi_asset(drifts[order], 0.0, sigma[np.ix_(order, order)]),
    )
    scale = max(1.0, float(weights.max()))
    np.testing.assert_allclose(moved, weights[order], atol=1e-7 * scale)


@settings(max_examples=100, deadline=None)
@given(COVARIANCE, BUDGETS)
def test_contributions_are_the_budgets(sigma: Array, budgets: Array) -> None:
    """Weights are positive and sum to 1, contributions keep to the budgets within 1e-8, or all are equal without."""
    weights = risk_budget(sigma, budgets)
    parts, equal = risk_contributions(weights, sigma), risk_contributions(risk_parity(sigma), sigma)
    assert (weights > 0.0).all()
    assert weights.sum() == pytest.approx(1.0, abs=1e-12)
    np.testing.assert_allclose(parts / parts.sum(), budgets / budgets.sum(), atol=1e-8)
    np.testing.assert_allclose(equal / equal.sum(), 1.0 / SIZE, atol=1e-8)
    assert parts.sum() == pytest.approx(sqrt(weights @ sigma @ weights), rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(COVARIANCE, BUDGETS, st.floats(1e-6, 1e6), ORDER)
def test_risk_budgets_scale_and_permute(sigma: Array, budgets: Array, scale: float, order: list[int]) -> None:
    """c times the covariance, c times the budgets or another order of assets change no weight."""
    weights = risk_budget(sigma, budgets)
    np.testing.assert_allclose(risk_budget(scale * sigma, budgets), weights, rtol=1e-7)
    np.testing.assert_allclose(risk_budget(sigma, scale * budgets), weights, rtol=1e-7)
    moved = risk_budget(sigma[np.ix_(order, order)], budgets[order])
    np.testing.assert_allclose(moved, weights[order], rtol=1e-7)


@pytest.mark.parametrize("rho", [0.999999, -0.999999])
@pytest.mark.parametrize("smallest", [1.0, 1e-6])
def test_risk_budgets_hold_near_the_edge(rho: float, smallest: float) -> None:
    """Almost perfect correlation or hedge, and a budget of a millionth: still within 1e-8."""
    sigma, budgets = np.array([[0.01, rho * 0.1], [rho * 0.1, 1.0]]), np.array([1.0, smallest])
    parts = risk_contributions(risk_budget(sigma, budgets), sigma)
    np.testing.assert_allclose(parts / parts.sum(), budgets / budgets.sum(), atol=1e-8)


@given(VOLATILITY, VOLATILITY, st.floats(1.0, 1e9), SHARE, st.floats(-500.0, 500.0), st.floats(-500.0, 500.0))
def test_what_is_sized_has_the_risk_asked_for(
    target: float, sigma: float, equity: float, risk: float, entry: float, stop: float
) -> None:
    """Target is weight times volatility; the loss at the stop is the share of equity, at negative prices too."""
    assert volatility_target(target, sigma) * sigma == pytest.approx(target)
    assume(abs(entry - stop) > 1e-3)
    quantity = fixed_risk(equity, risk, entry, stop)
    assert quantity * abs(entry - stop) == pytest.approx(equity * risk)
    assert isfinite(quantity)
    assert quantity > 0.0


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "win_probability": (lambda: kelly_binary(1.1, 1.0), "from 0 to 1"),
    "payoff": (lambda: kelly_binary(0.5, 0.0), "above 0"),
    "fraction": (lambda: kelly_continuous(0.1, 0.0, 0.2, fraction=1.5), "at most 1"),
    "observations": (lambda: kelly_binary(0.6, 1.0, observations=0.0), "above 0"),
    "drift": (lambda: kelly_continuous(nan, 0.0, 0.2), "finite"),
    "risk_free": (lambda: kelly_multi_asset([0.1, 0.1], inf, SIGMA), "finite"),
    "volatility": (lambda: kelly_continuous(0.1, 0.0, 0.0), "above 0"),
    "years": (lambda: kelly_multi_asset([0.1, 0.1], 0.0, SIGMA, years=0.0), "above 0"),
    "drift / volatility^2": (lambda: kelly_continuous(1.0, 0.0, 1e-160), "finite"),
    "edge": (lambda: estimate_shrinkage(nan, 0.1), "finite"),
    "standard_error": (lambda: estimate_shrinkage(0.1, -0.1), "at least 0"),
    "drifts": (lambda: kelly_multi_asset([0.1], 0.0, SIGMA), r"expected \(2,\)"),
    "drifts[1]": (lambda: kelly_multi_asset([0.1, nan], 0.0, SIGMA), "finite"),
    "target": (lambda: volatility_target(0.0, 0.2), "above 0"),
    "stop": (lambda: fixed_risk(1e5, 0.01, 50.0, 50.0), "away from the entry"),
    "entry": (lambda: fixed_risk(1e5, 0.01, nan, 50.0), "finite"),
    "equity": (lambda: fixed_risk(-1.0, 0.01, 49.0, 50.0), "above 0"),
    "risk": (lambda: fixed_risk(1e5, 0.0, 49.0, 50.0), "above 0"),
    "multiplier": (lambda: fixed_risk(1e5, 0.01, 49.0, 50.0, 0.0), "above 0"),
    "budgets[1]": (lambda: risk_budget(SIGMA, [1.0, 0.0]), "above 0"),
    "budgets": (lambda: risk_budget(SIGMA, [1.0, 1.0, 1.0]), r"expected \(2,\)"),
    "weights": (lambda: risk_contributions([1.0], SIGMA), r"expected \(2,\)"),
    "weight": (lambda: quantity_of(-0.1, 1e5, 50.0), "at least 0"),
    "price": (lambda: quantity_of(0.1, 1e5, nan), "above 0"),
}


@pytest.mark.parametrize("field", REFUSED)
def test_what_is_out_of_range_is_refused(field: str) -> None:
    """The error names the field, its value and what was expected."""
    call, expected = REFUSED[field]
    with pytest.raises(ValueError, match=expected) as error:
        call()
    assert str(error.value).startswith(f"`{field}` ")
    assert "expected" in str(error.value)


@pytest.mark.parametrize(
    "matrix",
    [
        np.ones(4),
        np.ones((2, 3)),
        np.empty((0, 0)),
        [[0.04, nan], [nan, 0.09]],
        [[0.0, 0.0], [0.0, 0.09]],
        [[0.04, 0.06], [0.06, 0.09]],
        [[0.04, 0.07], [0.07, 0.09]],
        [[0.04, 0.01], [0.02, 0.09]],
        [[inf, 0.0], [0.0, 1.0]],
    ],
)
@pytest.mark.parametrize("method", [risk_parity, lambda s: kelly_multi_asset([0.1, 0.1], 0.0, s)])
def test_what_is_no_covariance_is_refused(method: Callable[[object], object], matrix: object) -> None:
    """Not square, not finite, an asset without variance, a riskless mix, impossible or not symmetric."""
    with pytest.raises(ValueError, match=r"`covariance.*expected"):
        method(matrix)


def test_inputs_stay_unchanged() -> None:
    """No method writes into what it is given."""
    sigma, drifts, budgets = SIGMA.copy(), np.array([0.05, -0.02]), np.array([0.3, 0.7])
    for array in (sigma, drifts, budgets):
        array.flags.writeable = False
    kelly_multi_asset(drifts, 0.0, sigma, years=5.0)
    risk_contributions(risk_budget(sigma, budgets), sigma)
    risk_parity(sigma)
    np.testing.assert_array_equal(sigma, SIGMA)
    assert (drifts.tolist(), budgets.tolist()) == ([0.05, -0.02], [0.3, 0.7])
