"""Bars: rows of one end time, the estimates they feed, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.market import MarketConfig, MarketState
from risk.var.covariance import CovarianceModel
from schemas.market import Bar
from tests.risk.test_market import DAY_NS, NOW_NS, bar, fingerprint

SYMBOLS = ("AAA", "BBB", "CCC")
SMALL = MarketConfig(
    history=20,
    observations_min=5,
    correlation_observations_min=6,
    volume_observations_min=2,
    turbulence_observations_min=8,
)


def closes(days: int, count: int = 3, seed: int = 4) -> np.ndarray:
    """Prices [days, count] with daily returns of 1 %."""
    returns = np.random.default_rng(seed).normal(0, 0.01, (days, count))
    return np.round(100.0 * np.cumprod(1.0 + returns, axis=0), 6)


def day_of_bars(row: Iterable[float], day: int, symbols: tuple[str, ...] = SYMBOLS) -> list[Bar]:
    return [
        bar(symbol, close, NOW_NS + day * DAY_NS, 1000 + day)
        for symbol, close in zip(symbols, row, strict=True)
        if not math.isnan(close)
    ]


def fed(prices: np.ndarray, config: MarketConfig = SMALL) -> MarketState:
    market = MarketState(config)
    for day, row in enumerate(prices):
        for each in day_of_bars(row, day):
            market.apply_bar(each)
    return market


def test_estimates_equal_their_definitions_over_the_closes() -> None:
    """Variance, forecast, long run, covariance, mean volume and history follow from the closes, to 1e-12."""
    prices = closes(40)
    market, returns = fed(prices), prices[1:] / prices[:-1] - 1.0
    config = market.config
    age = np.arange(len(returns) - 1, -1, -1.0)
    variance = np.average(returns**2, axis=0, weights=config.lambda_volatility**age)
    products = (returns * config.lambda_correlation ** age[:, None]).T @ returns
    scale = np.sqrt(variance / products.diagonal())
    covariance = scale[:, None] * products * scale
    volumes = np.average(1000.0 + np.arange(40), weights=0.5 ** (np.arange(39, -1, -1.0) / config.volume_half_life))
    np.testing.assert_allclose(market.variance, variance, rtol=1e-12)
    np.testing.assert_allclose(market.covariance, covariance, rtol=1e-10, atol=1e-18)
    np.testing.assert_allclose(market.long_run, returns.var(axis=0, ddof=1), rtol=1e-12)
    np.testing.assert_allclose(market.forecast, garch_loop(returns), rtol=1e-12)
    np.testing.assert_allclose(market.mean_volume, volumes, rtol=1e-12)
    np.testing.assert_array_equal(market.returns, returns[-20:])
    assert market.observations.tolist() == [39, 39, 39]
    assert market.bars_version == 40


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), days=st.integers(8, 60), fast=st.floats(0.5, 0.99), slow=st.floats(0.5, 0.995))
def test_the_covariance_is_that_of_the_batch(seed: int, days: int, fast: float, slow: float) -> None:
    """Whatever the two lambdas and the days, the stream's covariance is what the library makes of the same returns, to
    1e-9 of its standard deviations, and positive semidefinite up to rounding."""
    prices = closes(days, seed=seed)
    config = msgspec.structs.replace(SMALL, lambda_volatility=fast, lambda_correlation=slow)
    model = CovarianceModel(lam=fast, lam_correlation=slow)
    found, expected = fed(prices, config).covariance, model.forecast(prices[1:] / prices[:-1] - 1.0).matrix
    scale = np.sqrt(np.outer(expected.diagonal(), expected.diagonal()))
    assert np.abs((found - expected) / scale).max() < 1e-9
    assert np.linalg.eigvalsh(found / scale)[0] > -1e-12


def test_both_have_the_same_lambdas_unless_told() -> None:
    """0.94 for variances and 0.97 for correlations."""
    market, model = MarketConfig(), CovarianceModel()
    lambdas = (model.lam, model.lam_correlation)
    assert (market.lambda_volatility, market.lambda_correlation) == lambdas == (0.94, 0.97)


def garch_loop(returns: np.ndarray) -> np.ndarray:
    h = returns[0] ** 2
    for t in range(1, len(returns)):
        target = returns[: t + 1].var(axis=0, ddof=1)
        h = 0.02 * target + 0.1 * returns[t] ** 2 + 0.88 * h
    return np.asarray(h)


def test_too_few_observations_are_nan() -> None:
    """Below each minimum the estimate is nan, at the minimum it is there."""
    prices = closes(20)
    assert np.isnan(fed(prices[:5]).variance).all()
    assert np.isfinite(fed(prices[:6]).variance).all()
    assert np.isnan(fed(prices[:6]).covariance).all()
    assert np.isfinite(fed(prices[:7]).covariance).all()
    # turbulence needs the errors of 8 rows before the one it measures, and an error needs a mean
    assert math.isnan(fed(prices[:10]).turbulence)
    assert fed(prices[:11]).turbulence > 0
    assert fed(prices[:11]).turbulence_time_ns == NOW_NS + 10 * DAY_NS


def test_the_last_day_does_not_wait_for_the_next() -> None:
    """A row is in the estimates as soon as every symbol of the row before it has reported."""
    market = fed(closes(10))
    *first, last = day_of_bars((101.0, 102.0, 103.0), 10)
    version = market.bars_version
    for each in first:
        market.apply_bar(each)
    assert market.bars_version == version
    market.apply_bar(last)
    assert market.bars_version == version + 1
    assert len(market.returns) == 10


def test_a_symbol_that_stops_blocks_one_row_and_is_not_filled_in() -> None:
    """Its row closes with the first bar of the next one, later rows at once; the stopped symbol's cells are nan."""
    prices = closes(20)
    prices[15:, 2] = np.nan
    market = MarketState(SMALL)
    lengths = []
    for day, row in enumerate(prices):
        for each in day_of_bars(row, day):
            market.apply_bar(each)
        lengths.append(len(market.returns))
    assert lengths[13:19] == [13, 14, 14, 16, 17, 18]
    assert np.isnan(market.returns[-5:, 2]).all()
    assert np.isfinite(market.returns[:14]).all()
    assert market.observations.tolist() == [19, 19, 14]


