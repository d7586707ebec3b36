"""Laws that every VaR method keeps."""

from __future__ import annotations

from itertools import pairwise
from math import isfinite
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.var.errors import OutsideValidRegion
from risk.var.estimate import VarEstimate
from risk.var.inputs import Portfolio, portfolio
from risk.var.methods import METHODS
from tests.risk.var.books import EXPOSURES, SETTINGS, book, returns, rough_books

ALL = pytest.mark.parametrize("name", SETTINGS)
#: Those whose figures are in closed form or read off outcomes.
QUICK = ["normal", "student", "historical", "historical, linear", "age_weighted", "filtered", "monte_carlo"]
#: Those that over one day take the same share of the same scenarios for every book, or give all books one shape. Others
#: fit a tail, moments or degrees of freedom to each book, draw its days by their outcome, or weigh whole outcomes by
#: their age: what they say of two books is by two models.
COHERENT = [
    *("normal", "normal, garch", "student", "historical", "historical, linear", "historical, windows", "filtered"),
    *("filtered, garch", "monte_carlo", "monte_carlo, antithetic", "monte_carlo, sobol"),
]
DAYS = pytest.mark.parametrize("days", [1, 10])


def estimate(name: str, of: Portfolio, confidence: float = 0.95, days: int = 1) -> VarEstimate:
    method, parameters = SETTINGS[name]
    return METHODS[method](**parameters).estimate(of, confidence, days)


def figures(answer: VarEstimate) -> list[float]:
    """Every number of an estimate."""
    by_asset: tuple[dict[str, float], ...] = (
        answer.exposure,
        answer.marginal,
        answer.component,
        answer.component_es,
        answer.incremental,
    )
    ends = [end for i in (answer.interval, answer.es_interval) for end in (i.low, i.high)]
    return [answer.value, answer.es, *ends, *(value for part in by_asset for value in part.values())]


def test_every_method_is_tried() -> None:
    """The settings of these tests name each registered method."""
    assert {method for method, _ in SETTINGS.values()} == set(METHODS)
    assert all(method.name == name for name, method in METHODS.items())


@ALL
@DAYS
def test_components_sum_to_the_figure(name: str, days: int) -> None:
    """Components add up to VaR and ES to 1e-9 of them, and each is its exposure times its marginal."""
    answer = estimate(name, book(), days=days)
    assert sum(answer.component.values()) == pytest.approx(answer.value, rel=1e-9)
    assert sum(answer.component_es.values()) == pytest.approx(answer.es, rel=1e-9)
    for symbol, component in answer.component.items():
        assert component == pytest.approx(answer.exposure[symbol] * answer.marginal[symbol], rel=1e-9)


@ALL
@DAYS
def test_twice_the_book_is_twice_the_risk(name: str, days: int) -> None:
    """Every figure of c times the book is c times as large (1e-6: EVT's fit is iterative), the marginals unchanged."""
    one = estimate(name, book(), days=days)
    for factor in (1e-3, 7.0):
        other = estimate(name, portfolio(returns(), factor * np.array(EXPOSURES)), days=days)
        assert (other.value, other.es) == pytest.approx((factor * one.value, factor * one.es), rel=1e-6)
        assert list(other.marginal.values()) == pytest.approx(list(one.marginal.values()), rel=1e-4, abs=1e-9)
        assert list(other.incremental.values()) == pytest.approx(
            [factor * x for x in one.incremental.values()], rel=1e-4, abs=1e-4 * factor * one.value
        )


@settings(deadline=None, max_examples=60)
@given(factor=st.floats(1e-9, 1e6), seed=st.integers(0, 100), name=st.sampled_from(QUICK))
def test_any_multiple_of_the_book_is_that_multiple_of_the_risk(factor: float, seed: int, name: str) -> None:
    """VaR, ES, every component and both intervals of c times a book are c times as large, to 1e-9."""
    rows = returns(250, seed)
    one, other = (estimate(name, portfolio(rows, scale * np.array(EXPOSURES))) for scale in (1.0, factor))
    assert (other.value, other.es) == pytest.approx((factor * one.value, factor * one.es), rel=1e-9)
    assert list(other.component.values()) == pytest.approx([factor * x for x in one.component.values()], rel=1e-9)
    assert (other.interval.low, other.es_interval.high) == pytest.approx(
        (factor * one.interval.low, factor * one.es_interval.high), rel=1e-9
    )


@ALL
@DAYS
@pytest.mark.parametrize("confidence", [0.90, 0.95, 0.99])
def test_shortfall_and_interval_enclose_the_figure(name: str, days: int, confidence: float) -> None:
    """ES >= VaR > 0, each within its interval at 95 %, which says by what argument."""
    answer = estimate(name, book(), confidence, days)
    assert answer.es >= answer.value > 0.0
    for value, interval in ((answer.value, answer.interval), (answer.es, answer.es_interval)):
        assert interval.low <= value <= interval.high
        assert interval.level == 0.95
        assert interval.basis


