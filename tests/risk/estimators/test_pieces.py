"""What single estimators promise beyond the common contract."""

from __future__ import annotations

import importlib
import pkgutil
from math import isnan

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import risk.estimators
import risk.measures
from risk.estimators.base import Estimator
from risk.estimators.clustering import clustering_ratio, is_clustering
from risk.estimators.covariance import EwmaCovariance
from risk.estimators.garch import Garch
from risk.estimators.history import History
from risk.estimators.ranges import RangeEstimator
from risk.estimators.residuals import filtered
from risk.estimators.sampler import ReturnSampler
from risk.estimators.scalar import Scalar
from risk.estimators.settings import MarketConfig
from risk.estimators.turbulence import Turbulence, mahalanobis
from risk.var.filters import VolatilityFilter, filtered_returns
from tests.risk.estimators import test_contract as contract
from tests.risk.estimators import test_scalars as scalars

NAN = float("nan")


def test_every_estimator_is_under_a_contract() -> None:
    """Each class that keeps state has a case in the suite of its kind."""
    for module in pkgutil.iter_modules(risk.estimators.__path__, "risk.estimators."):
        importlib.import_module(module.name)
    cases = (*contract.CASES.values(), *scalars.CASES.values())
    assert {*kinds_of(Estimator), *kinds_of(Scalar)} - {type(case.make()) for case in cases} == {RangeEstimator}


def kinds_of(base: type) -> set[type]:
    return {each for kind in base.__subclasses__() for each in (kind, *kinds_of(kind))}


def test_the_stream_filters_as_the_batch_does() -> None:
    """Scenarios of the last 200 of 600 rows, where the two starts have decayed, agree to 1e-6 relative; of the first
    100 they do not, for the stream drops 20 of them and begins from one return."""
    rows = np.random.default_rng(8).standard_t(5, (600, 3)) * np.array([0.01, 0.02, 0.005])
    panel = MarketConfig(history=600).panel()
    for row in rows:
        panel.update(row, np.full(3, np.nan), 0)
    stream = filtered(panel.residuals.view, panel.variance.variance)
    batch, floored = filtered_returns(rows, VolatilityFilter(lam=0.94))
    assert not floored
    np.testing.assert_allclose(stream[400:], batch[400:], rtol=1e-6)
    assert np.isnan(stream[:20]).all()
    assert not np.allclose(stream[20:100], batch[20:100], rtol=1e-3)


@pytest.mark.parametrize("negative", [False, True])
@given(closes=st.lists(st.floats(-50.0, 200.0), max_size=30))
def test_a_sampler_goes_on_from_its_dump(closes: list[float], negative: bool) -> None:
    """What it believes, doubts and counts from comes back."""
    one, two = (ReturnSampler(0.5, 3, negative=negative) for _ in range(2))
    for row, close in enumerate(closes):
        one.update(close, row)
    two.load(msgspec.msgpack.decode(msgspec.msgpack.encode(one.dump())))
    following = [101.0, 40.0, 40.5, 0.0, 100.0]
    after = [[repr(each.update(close, len(closes) + n)) for n, close in enumerate(following)] for each in (one, two)]
    assert after[0] == after[1]


def test_a_gap_neither_counts_nor_decays() -> None:
    """A pair's covariance is that of its common rows alone, however many others there were."""
    rows = np.random.default_rng(3).normal(0, 0.01, (50, 2))
    gappy, common = EwmaCovariance(0.9, 2), EwmaCovariance(0.9, 2)
    for number, row in enumerate(rows):
        if number % 3:
            common.update(row)
            gappy.update(row)
        else:
            gappy.update(np.array([row[0], NAN]))
    assert gappy.covariance[0, 1] == common.covariance[0, 1]
    assert gappy.counts[0, 1] == common.counts[0, 1] < gappy.counts[0, 0]
    np.testing.assert_array_equal(gappy.covariance, gappy.covariance.T)


def test_garch_forecasts_run_to_the_long_run() -> None:
    """One step ahead is h itself, far ahead is V, and the horizon's variance is the sum of the steps."""
    garch, target = Garch(0.1, 0.85, omega=5e-6, initial=4e-4), np.array([NAN])
    assert garch.forecast(target, 1) == pytest.approx(4e-4, rel=1e-12)
    assert garch.forecast(target, 2000) == pytest.approx(5e-6 / 0.05, rel=1e-9)
    steps = [float(garch.forecast(target, step)[0]) for step in range(1, 11)]
    assert garch.horizon_variance(target, 10) == pytest.approx(sum(steps), rel=1e-12)
    with pytest.raises(ValueError, match="at least 1"):
        garch.forecast(target, 0)


def test_history_brings_back_what_a_push_pushed_out() -> None:
    """Taking the last row back leaves the window as it was, also right after its buffer moved."""
    history = History(3, 1)
    for value in range(20):
        before = history.view.copy()
        history.update(np.array([float(value)]))
        history.pop()
        np.testing.assert_array_equal(history.view, before)
        history.update(np.array([float(value)]))
    again = History.decode(history.encode())
    again.pop()
    assert again.view.ravel().tolist() == [16.0, 17.0, 18.0]
    with pytest.raises(ValueError, match="row"):
        again.pop()


