"""Prices near zero, or across it, make no return that is infinite or absurd; what is refused is counted by reason."""

from __future__ import annotations

from decimal import Decimal
from math import isfinite, isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.estimators.garman_klass import GarmanKlass
from risk.estimators.parkinson import Parkinson
from risk.estimators.ranges import Ohlc, RangeEstimator
from risk.estimators.sampler import BASE_SHARE_MIN, PRICE_MIN, ReturnSampler
from risk.estimators.yang_zhang import YangZhang
from risk.market import MarketConfig, MarketState
from schemas.market import Bar
from tests.risk.test_market import DAY_NS, NOW_NS
from tests.risk.test_market import bar as exact_bar
from tests.risk.world import instrument

BOUND = 0.5
#: Of all magnitudes, of either sign, and zero.
PRICES = st.builds(lambda sign, power: sign * 10.0**power, st.sampled_from((-1.0, 1.0, 1.0, 0.0)), st.floats(-320, 15))
NEAR_ZERO, ACROSS = "price_near_zero", "return_across_zero"
BEYOND, UNDEFINED = "return_beyond_bound", "return_undefined"


def tiny(symbol: str, price: str, day: int) -> Bar:
    close = Decimal(price)
    prices = dict.fromkeys(("open", "high", "low", "close"), close)
    return Bar(symbol=symbol, volume=Decimal(1), period_ns=DAY_NS, event_time_ns=NOW_NS + day * DAY_NS, **prices)


@given(st.booleans(), st.lists(PRICES | st.floats(90.0, 110.0), max_size=40))
def test_whatever_the_closes_a_return_is_bounded_or_none(negative: bool, closes: list[float]) -> None:
    """And its base was no price that is nearly zero."""
    sampler = ReturnSampler(BOUND, gap_max=3, negative=negative)
    for row, close in enumerate(closes):
        largest = sampler.largest
        base = sampler.close if isnan(sampler.doubted) else None
        value, refusal = sampler.update(close, row)
        assert isnan(value) or abs(value) <= BOUND
        assert isnan(value) or refusal is None
        if base is not None and not isnan(value):
            assert abs(base) >= PRICE_MIN
            assert not negative or abs(base) > BASE_SHARE_MIN * largest


@pytest.mark.parametrize(
    ("negative", "closes", "refusals"),
    [
        (False, [100.0, 1e-12, 1e-12, 5e-324, 101.0], [None, NEAR_ZERO, NEAR_ZERO, NEAR_ZERO, None]),
        (False, [100.0, 1e-6, 100.0], [None, BEYOND, None]),
        (False, [2e-9, 2.1e-9], [None, None]),
        (True, [20.0, -1e-12, 20.5], [None, NEAR_ZERO, None]),
        (True, [20.0, -20.0, 20.5], [None, ACROSS, None]),
        (True, [20.0, -20.0, -20.5], [None, ACROSS, None]),
        (True, [0.0, 0.1], [None, BEYOND]),
        (True, [20.0, 0.1, 0.11, 0.15, 9.0, 1e6], [None, BEYOND, UNDEFINED, UNDEFINED, UNDEFINED, BEYOND]),
        (True, [20.0, 0.1, 0.11, 1e6, 0.12], [None, BEYOND, UNDEFINED, BEYOND, UNDEFINED]),
    ],
)
def test_each_refusal_has_its_reason(negative: bool, closes: list[float], refusals: list[str | None]) -> None:
    """After a base near zero the distance decides, and a bad print there is not believed."""
    sampler = ReturnSampler(BOUND, gap_max=3, negative=negative)
    assert [sampler.update(close, row).refusal for row, close in enumerate(closes)] == refusals


def test_a_base_near_zero_is_forgotten_with_the_prices_that_made_it() -> None:
    """A future that stays at a hundredth of its price has returns again after some hundred bars."""
    sampler = ReturnSampler(BOUND, gap_max=3, negative=True)
    closes = [100.0, 0.5, 0.51, *(0.5 + 0.001 * (row % 2) for row in range(500))]
    values = [sampler.update(close, row).value for row, close in enumerate(closes)]
    assert np.isnan(values[:50]).all()
    assert np.isfinite(values[-300:]).all()


def test_prices_that_sink_to_nothing_stop_the_symbol() -> None:
    """They are counted, in no estimate, and no volatility is known any more once too many rows were missed."""
    market = MarketState(MarketConfig())
    market.define(instrument("AAA"))
    for day in range(60):
        price = "0.000000000001" if day >= 50 else str(100 + day % 3)
        market.apply_bar(tiny("AAA", price, day))
        market.apply_bar(exact_bar("BBB", 100.0 + day % 3, NOW_NS + day * DAY_NS))
        assert not np.isinf(market.returns).any()
        assert np.nanmax(np.abs(market.returns), initial=0.0) < 0.03
        assert not np.isinf(market.variance).any()
    assert market.refused == {NEAR_ZERO: 10, "symbol_stopped": 1}
    assert market.stopped == {"AAA"}
    assert np.isnan(market.variance[0])


@pytest.mark.parametrize("kind", [Parkinson, GarmanKlass, YangZhang])
@given(levels=st.lists(st.tuples(PRICES, st.floats(1.0, 3.0), st.floats(1.0, 3.0)), max_size=30))
def test_ranges_stay_finite(kind: type[RangeEstimator], levels: list[tuple[float, float, float]]) -> None:
    """Bars at any level: a variance is unknown, or that of ranges within the bound."""
    estimator = kind(window=5, return_max=BOUND)
    for day, (low, up, span) in enumerate(levels):
        close, high = low * min(up, span), low * max(up, span)
        estimator.update(Ohlc(low, high, low, close, day))
        assert isnan(estimator.variance) or 0.0 <= estimator.variance < 1.0
    assert all(isfinite(count) for count in estimator.refused.values())
