"""Laws that the measures keep for every input, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isnan, nan, sqrt

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from risk.measures.concentration import effective_number, group_shares, herfindahl, weights_of
from risk.measures.correlation import average_correlation, trade_book_correlation, weighted_average_correlation
from risk.measures.drawdown import drawdowns, loss_fraction, max_drawdown
from risk.measures.liquidity import adv_share, days_to_liquidate, liquidation_cost, relative_spread
from risk.measures.var import (
    component_var,
    historical_var_es,
    normal_es,
    normal_quantile,
    observations_needed,
    parametric_var_es,
    portfolio_variance,
    variance_after,
)

Vector = NDArray[np.float64]
PNL = arrays(np.float64, st.integers(100, 400), elements=st.floats(-1e6, 1e6))
CONFIDENCE = st.floats(0.9, 0.99)
MONEY = arrays(np.float64, 4, elements=st.floats(-1e6, 1e6))
SIGMA = np.cov(np.random.default_rng(1).normal(0, 0.01, (4, 4)) @ np.random.default_rng(2).normal(0, 1, (4, 300)))


@given(PNL, CONFIDENCE)
def test_es_is_at_least_var(outcomes: Vector, confidence: float) -> None:
    """Expected shortfall never lies below the VaR that it starts from."""
    var, shortfall = historical_var_es(outcomes, confidence)
    assert shortfall >= var - 1e-9 * abs(var)
    assert normal_es(confidence) > normal_quantile(confidence)


@given(PNL, CONFIDENCE, st.floats(0.01, 100.0), st.floats(-1e6, 1e6))
def test_scaling_and_translation(outcomes: Vector, confidence: float, scale: float, cash: float) -> None:
    """VaR and ES of c times a book plus cash are c times theirs minus the cash."""
    one, two = historical_var_es(outcomes, confidence), historical_var_es(scale * outcomes + cash, confidence)
    np.testing.assert_allclose(two, scale * np.array(one) - cash, rtol=1e-9, atol=1e-3)


@given(PNL, CONFIDENCE, st.randoms(use_true_random=False))
def test_the_order_of_scenarios_does_not_matter(outcomes: Vector, confidence: float, random: object) -> None:
    """Sorted, reversed or as they came: the same VaR, the same ES to rounding."""
    one, two = historical_var_es(outcomes, confidence), historical_var_es(np.sort(outcomes)[::-1], confidence)
    assert one[0] == two[0]
    assert one[1] == pytest.approx(two[1], rel=1e-12, abs=1e-9)


@given(arrays(np.float64, (2, 250), elements=st.floats(-1e6, 1e6)), CONFIDENCE)
def test_es_is_subadditive(books: Vector, confidence: float) -> None:
    """Two books together never have more ES than the sum of theirs."""
    apart = sum(historical_var_es(book, confidence)[1] for book in books)
    together = historical_var_es(books.sum(axis=0), confidence)[1]
    assert together <= apart + 1e-6


@given(PNL, CONFIDENCE)
def test_var_is_the_outcome_that_its_rank_says(outcomes: Vector, confidence: float) -> None:
    """At most T (1 - c) outcomes are worse than the VaR, and it is one of the outcomes."""
    var, _ = historical_var_es(outcomes, confidence)
    assert -var in outcomes
    assert (outcomes < -var).sum() <= len(outcomes) * (1.0 - confidence) + 1e-9
    assert (outcomes <= -var).sum() > len(outcomes) * (1.0 - confidence) - 1e-9


def test_inputs_stay_unchanged() -> None:
    """The P&L vector is not reordered by asking for its VaR."""
    outcomes = np.random.default_rng(1).normal(size=500)
    before = outcomes.copy()
    historical_var_es(outcomes, 0.99)
    np.testing.assert_array_equal(outcomes, before)


@pytest.mark.parametrize(("confidence", "count"), [(0.95, 20), (0.975, 40), (0.99, 100), (0.999, 1000)])
def test_too_few_observations_are_an_error_that_says_so(confidence: float, count: int) -> None:
    """One observation too few raises with the number needed; the number itself is enough."""
    assert observations_needed(confidence) == count
    historical_var_es(np.arange(float(count)), confidence)
    with pytest.raises(ValueError, match=f"at least {count}"):
        historical_var_es(np.arange(float(count - 1)), confidence)


@pytest.mark.parametrize("confidence", [0.0, 1.0, -1.0, 2.0])
def test_a_confidence_outside_its_range_is_refused(confidence: float) -> None:
    """0 and 1 have no quantile."""
    with pytest.raises(ValueError, match="confidence"):
        normal_quantile(confidence)


@settings(max_examples=200)
@given(MONEY, st.lists(st.tuples(st.integers(0, 3), st.floats(-1e6, 1e6)), min_size=1, max_size=30))
def test_incremental_variance_equals_the_batch(exposure: Vector, trades: list[tuple[int, float]]) -> None:
    """After any trades the O(1) update stands within 1e-9 of w'Sw, relative to the largest book on the way."""
    variance, covered = portfolio_variance(SIGMA, exposure), SIGMA @ exposure
    largest, book = max(variance, 1.0), exposure.copy()
    for i, shift in trades:
        variance = variance_after(variance, shift, float(covered[i]), float(SIGMA[i, i]))
        covered = covered + SIGMA[:, i] * shift
        book[i] += shift
        largest = max(largest, variance)
    assert variance == pytest.approx(portfolio_variance(SIGMA, book), abs=1e-9 * largest)