@ALL
@DAYS
def test_risk_grows_with_confidence_and_horizon(name: str, days: int) -> None:
    """A higher confidence gives no lower VaR and ES, and ten days more than one; the scaling is stated."""
    answers = [estimate(name, book(), confidence, days) for confidence in (0.90, 0.95, 0.975, 0.99)]
    for low, high in pairwise(answers):
        assert high.value >= low.value
        assert high.es >= low.es
    assert (answers[0].scaling == "one day") == (days == 1)
    if days > 1:
        assert answers[0].value > 1.5 * estimate(name, book(), 0.90).value


@ALL
@pytest.mark.parametrize("days", [1, 5])
def test_the_same_question_gives_the_same_answer(name: str, days: int) -> None:
    """Two calls are equal bit by bit, inputs are unchanged, and the answer survives MessagePack."""
    asked = book()
    before = asked.returns.copy(), asked.exposures.copy()
    first, second = (estimate(name, asked, days=days) for _ in range(2))
    assert first == second
    assert np.array_equal(asked.returns, before[0])
    assert np.array_equal(asked.exposures, before[1])
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(first), type=VarEstimate) == first


@ALL
def test_the_order_of_assets_does_not_matter(name: str) -> None:
    """With the columns in another order VaR is the same to 1e-9 (simulations draw otherwise: to 10 %)."""
    shuffled = estimate(name, portfolio(returns()[:, [2, 0, 1]], np.array(EXPOSURES)[[2, 0, 1]]))
    tolerance = 0.10 if name.startswith("monte_carlo") else 1e-9
    assert shuffled.value == pytest.approx(estimate(name, book()).value, rel=tolerance)


@pytest.mark.parametrize("name", ["normal", "student", "historical", "historical, linear", "age_weighted"])
def test_incremental_is_what_dropping_the_asset_saves(name: str) -> None:
    """VaR less that of the book without the asset, to 1e-9 of the VaR."""
    whole = estimate(name, book())
    for i, saved in enumerate(whole.incremental.values()):
        held = np.array(EXPOSURES)
        held[i] = 0.0
        without = estimate(name, portfolio(returns(), held))
        assert saved == pytest.approx(whole.value - without.value, abs=1e-9 * whole.value)


@pytest.mark.parametrize("name", COHERENT)
@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000), confidence=st.sampled_from([0.9, 0.95, 0.975, 0.99]))
def test_shortfall_is_subadditive(name: str, seed: int, confidence: float) -> None:
    """ES of two books together is at most the sum of theirs, by each method whose model is the same for every book."""
    random = np.random.default_rng(seed)
    rows = random.standard_t(3, (400, 3)) * 0.01
    one, other = random.normal(0.0, 1e6, (2, 3))
    parts = [estimate(name, portfolio(rows, held), confidence).es for held in (one, other, one + other)]
    assert parts[2] <= (parts[0] + parts[1]) * (1 + 1e-12) + 1e-6


@settings(deadline=None, max_examples=60)
@given(data=st.permutations(range(150)), confidence=st.sampled_from([0.9, 0.95, 0.99]))
def test_the_order_of_days_does_not_matter_to_history(data: list[int], confidence: float) -> None:
    """Historical VaR of the same days in any order is the same exactly, ES to 1e-12."""
    rows = returns(150)
    plain = estimate("historical", portfolio(rows, EXPOSURES), confidence)
    mixed = estimate("historical", portfolio(rows[data], EXPOSURES), confidence)
    assert mixed.value == pytest.approx(plain.value, rel=1e-12)
    assert mixed.es == pytest.approx(plain.es, rel=1e-12)


@ALL
@settings(deadline=None, max_examples=15)
@given(of=rough_books(), confidence=st.sampled_from([0.9, 0.99]), days=st.sampled_from([1, 3]))
def test_finite_input_gives_finite_figures(name: str, of: Portfolio, confidence: float, days: int) -> None:
    """Whatever the returns: finite numbers with ES >= VaR, or a refusal that says why; never a nan, never a warning."""
    try:
        answer = estimate(name, of, confidence, days)
    except OutsideValidRegion:
        return
    assert all(isfinite(value) for value in figures(answer))
    scale = 1e-9 * (abs(answer.value) + abs(answer.es)) + 1e-9
    assert answer.es >= answer.value - scale
    assert sum(answer.component.values()) == pytest.approx(answer.value, abs=scale)
    assert sum(answer.component_es.values()) == pytest.approx(answer.es, abs=scale)


@ALL
@pytest.mark.parametrize("rows", [np.zeros((400, 2)), returns()[:, :2]])
def test_an_empty_book_has_no_risk(name: str, rows: Any) -> None:
    """Nothing held, or nothing that moves: VaR, ES and all parts are zero, and not an error."""
    held = [0.0, 0.0] if rows.any() else [1e6, -1e6]
    answer = estimate(name, portfolio(rows, held))
    assert (answer.value, answer.es) == (0.0, 0.0)
    assert set(answer.component.values()) | set(answer.incremental.values()) == {0.0}
