"""Simulated returns: which symbols take part, when they are made anew, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.background import Inline
from risk.market import MarketState
from risk.stress.monte_carlo import joint_returns, losses_of, tail_losses
from risk.stress.simulation import PATHS_BESIDE, REFRESH_NS, StressSimulation, complete
from tests.risk.world import DAY_NS, NOW_NS, START_NS, SYMBOLS, bar, calm_market

CALM = np.diag([1e-4, 4e-4])


def test_the_same_seed_gives_the_same_returns_and_opposites_come_in_pairs() -> None:
    """Another seed gives others; up and down are alike, so a short book fares as a long one."""
    one, again, other = (joint_returns(CALM, 1000, seed=seed) for seed in (1, 1, 2))
    assert (one == again).all()
    assert (one != other).any()
    assert one[:500] == pytest.approx(-one[500:])
    assert tail_losses(one[:, 0].copy()) == pytest.approx(tail_losses(-one[:, 0]))


def test_an_asset_more_leaves_the_others_draws_alone() -> None:
    """Figures move with the market and not with the dice."""
    assert joint_returns(CALM)[:, 0] == pytest.approx(joint_returns(np.diag([1e-4, 4e-4, 9e-4]))[:, 0])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 6), st.integers(0, 10), st.floats(1e-8, 0.5))
def test_finite_covariances_give_finite_returns_above_minus_one(count: int, rank: int, scale: float) -> None:
    """Singular and wild ones too."""
    rows = np.random.default_rng(rank).normal(size=(rank, count)) * scale
    drawn = joint_returns(rows.T @ rows, 200)
    assert drawn.shape == (200, count)
    assert np.isfinite(drawn).all()
    assert drawn.min() >= -1.0


def test_losses_scale_with_the_book() -> None:
    """Worst, shortfall and quantiles of c times a book are c times those of the book."""
    drawn = joint_returns(CALM)
    one, five = (losses_of(scale * drawn @ np.array([1.0, -2.0]), drawn, 4.0, 10, 0) for scale in (1.0, 5.0))
    assert five.worst == pytest.approx(5 * one.worst)
    assert five.expected_shortfall == pytest.approx(5 * one.expected_shortfall)
    assert five.quantiles == pytest.approx({level: 5 * loss for level, loss in one.quantiles.items()})
    assert five.worst_returns == one.worst_returns


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ((np.zeros((2, 3)), 1000, 4.0, 10), "`covariance` has shape"),
        ((np.full((1, 1), np.nan), 1000, 4.0, 10), "expected .* finite"),
        ((CALM, 99, 4.0, 10), "`paths` is 99, expected 100 to 1000000"),
        ((CALM, 1000, 2.0, 10), "`df` is 2.0, expected a finite number above 2"),
        ((CALM, 1000, 4.0, 0), "`horizon_days` is 0, expected at least 1"),
    ],
)
def test_settings_out_of_range_are_refused(settings: tuple[np.ndarray, int, float, int], message: str) -> None:
    """The message names the setting."""
    with pytest.raises(ValueError, match=message):
        joint_returns(*settings)


def test_it_is_due_once_a_minute_and_not_before_there_is_a_covariance() -> None:
    """Nothing on an empty market; then at once, and again when the last one is a minute old."""
    measure = StressSimulation()
    assert measure.due(MarketState(), NOW_NS) is None
    market = calm_market()
    assert market.simulated.time_ns == NOW_NS
    assert measure.due(market, NOW_NS + REFRESH_NS - 1) is None
    job = measure.due(market, NOW_NS + REFRESH_NS)
    assert job is not None
    version = market.version
    assert measure.accept(market, job.run(), NOW_NS + 2 * REFRESH_NS) == []
    assert market.simulated.time_ns == NOW_NS + REFRESH_NS
    assert market.version == version + 1


def test_a_symbol_without_covariances_does_not_take_part() -> None:
    """It is not known, the others are, and its column is zero."""
    market = calm_market()
    last = START_NS + 300 * DAY_NS
    for symbol in (*SYMBOLS, "NEW"):
        market.apply_bar(bar(symbol, 100.0, last))
    Inline([StressSimulation()], market).run(last + DAY_NS)
    assert [market.simulated.knows(index) for index in range(6)] == [True, True, True, True, False, False]
    assert not market.simulated.returns[:, 4].any()
    assert market.simulated.returns[:, 0].flags.c_contiguous


def test_the_symbol_that_lacks_most_is_left_out() -> None:
    """Pairs that were never seen together cost one of the two its place, not all others theirs."""
    matrix = np.ones((4, 4))
    matrix[3, :2] = matrix[:2, 3] = np.nan
    assert complete(matrix).tolist() == [True, True, True, False]
    matrix[1, 1] = np.nan
    assert complete(matrix).tolist() == [True, False, True, False]
    assert complete(np.full((2, 2), np.nan)).tolist() == [False, False]


def test_a_result_that_is_not_finite_is_refused() -> None:
    """The last one stays."""
    market, measure = calm_market(), StressSimulation()
    kept = market.simulated
    measure.due(market, NOW_NS + REFRESH_NS)
    with pytest.raises(ValueError, match="not finite"):
        measure.accept(market, np.full((10, 4), np.nan), NOW_NS + REFRESH_NS)
    assert market.simulated is kept


def test_another_order_of_the_symbols_changes_nothing() -> None:
    """Draws follow from the names: the same market in five orders has the same returns, and one symbol more leaves the
    others' as they are where it moves with none of them."""
    random = np.random.default_rng(4)
    rows, names = 0.01 * random.normal(size=(60, 6)), list("ABCDEF")
    covariance = rows.T @ rows / 60
    known = joint_returns(covariance, names=names)
    for _ in range(5):
        order = random.permutation(6)
        turned = joint_returns(covariance[np.ix_(order, order)], names=[names[index] for index in order])
        assert turned == pytest.approx(known[:, order], rel=1e-9, abs=1e-12)
    assert joint_returns(CALM, names=["B", "A"])[:, 0] == pytest.approx(
        joint_returns(np.diag([9e-4, 4e-4, 1e-4]), names=["C", "A", "B"])[:, 2]
    )


def test_markets_fed_in_another_order_have_the_same_simulation() -> None:
    """Which symbol's bar came first is no matter to what the engine's limits are held against."""
    markets = []
    names = list(SYMBOLS)
    for symbols in (names, names[::-1]):
        market = MarketState()
        for day in range(120):
            for symbol in symbols:
                step = names.index(symbol) + 3
                market.apply_bar(bar(symbol, 100.0 + day * step % 7, START_NS + day * DAY_NS))
        Inline([StressSimulation()], market).run(NOW_NS)
        markets.append(market)
    one, other = (market.simulated.returns[:, market.symbols.index("AAA")] for market in markets)
    assert len(one) == PATHS_BESIDE
    assert one == pytest.approx(other, rel=1e-6, abs=1e-9)


def test_the_error_of_a_shortfall_is_what_other_seeds_show() -> None:
    """The standard deviation of 200 seeds' ES is the reported standard error, within a fifth; four times the paths
    halve it."""
    held = np.array([100.0, -50.0])
    spread = {}
    for paths in (1000, 4000):
        found = [
            losses_of((r := joint_returns(CALM, paths, seed=seed)) @ held, r, 4.0, 10, seed) for seed in range(200)
        ]
        spread[paths] = float(np.std([each.expected_shortfall for each in found]))
        assert np.mean([each.shortfall_error for each in found]) == pytest.approx(spread[paths], rel=0.2)
    assert spread[4000] == pytest.approx(spread[1000] / 2.0, rel=0.2)
