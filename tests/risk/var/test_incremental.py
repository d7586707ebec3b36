"""The streaming book equals the batch result after any sequence of fills."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.measures.var import historical_var_es
from risk.var.errors import TooFewObservations
from risk.var.filters import VolatilityFilter, filtered_returns
from risk.var.incremental import ScenarioBook
from risk.var.methods import value_at_risk
from tests.risk.var.books import EXPOSURES, returns

FILLS = st.lists(st.tuples(st.integers(0, 2), st.floats(-1e9, 1e9, allow_subnormal=False)), max_size=60)


@settings(deadline=None, max_examples=150)
@given(fills=FILLS, confidence=st.sampled_from([0.9, 0.95, 0.99]), rebuild_every=st.sampled_from([1, 7, 1024]))
def test_any_fills_give_the_batch_result(fills: list[tuple[int, float]], confidence: float, rebuild_every: int) -> None:
    """Historical and filtered VaR and ES equal the batch methods' on the exposures reached, to 1e-9 of the gross."""
    rows = returns(150)
    scenarios = {"historical": rows, "filtered_historical": filtered_returns(rows, VolatilityFilter())[0]}
    for method, table in scenarios.items():
        book = ScenarioBook(table, EXPOSURES, rebuild_every)
        for index, amount in fills:
            book.shift(index, amount)
        batch = value_at_risk(rows, book.exposures, method=method, confidence=confidence)
        tolerance = 1e-9 * float(np.abs(book.exposures).sum())
        assert book.var_es(confidence) == pytest.approx((batch.value, batch.es), abs=tolerance)


@settings(deadline=None, max_examples=60)
@given(index=st.integers(0, 2), amount=st.floats(-1e7, 1e7), confidence=st.sampled_from([0.9, 0.95, 0.99]))
def test_what_an_order_would_do_is_what_its_fill_does(index: int, amount: float, confidence: float) -> None:
    """The figures before the fill equal those after it exactly, and asking changes nothing."""
    book = ScenarioBook(returns(150), EXPOSURES)
    before = book.outcomes.copy()
    asked = book.var_es_after(index, amount, confidence)
    assert np.array_equal(book.outcomes, before)
    book.shift(index, amount)
    assert asked == pytest.approx(book.var_es(confidence), rel=1e-12, abs=1e-9)


def test_a_book_closed_again_is_flat() -> None:
    """After 10,000 large fills that are all taken back nothing is left, to 1e-9 of the book that remains."""
    random = np.random.default_rng(2)
    amounts, indices = random.normal(0.0, 1e9, 5_000), random.integers(0, 3, 5_000)
    book = ScenarioBook(returns(), [1.0, 1.0, 1.0], rebuild_every=10**9)
    for index, amount in zip(indices, amounts, strict=True):
        book.shift(int(index), float(amount))
    for index, amount in zip(indices, amounts, strict=True):
        book.shift(int(index), -float(amount))
    exact = book.scenarios @ book.exposures
    np.testing.assert_allclose(book.outcomes, exact, rtol=0.0, atol=1e-9 * np.abs(book.exposures).sum())


def test_a_new_day_replaces_the_scenarios() -> None:
    """With another matrix the outcomes are those of the present exposures, exactly."""
    book = ScenarioBook(returns(), EXPOSURES)
    book.shift(1, 5e5)
    later = returns(seed=1)
    book.replace(later)
    assert np.array_equal(book.outcomes, np.asfortranarray(later) @ book.exposures)


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.975, 0.99])
def test_the_reading_in_place_is_the_engines(confidence: float) -> None:
    """VaR equals ``historical_var_es`` of the same outcomes exactly, ES to 1e-15 relative."""
    book = ScenarioBook(returns(), EXPOSURES)
    var, es = historical_var_es(book.outcomes, confidence)
    assert book.var_es(confidence) == (var, pytest.approx(es, rel=1e-15))
    with pytest.raises(TooFewObservations, match="400 outcomes, expected at least 1000"):
        book.var_es(0.999)
