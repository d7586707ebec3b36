"""Reverse stress, replay and recovery: laws, edges and refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from risk.stress.recovery import days_under_water, recovery_time
from risk.stress.replay import replay
from risk.stress.reverse import reverse_stress

RETURNS = arrays(np.float64, st.tuples(st.integers(1, 12), st.just(3)), elements=st.floats(-0.9, 1.0))
GOOD: dict[str, Any] = {"returns": np.zeros(100), "loss": 0.1}
HELD = arrays(np.float64, 3, elements=st.floats(-1e6, 1e6))


@settings(max_examples=200, deadline=None)
@given(arrays(np.float64, (5, 3), elements=st.floats(-0.1, 0.1)), HELD, st.floats(0.01, 3.0))
def test_the_reverse_shock_loses_what_it_should_and_grows_with_it(
    rows: np.ndarray, held: np.ndarray, share: float
) -> None:
    """-w'r is the loss; twice the loss is farther, and where nothing loses all twice the shock and twice as far."""
    covariance = rows.T @ rows
    if float(held @ covariance @ held) < 1e-6:
        return
    loss = share * float(np.abs(held).sum())
    one, two = reverse_stress(held, covariance, loss), reverse_stress(held, covariance, 2 * loss)
    unbounded = -2 * loss * (covariance @ held) / float(held @ covariance @ held)
    assert -float(held @ np.array(one.returns)) == pytest.approx(loss, rel=1e-6)
    if unbounded.min() >= -1.0:
        assert np.array(two.returns) == pytest.approx(2 * np.array(one.returns), rel=1e-9)
        assert two.distance == pytest.approx(2 * one.distance, rel=1e-9)
    assert not (one.possible and two.possible) or two.distance >= one.distance * (1 - 1e-6)
    assert not one.possible or min(one.returns) >= -1.0
    assert two.probability <= one.probability <= 0.5


def test_nothing_loses_more_than_all() -> None:
    """100 in a wild and 100 in a calm asset: of a loss of 150 the wild one gives all 100, the calm one the rest."""
    found = reverse_stress(np.array([100.0, 100.0]), np.diag([0.09, 0.01]), 150.0)
    assert found.possible
    assert found.returns == pytest.approx((-1.0, -0.5), abs=1e-9)
    assert found.distance == pytest.approx(np.sqrt(1 / 0.09 + 0.25 / 0.01), rel=1e-9)


def test_a_shock_that_cannot_happen_says_so() -> None:
    """Losing 300 of 100 needs a return of -3."""
    assert not reverse_stress(np.array([100.0]), np.array([[0.01]]), 300.0).possible
    assert reverse_stress(np.array([100.0]), np.array([[0.01]]), 30.0).possible


@pytest.mark.parametrize(
    ("held", "covariance", "loss", "message"),
    [
        ([1.0], [[1.0]], 0.0, "`loss` is 0.0, expected a finite amount above 0"),
        ([1.0], [[1.0]], float("nan"), "`loss` is nan"),
        ([1.0, 2.0], [[1.0]], 1.0, "`covariance` has shape"),
        ([float("inf")], [[1.0]], 1.0, "`exposures` are not all finite"),
        ([0.0], [[1.0]], 1.0, "`exposures` have variance 0.0, expected more than 0"),
    ],
)
def test_reverse_stress_of_nonsense_is_refused(held: Any, covariance: Any, loss: float, message: str) -> None:
    """The message names what was seen and what was expected."""
    with pytest.raises(ValueError, match=message):
        reverse_stress(np.array(held), np.array(covariance), loss)


