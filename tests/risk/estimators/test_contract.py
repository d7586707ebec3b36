"""The contract that every streaming estimator keeps, whatever it estimates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from risk.estimators.covariance import EwmaCovariance
from risk.estimators.ewma import EwmaMean, EwmaVariance
from risk.estimators.garch import Garch, GarchParameters
from risk.estimators.history import History
from risk.estimators.regime import Regime
from risk.estimators.turbulence import Turbulence
from risk.estimators.welford import Welford

Rows = NDArray[np.float64]
SIZE = 3
LONG_RUN = np.full(SIZE, 1e-4)
GARCH, GJR = GarchParameters(0.1, 0.8), GarchParameters(0.05, 0.8, gamma=0.1)
REFIT, START = GarchParameters(0.2, 0.7, 0.05, omega=2e-6), 3e-4


def weights(lam: float, rows: Rows) -> Rows:
    """lam^k, the last row with k = 0."""
    powers: Rows = lam ** np.arange(len(rows) - 1, -1, -1.0)
    return powers


def batch_mean(rows: Rows) -> Rows:
    mean: Rows = np.average(rows, axis=0, weights=weights(0.9, rows))
    return mean


def batch_covariance(rows: Rows) -> Rows:
    w = weights(0.9, rows)
    covariance: Rows = (rows * w[:, None]).T @ rows / w.sum()
    return covariance


def batch_garch(rows: Rows, parameters: GarchParameters = GARCH) -> Rows:
    """h after T rows, as the sum that the recursion is: beta^T h_0 + sum beta^k (omega + weight r^2)."""
    alpha, beta, gamma, _ = parameters
    powers = beta ** np.arange(len(rows) - 1, -1, -1.0)[:, None]
    started: Rows = beta ** len(rows) * rows[0] ** 2
    weight = alpha + gamma * (rows < 0.0)
    omega = parameters.omega or (1.0 - parameters.persistence) * LONG_RUN
    return started + (powers * (omega + weight * rows**2)).sum(axis=0)


def refitted() -> Garch:
    """The second symbol goes on with parameters of its own, before anything was seen of it."""
    garch = Garch(*GARCH[:2], size=SIZE)
    garch.refit(1, REFIT, START)
    return garch


def batch_refitted(rows: Rows) -> Rows:
    """The second symbol from the variance of its refit."""
    values = batch_garch(rows)
    kept = REFIT.beta ** len(rows) * (START - rows[0, 1] ** 2)
    values[1] = batch_garch(rows, REFIT)[1] + kept
    return values


def batch_regime(rows: Rows) -> Rows:
    """The level that each symbol's ratios lead to, one by one."""
    level = np.zeros(SIZE)
    for ratios in np.sqrt(rows**2 / LONG_RUN):
        for index, ratio in enumerate(ratios):
            reached, kept = (sum(ratio >= share * begin for begin in (1.5, 2.5)) for share in (1.0, 0.8))
            level[index] = max(reached, min(level[index], kept))
    return level


def batch_turbulence(rows: Rows) -> Rows:
    """The last row against the errors of the rows before it, all from their weighted sums."""
    errors = np.array([rows[t] - batch_mean(rows[:t]) for t in range(1, len(rows))])
    covariance = batch_covariance(errors[:-1])
    sd = np.sqrt(np.diag(covariance))
    correlation = 0.8 * covariance / np.outer(sd, sd) + 0.2 * np.eye(SIZE)
    z = errors[-1] / sd
    return np.array(z @ np.linalg.inv(correlation) @ z / SIZE)


@dataclass(frozen=True)
class Case:
    """An estimator, how to feed it a row, its value, the same value from all rows at once, and which power of returns
    it is of."""

    make: Callable[[], Any]
    value: Callable[[Any], Any]
    batch: Callable[[Rows], Any]
    feed: Callable[..., Any] = lambda estimator, row, factor=1.0: estimator.update(factor * row)
    degree: int = 2

    def run(self, rows: Rows, factor: float = 1.0) -> Any:
        estimator = self.make()
        for row in rows:
            self.feed(estimator, row, factor)
        return estimator


def beside_long_run(estimator: Any, row: Rows, factor: float = 1.0) -> None:
    """With the same long run for all."""
    estimator.update(factor * row, np.full(estimator.size, factor**2 * LONG_RUN[0]))


def as_variance(estimator: Any, row: Rows, factor: float = 1.0) -> None:
    """Squares of the row stand for variances."""
    estimator.update((factor * row) ** 2, np.full(estimator.size, factor**2 * LONG_RUN[0]))


