"""The compiled kernel of an order's VaR and ES: the same figures as numpy's."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from risk.var.compiled import compiled_tail, sink, tail_by
from risk.var.incremental import ScenarioBook
from risk.var.inputs import Vector
from tests.risk.var.books import EXPOSURES, returns

OUTCOMES = st.integers(1, 60).flatmap(
    lambda count: st.tuples(
        arrays(np.float64, (2, count), elements=st.floats(-1e6, 1e6, allow_subnormal=False)), st.integers(1, count)
    )
)
needs_numba = pytest.mark.skipif(
    find_spec("numba") is None, reason="numba is not installed: pip install 'riskstream[fast]'"
)


@settings(deadline=None, max_examples=300)
@given(made=OUTCOMES, amount=st.floats(-1e3, 1e3))
def test_the_tail_is_that_of_a_sort(made: tuple[Vector, int], amount: float) -> None:
    """The k-th worst exactly, ties included, and the sum of the k worst to 1e-12; the outcomes stay as they are."""
    (outcomes, column), rank = made
    before = outcomes.copy()
    last, total = tail_by(sink)(outcomes, column, amount, np.empty(rank))
    ordered = np.sort(before + amount * column)
    assert last == ordered[rank - 1]
    assert total == pytest.approx(ordered[:rank].sum(), abs=1e-12 * np.abs(ordered[:rank]).sum())
    assert np.array_equal(outcomes, before)


@needs_numba
@settings(deadline=None, max_examples=200)
@given(
    seed=st.integers(0, 10_000),
    index=st.integers(0, 2),
    amount=st.floats(-1e7, 1e7),
    confidence=st.sampled_from([0.9, 0.95, 0.99]),
)
def test_compiled_equals_numpy(seed: int, index: int, amount: float, confidence: float) -> None:
    """VaR of an order exactly, ES to 1e-12 relative."""
    assert compiled_tail() is not None
    books = [ScenarioBook(returns(150, seed), EXPOSURES, compiled=compiled) for compiled in (True, False)]
    fast, plain = (book.var_es_after(index, amount, confidence) for book in books)
    assert fast[0] == plain[0]
    assert fast[1] == pytest.approx(plain[1], rel=1e-12)


@needs_numba
def test_whole_numbers_are_amounts_too() -> None:
    """An integer amount gives what the float gives."""
    book = ScenarioBook(returns(150), EXPOSURES)
    assert book.var_es_after(0, 1000, 0.95) == book.var_es_after(0, 1000.0, 0.95)