@given(RETURNS, HELD, st.floats(0.1, 100.0))
def test_a_replay_of_a_multiple_is_the_multiple(returns: np.ndarray, held: np.ndarray, scale: float) -> None:
    """The path starts at 0, its low is the worst loss, the end is what buying and holding gives."""
    one, many = replay(returns, held), replay(returns, scale * held)
    size = max(1.0, float(np.abs(held).sum())) * 2.0 ** len(returns)
    assert many.path == pytest.approx(scale * np.array(one.path), abs=1e-9 * scale * size)
    assert one.path[0] == 0.0
    assert one.worst_loss == -min(one.path)
    assert one.path[one.worst_at] == min(one.path)
    assert one.drawdown >= one.worst_loss >= 0.0
    assert one.final == pytest.approx(float((np.prod(1 + returns, axis=0) - 1) @ held), abs=1e-9 * size)


@pytest.mark.parametrize(
    ("returns", "held", "message"),
    [
        (np.zeros((0, 1)), [1.0], "expected .* with T of at least 1"),
        (np.zeros((2, 2)), [1.0], r"`returns` has shape \(2, 2\), expected \[T, 1\]"),
        (np.array([[np.nan]]), [1.0], "not all finite"),
        (np.array([[-1.5]]), [1.0], "`returns` has -1.5, expected at least -1"),
    ],
)
def test_a_replay_of_nonsense_is_refused(returns: np.ndarray, held: list[float], message: str) -> None:
    """The message names what was seen and what was expected."""
    with pytest.raises(ValueError, match=message):
        replay(returns, np.array(held))


def test_under_water_starts_from_the_low_of_the_window() -> None:
    """A day above the start before the low does not count as recovered; a book that never fell was never under."""
    returns = np.array([-0.1, 0.2, -0.5, 0.2, 1.0])
    found = days_under_water(returns, 3)
    assert found.low == pytest.approx(0.54)
    assert (found.low_at, found.days) == (3, 5)
    assert days_under_water(returns[:4], 3).days is None
    assert days_under_water(np.array([0.1, 0.1]), 2).days == 0


@settings(deadline=None)
@given(st.floats(0.01, 0.9), st.integers(0, 1000))
def test_a_larger_loss_takes_no_less_time(loss: float, seed: int) -> None:
    """On the same paths; the interval holds the median."""
    returns = np.random.default_rng(3).normal(0.002, 0.01, 300)
    small, large = (recovery_time(returns, share, 100, 10, 500, seed) for share in (loss / 2, loss))
    for one, two in ((small.low, large.low), (small.median, large.median), (small.high, large.high)):
        assert (one or 501) <= (two or 501)
    assert (large.low or 501) <= (large.median or 501) <= (large.high or 501)
    assert large.recovered <= small.recovered


def test_a_book_that_shrinks_never_recovers() -> None:
    """None, and a share of zero; the same seed gives the same answer."""
    falling = np.full(100, -0.001)
    found = recovery_time(falling, 0.1, seed=4)
    assert (found.median, found.low, found.high, found.recovered) == (None, None, None, 0.0)
    returns = np.random.default_rng(1).normal(0.001, 0.01, 300)
    assert recovery_time(returns, 0.1, seed=4) == recovery_time(returns, 0.1, seed=4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"loss": 1.0}, "`loss` is 1.0, expected above 0 and below 1"),
        ({"returns": np.zeros(10)}, "`returns` has 10 days, expected at least 40, two blocks"),
        ({"returns": np.full(100, -1.0)}, "expected finite ones above -1"),
        ({"paths": 5}, "`paths`, `block_days`, `horizon_days` are 5, 20, 2520"),
    ],
)
def test_recovery_of_nonsense_is_refused(changes: dict[str, Any], message: str) -> None:
    """The message names what was seen and what was expected."""
    with pytest.raises(ValueError, match=message):
        recovery_time(**GOOD | changes)


@pytest.mark.parametrize("window", [0, 3])
def test_a_window_outside_the_returns_is_refused(window: int) -> None:
    """It must have a day and end within the data."""
    with pytest.raises(ValueError, match=f"`window_days` is {window}, expected 1 to 2"):
        days_under_water(np.zeros(2), window)