@given(MONEY)
def test_the_components_sum_to_the_var(exposure: Vector) -> None:
    """Component VaR adds up to VaR to 1e-9."""
    variance = portfolio_variance(SIGMA, exposure)
    assume(variance > 1e-6)
    total = parametric_var_es(sqrt(variance), 0.99)[0]
    assert component_var(SIGMA, exposure, 0.99).sum() == pytest.approx(total, rel=1e-9)


def test_a_book_without_variance_has_no_components() -> None:
    """Nothing can be divided among nothing."""
    with pytest.raises(ValueError, match="variance"):
        component_var(SIGMA, np.zeros(4), 0.99)


@given(MONEY)
def test_concentration_lies_between_one_and_n(exposure: Vector) -> None:
    """HHI is within [1/N, 1] and the effective number its inverse; nothing held is zero."""
    weights = weights_of(exposure)
    if not exposure.any():
        assert (herfindahl(weights), effective_number(weights)) == (0.0, 0.0)
        return
    assert 0.25 - 1e-12 <= herfindahl(weights) <= 1.0 + 1e-12
    assert 1.0 - 1e-12 <= effective_number(weights) <= 4.0 + 1e-9
    assert sum(group_shares(exposure, ["a", "b", "a", "c"]).values()) == pytest.approx(1.0)


@given(MONEY)
def test_correlations_stay_within_one(exposure: Vector) -> None:
    """A trade's correlation with the book is in [-1, 1], and turns its sign with the trade's."""
    covered, variance = SIGMA @ exposure, portfolio_variance(SIGMA, exposure)
    assume(variance > 1e-6)
    bought = trade_book_correlation(100.0, SIGMA[1, 1], float(covered[1]), variance)
    sold = trade_book_correlation(-100.0, SIGMA[1, 1], float(covered[1]), variance)
    assert -1.0 <= bought <= 1.0
    assert sold == -bought
    assert -1.0 - 1e-9 <= weighted_average_correlation(SIGMA, exposure) <= 1.0 + 1e-9


def test_more_of_the_same_is_correlation_one() -> None:
    """A trade in the only asset held is the book itself; nothing to compare with is zero."""
    exposure = np.array([0.0, 5.0, 0.0, 0.0])
    covered, variance = SIGMA @ exposure, portfolio_variance(SIGMA, exposure)
    assert trade_book_correlation(1.0, SIGMA[1, 1], float(covered[1]), variance) == pytest.approx(1.0)
    assert trade_book_correlation(1.0, SIGMA[1, 1], 0.0, 0.0) == 0.0
    assert weighted_average_correlation(SIGMA, exposure) == 0.0
    assert isnan(average_correlation(SIGMA[:1, :1]))