def test_a_column_of_history_is_contiguous_and_read_only() -> None:
    """A symbol's returns are one run of memory that no reader can change."""
    history = History(10, 5)
    for _ in range(25):
        history.update(np.zeros(5))
    assert history.view.shape == (10, 5)
    assert history.view[:, 3].flags.c_contiguous
    with pytest.raises(ValueError, match="read-only"):
        history.view[0, 0] = 1.0


def test_one_bad_close_costs_one_return() -> None:
    """A print beyond the bound is refused, and the next return is measured against the last good close."""
    sampler = ReturnSampler(return_max=0.5, gap_max=3)
    closes = [100.0, 101.0, 1.0, 102.01]
    sampled = [sampler.update(close, row) for row, close in enumerate(closes)]
    assert [each.refusal for each in sampled] == [None, None, "return_beyond_bound", None]
    assert sampled[3].value == pytest.approx(0.01)


def test_a_split_is_believed_at_the_second_close() -> None:
    """A new level that the next close confirms becomes the base, so a symbol does not stay refused."""
    sampler = ReturnSampler(return_max=0.5, gap_max=3)
    sampled = [sampler.update(close, row) for row, close in enumerate([100.0, 10.0, 10.1, 10.2])]
    assert [each.refusal for each in sampled] == [None, "return_beyond_bound", None, None]
    assert sampled[2].value == pytest.approx(0.01)


def test_two_different_bad_closes_confirm_nothing() -> None:
    """Bad prints that disagree with each other are all refused."""
    sampler = ReturnSampler(return_max=0.5, gap_max=3)
    sampled = [sampler.update(close, row) for row, close in enumerate([100.0, 10.0, 1000.0, 1.0, 100.0])]
    assert [each.refusal is None for each in sampled] == [True, False, False, False, True]


@pytest.mark.parametrize(("row", "taken"), [(4, True), (5, False)])
def test_a_return_over_a_long_gap_is_not_taken(row: int, taken: bool) -> None:
    """Three missed rows are bridged, four are not: the symbol begins anew."""
    sampler = ReturnSampler(return_max=0.5, gap_max=3)
    sampler.update(100.0, 0)
    assert isnan(sampler.update(101.0, row).value) is not taken
    assert sampler.update(102.01, row + 1).value == pytest.approx(0.01)


def test_turbulence_is_about_one_in_calm_times() -> None:
    """Over 2,000 rows of 20 correlated normal assets the mean lies within 15 % of 1."""
    random = np.random.default_rng(5)
    mixing = 0.007 * (np.eye(20) + 0.3 * random.normal(size=(20, 20)))
    turbulence = Turbulence(size=20)
    rows = random.normal(size=(2000, 20)) @ mixing
    seen = [turbulence.value for row in rows if turbulence.update(row)]
    assert len(seen) > 1800
    assert np.mean(seen) == pytest.approx(1.0, abs=0.15)


def test_turbulence_cannot_blow_up_on_a_singular_matrix() -> None:
    """Two equal assets that part company give a number within the stated bound mean(z^2) / shrinkage."""
    turbulence, random = Turbulence(0.99, 0.1, 20, 2), np.random.default_rng(2)
    for value in random.normal(0, 0.01, 200):
        turbulence.update(np.array([value, value]))
    sd = np.sqrt(np.diag(turbulence.errors.covariance))
    shock = np.array([0.05, -0.05])
    deviates = (shock - turbulence.mean.mean) / sd
    turbulence.update(shock)
    assert 100 < turbulence.value <= float((deviates**2).mean()) / 0.1


def test_turbulence_survives_a_matrix_that_is_not_positive_definite() -> None:
    """Pairwise estimates may contradict each other; shrinking goes on until the matrix is one."""
    impossible = np.array([[1.0, 0.99, -0.99], [0.99, 1.0, 0.99], [-0.99, 0.99, 1.0]])
    assert np.linalg.eigvalsh(impossible).min() < 0
    assert 0.0 < mahalanobis(np.array([1.0, -1.0, 1.0]), impossible, 0.1) <= 10.0


def test_turbulence_ignores_what_does_not_move() -> None:
    """A symbol with a constant price has no variance to be measured in, and does not spoil the others."""
    turbulence, random = Turbulence(0.99, 0.1, 20, 3), np.random.default_rng(2)
    for row in random.normal(0, 0.01, (100, 2)):
        turbulence.update(np.array([*row, 0.0]))
    assert 0.0 < turbulence.value < 10.0


def test_clustering_is_unknown_until_both_variances_are() -> None:
    """The ratio is nan without a long run; the flag refuses to guess."""
    assert isnan(clustering_ratio(NAN, 1e-4))
    assert isnan(clustering_ratio(1e-4, 0.0))
    assert is_clustering(5e-4, 1e-4)
    assert not is_clustering(3e-4, 1e-4)
    with pytest.raises(ValueError, match="known"):
        is_clustering(NAN, 1e-4)