CASES = {
    "ewma_mean": Case(lambda: EwmaMean(0.9, SIZE), lambda e: e.mean, batch_mean, degree=1),
    "ewma_variance": Case(lambda: EwmaVariance(0.9, SIZE), lambda e: e.variance, lambda rows: batch_mean(rows**2)),
    "covariance": Case(lambda: EwmaCovariance(0.9, SIZE), lambda e: e.covariance, batch_covariance),
    "welford": Case(lambda: Welford(SIZE), lambda e: e.variance, lambda rows: rows.var(axis=0, ddof=1)),
    "garch": Case(lambda: Garch(*GARCH[:2], size=SIZE), lambda e: e.variance, batch_garch, beside_long_run),
    "gjr_garch": Case(
        lambda: Garch(*GJR[:2], gamma=GJR.gamma, size=SIZE),
        lambda e: e.variance,
        lambda rows: batch_garch(rows, GJR),
        beside_long_run,
    ),
    "garch_refitted": Case(refitted, lambda e: e.variance, batch_refitted, beside_long_run),
    "regime": Case(lambda: Regime(size=SIZE), lambda e: e.level, batch_regime, as_variance, degree=0),
    "turbulence": Case(lambda: Turbulence(0.9, 0.2, 5, SIZE), lambda e: e.value, batch_turbulence, degree=0),
    "history": Case(lambda: History(20, SIZE), lambda e: e.view, lambda rows: rows[-20:], degree=1),
}
ALL = pytest.mark.parametrize("name", CASES)
#: Returns with gaps, long enough to fill every window.
GAPPY = st.integers(0, 60).flatmap(
    lambda count: arrays(
        np.float64, (count, SIZE), elements=st.one_of(st.floats(-0.9, 0.9), st.just(float("nan")), st.just(0.0))
    )
)


def random_rows(count: int = 60, seed: int = 11) -> Rows:
    return np.random.default_rng(seed).normal(0.0, 0.01, (count, SIZE))


@ALL
@settings(max_examples=30, deadline=None)
@given(count=st.integers(12, 60), seed=st.integers(0, 10_000))
def test_streaming_equals_batch(name: str, count: int, seed: int) -> None:
    """One row at a time gives what the definition gives over all rows at once, to 1e-11."""
    case, rows = CASES[name], random_rows(count, seed)
    np.testing.assert_allclose(case.value(case.run(rows)), case.batch(rows), rtol=1e-11, atol=1e-18)


@pytest.mark.parametrize("name", ["ewma_mean", "ewma_variance", "welford", "garch", "gjr_garch", "garch_refitted"])
@settings(max_examples=60, deadline=None)
@given(rows=GAPPY)
def test_streaming_equals_batch_whatever_the_gaps(name: str, rows: Rows) -> None:
    """A symbol's value is that of the rows that it has, to 1e-9 relative."""
    case = CASES[name]
    value = case.value(case.run(rows))
    for index in range(SIZE):
        own = rows[~np.isnan(rows[:, index])]
        if len(own) > 1:
            assert value[index] == pytest.approx(case.batch(np.nan_to_num(own))[index], rel=1e-9, abs=1e-15)


@settings(max_examples=60, deadline=None)
@given(rows=GAPPY)
def test_a_pair_is_that_of_its_common_rows(rows: Rows) -> None:
    """Whatever the gaps: the batch covariance over the rows that both have, to 1e-9 relative."""
    covariance = CASES["covariance"].run(rows).covariance
    for one, two in combinations_with_replacement(range(SIZE), 2):
        common = rows[~np.isnan(rows[:, [one, two]]).any(axis=1)]
        expected = batch_covariance(np.nan_to_num(common))[one, two] if len(common) else 0.0
        assert covariance[one, two] == covariance[two, one] == pytest.approx(expected, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("name", [name for name in CASES if name != "garch_refitted"])  # whose symbols differ
@settings(max_examples=30, deadline=None)
@given(rows=GAPPY, order=st.permutations(range(SIZE)))
def test_the_order_of_symbols_does_not_matter(name: str, rows: Rows, order: list[int]) -> None:
    """Symbols in another order give the same values in that order; turbulence, one value over all, to 1e-9."""
    case = CASES[name]
    value, moved = case.value(case.run(rows)), case.value(case.run(rows[:, order]))
    if name == "turbulence":
        np.testing.assert_allclose(moved, value, rtol=1e-9)
    else:
        np.testing.assert_array_equal(moved, value[np.ix_(order, order)] if name == "covariance" else value[..., order])


@pytest.mark.parametrize("name", [name for name in CASES if name != "garch_refitted"])  # whose omega is of its returns
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), gap=st.integers(0, 59), power=st.integers(-3, 3))
def test_a_multiple_of_the_returns_scales_the_value(name: str, seed: int, gap: int, power: int) -> None:
    """Returns times c give c times the mean and the window, c^2 times the variance, where the long run is as well, and
    the same regime and turbulence; bit by bit, for powers of two."""
    case, factor, rows = CASES[name], 2.0**power, random_rows(60, seed)
    rows[gap, gap % SIZE] = np.nan
    one, other = (np.asarray(case.value(case.run(rows, each))) for each in (1.0, factor))
    np.testing.assert_array_equal(other, factor**case.degree * one)