def test_average_correlation_of_a_constant_matrix() -> None:
    """With one correlation between all pairs that is the average, however the book is weighted."""
    sd = np.array([0.01, 0.02, 0.03, 0.04])
    covariance = np.outer(sd, sd) * (0.3 + 0.7 * np.eye(4))
    assert average_correlation(covariance) == pytest.approx(0.3)
    assert weighted_average_correlation(covariance, np.array([5.0, 1.0, 2.0, 9.0])) == pytest.approx(0.3)


def test_losses_are_positive_fractions_and_gains_none() -> None:
    """A gain is no loss; a base that is not positive can't be measured against."""
    assert loss_fraction(100.0, 120.0) == 0.0
    assert loss_fraction(100.0, -50.0) == 1.5
    assert max_drawdown(np.array([])) == 0.0
    assert max_drawdown(np.array([100.0, 50.0, 80.0, 200.0, 150.0])) == 0.5
    assert drawdowns(np.array([1.0, 2.0, 3.0])).tolist() == [0.0, 0.0, 0.0]
    with pytest.raises(ValueError, match="base"):
        loss_fraction(0.0, 1.0)


@pytest.mark.parametrize(("bid", "ask"), [(nan, 1.0), (1.0, nan), (2.0, 1.0)])
def test_no_quote_has_no_spread(bid: float, ask: float) -> None:
    """A missing, crossed or empty side is None, never a narrow spread."""
    assert relative_spread(bid, ask) is None


def test_a_spread_below_zero_is_as_wide_as_one_above() -> None:
    """Relative to the size of the mid; one that spans zero is wider than any bound."""
    assert relative_spread(-101.0, -99.0) == relative_spread(99.0, 101.0)
    assert relative_spread(-0.01, 0.02) == inf
    assert relative_spread(0.0, 1.0) == inf


@pytest.mark.parametrize("adv", [0.0, -1.0, nan])
def test_an_unknown_volume_is_refused(adv: float) -> None:
    """Days to liquidate in no market are an error, not infinity or zero."""
    with pytest.raises(ValueError, match="adv"):
        days_to_liquidate(1.0, adv, 0.2)
    with pytest.raises(ValueError, match="adv"):
        adv_share(1.0, adv)
    with pytest.raises(ValueError, match="participation"):
        days_to_liquidate(1.0, 100.0, 0.0)


def test_crossing_costs_half_the_spread() -> None:
    """A short costs as much to close as a long."""
    assert liquidation_cost(-10_000.0, 0.002) == pytest.approx(10.0)


NOT_A_NUMBER = np.array([0.5, float("nan"), 0.25])


@pytest.mark.parametrize(
    ("measure", "word"),
    [
        (lambda: historical_var_es(np.array([*range(-9, 10), np.nan]), 0.9), "`outcomes` is nan at 19"),
        (lambda: drawdowns(np.array([100.0, np.nan])), "`equity`"),
        (lambda: drawdowns(np.array([0.0, 1.0])), "`equity` begins at 0.0"),
        (lambda: days_to_liquidate(float("nan"), 1e6, 0.1), "`quantity` is nan"),
        (lambda: days_to_liquidate(1.0, float("inf"), 0.1), "`adv` is inf"),
        (lambda: weights_of(NOT_A_NUMBER), "`exposure` adds up to nan"),
        (lambda: herfindahl(NOT_A_NUMBER), "`weights` give an index of nan"),
        (lambda: average_correlation(np.zeros((2, 2))), "variance of 0.0"),
    ],
)
def test_what_is_no_number_does_not_pass_silently(measure: Callable[[], object], word: str) -> None:
    """A nan among the inputs, or nothing to divide by, is an error that names it."""
    with pytest.raises(ValueError, match=word):
        measure()