def test_a_symbol_that_starts_late_gets_in() -> None:
    """A newcomer whose bar always comes after the others' is in each row from its second bar on."""
    prices = closes(20)
    prices[:10, 2] = np.nan
    market = fed(prices)
    assert market.observations.tolist() == [19, 19, 9]
    assert np.isnan(market.returns[:10, 2]).all()
    assert np.isfinite(market.returns[10:, 2]).all()
    assert np.isfinite(market.covariance).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.permutations(range(3)), min_size=14, max_size=14), st.lists(st.integers(0, 2), max_size=6))
def test_the_order_of_bars_within_a_row_does_not_matter(orders: list[list[int]], gaps: list[int]) -> None:
    """Any order of the same bars, gaps included, ends in the same state, bit by bit."""
    prices = closes(14)
    for day, symbol in enumerate(gaps):
        prices[2 + 2 * day, symbol] = np.nan
    expected, market = MarketState(SMALL), MarketState(SMALL)
    for symbol in SYMBOLS:
        for each in (expected, market):
            each.apply_bar(bar(symbol, 100.0, NOW_NS - DAY_NS))
    for day, (row, order) in enumerate(zip(prices, orders, strict=True)):
        bars = {each.symbol: each for each in day_of_bars(row, day)}
        for each in bars.values():
            expected.apply_bar(each)
        for position in order:
            if SYMBOLS[position] in bars:
                market.apply_bar(bars[SYMBOLS[position]])
    for each in (expected, market):
        for last in day_of_bars((100.0, 100.0, 100.0), 14):
            each.apply_bar(last)
    arrays = ("variance", "forecast", "long_run", "covariance", "returns", "observations", "mean_volume")
    assert [getattr(market, name).tobytes() for name in arrays] == [
        getattr(expected, name).tobytes() for name in arrays
    ]
    assert np.array_equal(market.turbulence, expected.turbulence, equal_nan=True)


