"""Covariances of unequal histories: what is handed out is positive semidefinite, or not known."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.covariance import LedoitWolf

from risk.estimators.covariance import EwmaCovariance
from risk.estimators.sound_covariance import complete_block, sound_covariance
from risk.market import MarketConfig, MarketState
from risk.measures.psd import repaired
from risk.measures.var import quadratic_form, variance_after
from schemas.reasons import Reason
from tests.risk.test_market_bars import closes, day_of_bars
from tests.risk.world import unsound_world

Rows = np.ndarray[tuple[int, int], np.dtype[np.float64]]
NONE = np.zeros((0, 3))


def estimated(rows: Rows) -> EwmaCovariance:
    covariance = EwmaCovariance(0.97, size=rows.shape[1])
    for row in rows:
        covariance.update(row)
    return covariance


def unequal() -> EwmaCovariance:
    """AB and BC moved together when both were there, and A against C: no three series can do that at once."""
    random = np.random.default_rng(2)
    x, gap = random.normal(0.0, 0.01, 30), np.full(30, np.nan)
    return estimated(np.vstack([np.c_[x, x, gap], np.c_[gap, x, x], np.c_[x, gap, -x]]))


def test_what_unequal_histories_make_indefinite_is_repaired() -> None:
    """Pairwise it is impossible; handed out is the nearest that is possible, with the same variances."""
    estimator = unequal()
    masked = estimator.masked(30)
    assert np.linalg.eigvalsh(masked)[0] < -1e-5
    found = sound_covariance(estimator, estimator.covariance.diagonal(), 30, "none", NONE)
    assert np.linalg.eigvalsh(found)[0] > -1e-18
    np.testing.assert_array_equal(found, repaired(masked))
    np.testing.assert_array_equal(found.diagonal(), masked.diagonal())


def test_what_is_sound_is_left_alone_and_what_is_unknown_stays_unknown() -> None:
    """Equal histories come back bit by bit; a pair with too few common rows is nan and keeps no other from repair."""
    rows = np.random.default_rng(3).normal(0.0, 0.01, (40, 3))
    estimator = estimated(rows)
    found = sound_covariance(estimator, estimator.covariance.diagonal(), 30, "none", NONE)
    np.testing.assert_array_equal(found, estimator.covariance)
    late = unequal()
    late.resize(4)
    late.update(np.array([np.nan, np.nan, np.nan, 0.01]))
    found = sound_covariance(late, late.covariance.diagonal(), 30, "none", NONE)
    assert np.isnan(found[3]).all()
    np.testing.assert_array_equal(found[:3, :3], repaired(late.masked(30)[:3, :3]))


def test_the_complete_block_is_complete() -> None:
    """Whatever is unknown, each pair within the block is known, and nothing that is known to all is left out."""
    random = np.random.default_rng(4)
    for _ in range(50):
        known = random.random((8, 8)) < 0.9
        known = known & known.T
        block = complete_block(known)
        assert known[np.ix_(block, block)].all()
        assert set(np.flatnonzero(known.all(axis=1))) <= set(block)


def test_the_engine_shrinks_if_it_is_told_to() -> None:
    """By scikit-learn's intensity over as many last rows as the EWMA is worth, to the mean variance; more symbols than
    rows then have no portfolio without risk."""
    prices = closes(60, 12)
    names = tuple(f"S{number}" for number in range(12))
    plain, shrunk = (
        MarketState(MarketConfig(correlation_observations_min=10, lambda_correlation=0.6, covariance_shrinkage=target))
        for target in ("none", "scaled_identity")
    )
    for day, row in enumerate(prices):
        for each in day_of_bars(row, day, names):
            plain.apply_bar(each)
            shrunk.apply_bar(each)
    intensity = LedoitWolf().fit((prices[1:] / prices[:-1] - 1.0)[-4:]).shrinkage_
    aim = np.trace(plain.covariance) / 12 * np.eye(12)
    expected = (1.0 - intensity) * plain.covariance + intensity * aim
    np.testing.assert_allclose(shrunk.covariance, expected, rtol=1e-9, atol=1e-18)
    assert np.linalg.eigvalsh(shrunk.covariance)[0] > 1e-6


def test_shrinkage_to_equal_correlations_keeps_the_variances() -> None:
    """A symbol that does not move has none to be shrunk."""
    rows = np.random.default_rng(5).normal(0.0, 0.01, (80, 3))
    rows[:, 2] = 0.0
    estimator = estimated(rows)
    found = sound_covariance(estimator, estimator.covariance.diagonal(), 30, "constant_correlation", rows)
    np.testing.assert_allclose(found.diagonal(), estimator.covariance.diagonal(), rtol=1e-12)
    assert found[0, 1] == pytest.approx(estimator.covariance[0, 1])  # of one pair the mean is itself
    assert not found[2].any()


def test_below_zero_is_rounding_or_unknown() -> None:
    """A perfect hedge has no variance; a book that would have less than none has none that is known."""
    assert variance_after(1e10, -1e5, 1e5 * (1.0 + 1e-15), 1.0) == 0.0
    assert np.isnan(variance_after(4.0, 1.0, -9.0, 9.0))
    x, broken = np.array([1.0, -1.4, 1.0]), np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.9], [0.0, 0.9, 1.0]])
    assert np.isnan(quadratic_form(x, broken @ x))


def test_a_book_with_less_than_no_variance_is_refused() -> None:
    """Where the covariance is still not sound the order is not judged by it: VAR_UNAVAILABLE, not a VaR of zero."""
    world = unsound_world("AAA", "BBB", "CCC")
    layers = {layer.layer: layer for layer in world.judge(world.order("AAA", "buy", 1)).layers}
    assert layers[3].reason is Reason.CORRELATION_UNAVAILABLE
    assert layers[5].reason is Reason.VAR_UNAVAILABLE