@ALL
@settings(max_examples=40, deadline=None)
@given(rows=GAPPY)
def test_its_state_survives_its_bytes(name: str, rows: Rows) -> None:
    """Decoding what was encoded gives the same bytes, the same value, and goes on alike."""
    case = CASES[name]
    one = case.run(rows)
    two = type(one).decode(one.encode())
    assert two.encode() == one.encode()
    np.testing.assert_array_equal(case.value(two), case.value(one))
    for row in random_rows(3):
        case.feed(one, row)
        case.feed(two, row)
    assert two.encode() == one.encode()


@ALL
def test_inputs_stay_unchanged(name: str) -> None:
    """What is fed is never written to."""
    row = np.array([0.01, float("nan"), -0.02])
    before = row.tobytes()
    CASES[name].run(np.array([row, row]))
    estimator = CASES[name].make()
    CASES[name].feed(estimator, row)
    assert row.tobytes() == before


@ALL
@settings(max_examples=60, deadline=None)
@given(rows=GAPPY)
def test_finite_in_gives_finite_state(name: str, rows: Rows) -> None:
    """Whatever finite returns and gaps come, no infinity and no nan is in the state; only "not known yet" is nan."""
    if name == "history":
        assert not np.isinf(CASES[name].run(rows).view).any()
        return
    estimator = CASES[name].run(rows)
    if name == "turbulence":
        parts, value = (*estimator.mean.snapshot(), *estimator.errors.snapshot()), estimator.value
        assert np.isnan(value) or 0.0 <= value < np.inf
    else:
        parts = estimator.snapshot()
    assert all(np.isfinite(part).all() for part in parts)


@pytest.mark.parametrize("name", sorted(CASES.keys() - {"history", "regime"}))  # which take what others judged
@pytest.mark.parametrize("bad", [float("inf"), 1e200])
def test_what_is_not_finite_is_refused(name: str, bad: float) -> None:
    """An infinity, or what would become one when squared, raises and changes nothing."""
    estimator = CASES[name].run(random_rows(5))
    before = estimator.encode()
    with pytest.raises(ValueError, match="exceeds"):
        CASES[name].feed(estimator, np.array([0.0, bad, 0.0]))
    assert estimator.encode() == before


@pytest.mark.parametrize("name", [name for name in CASES if name != "turbulence"])  # which is one value over all
def test_a_new_symbol_changes_nothing_for_the_others(name: str) -> None:
    """Growing keeps the values of the symbols that were there, and a smaller size is refused."""
    case, rows = CASES[name], random_rows(30)
    one, two = case.run(rows[:20]), case.run(rows[:20])
    two.resize(SIZE + 4)
    with pytest.raises(ValueError, match="at least"):
        two.resize(SIZE)
    wide = np.full(SIZE + 4, np.nan)
    for row in rows[20:]:
        case.feed(one, row)
        wide[:SIZE] = row
        case.feed(two, wide.copy())
    grown = case.value(two)
    kept = grown[:SIZE, :SIZE] if name == "covariance" else grown[..., :SIZE]
    np.testing.assert_array_equal(kept, case.value(one))


@pytest.mark.parametrize(
    "make",
    [
        lambda: EwmaMean(1.0),
        lambda: EwmaVariance(0.0),
        lambda: EwmaCovariance(-0.1),
        lambda: Garch(0.2, 0.8),
        lambda: Garch(-0.1, 0.5),
        lambda: Garch(0.1, 0.8, omega=0.0),
        lambda: Turbulence(shrinkage=0.0),
        lambda: Turbulence(observations_min=1),
        lambda: History(0),
    ],
)
def test_ranges_are_checked_at_construction(make: Callable[[], object]) -> None:
    """A parameter outside its range never makes an estimator."""
    with pytest.raises(ValueError, match="expected"):
        make()


@ALL
def test_a_row_of_the_wrong_length_is_refused(name: str) -> None:
    """A row must have one place for each symbol."""
    with pytest.raises(ValueError, match=r"shape|broadcast"):
        CASES[name].feed(CASES[name].make(), np.zeros(SIZE + 1))