REFUSED = [
    ("bar_repeated", bar("AAA", 100.0, NOW_NS + 9 * DAY_NS)),
    ("bar_out_of_order", bar("AAA", 100.0, NOW_NS + 8 * DAY_NS)),
    ("bar_late", bar("DDD", 100.0, NOW_NS + 8 * DAY_NS)),
    ("bar_period", bar("AAA", 100.0, NOW_NS + 10 * DAY_NS, period_ns=60_000_000_000)),
    ("bar_time_jump", bar("AAA", 100.0, NOW_NS + 400 * DAY_NS)),
    ("return_beyond_bound", bar("AAA", 1000.0, NOW_NS + 10 * DAY_NS)),
]


@pytest.mark.parametrize(("reason", "bad"), REFUSED)
def test_a_refused_bar_changes_nothing(reason: str, bad: Bar) -> None:
    """Bad bars are counted by reason; estimates, prices and versions stay, only the clock may see the time."""
    market = fed(closes(10))
    before = fingerprint(market)
    market.apply_bar(bad)
    after = fingerprint(market)
    if reason == "return_beyond_bound":
        after[-6] = before[-6]  # now_ns
    assert after == before
    assert market.refused == {reason: 1}


def test_one_bad_bar_does_not_poison_what_comes_after() -> None:
    """Its return is missing from the row, the others' are there, and the next return is over the two bars."""
    prices = closes(12)
    bad = prices.copy()
    bad[10, 0] = 1e6
    market, clean = fed(bad), fed(prices)
    assert math.isnan(market.returns[-2, 0])
    assert market.returns[-1, 0] == pytest.approx(prices[11, 0] / prices[9, 0] - 1.0, abs=1e-15)
    np.testing.assert_array_equal(market.returns[:, 1:], clean.returns[:, 1:])
    assert market.variance[0] < 4e-4


def test_a_time_jump_is_believed_when_a_second_bar_agrees() -> None:
    """One bar from the far future is refused and time goes on; two that agree are a pause that has ended."""
    market, far = fed(closes(10)), NOW_NS + 400 * DAY_NS
    market.apply_bar(bar("AAA", 100.0, far))
    market.apply_bar(bar("AAA", 100.0, far))
    assert market.refused == {"bar_time_jump": 2}
    market.apply_bar(bar("BBB", 100.0, far))
    assert market.refused == {"bar_time_jump": 2}
    assert market.now_ns == far
    market = fed(closes(10))
    market.apply_bar(bar("AAA", 100.0, far))
    market.apply_bar(bar("BBB", 100.0, NOW_NS + 10 * DAY_NS))
    market.apply_bar(bar("BBB", 100.0, far))
    assert market.refused == {"bar_time_jump": 2}


def test_an_index_enters_the_covariance_only_by_bars() -> None:
    """A symbol that has bars is an instrument of its own right, whatever it is called."""
    market = MarketState(SMALL)
    for day, row in enumerate(closes(10, 2)):
        for each in day_of_bars(row, day, ("AAA", "SPX")):
            market.apply_bar(each)
    assert market.symbols == ["AAA", "SPX"]
    assert np.isfinite(market.covariance).all()


def test_the_state_is_finite_whatever_bars_say() -> None:
    """Random closes over thirty magnitudes leave finite or unknown estimates, never an infinity."""
    random, market = np.random.default_rng(9), MarketState(SMALL)
    for day in range(300):
        for each in day_of_bars(10.0 ** random.uniform(-4, 10, 3), day):
            market.apply_bar(each)
    for name in ("variance", "forecast", "long_run", "covariance", "returns", "mean_volume"):
        assert not np.isinf(getattr(market, name)).any()
    assert market.refused["return_beyond_bound"] > 500
    assert float(np.nanmax(np.abs(market.returns), initial=0.0)) <= market.config.return_max
