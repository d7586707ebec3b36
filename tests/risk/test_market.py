"""Marks: latest prices, quotes, volumes, levels and rates, and what is not taken."""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal
from math import isnan
from typing import Any

import numpy as np
import pytest

from risk.market import MarketConfig, MarketState
from schemas.market import Bar, Mark, MarkKind

DAY_NS = 86_400_000_000_000
NOW_NS = 18_000 * DAY_NS


def mark(symbol: str = "AAA", price: str | None = "100", time_ns: int = NOW_NS, **fields: Any) -> Mark:
    exact = None if price is None else Decimal(price)
    return Mark(**{"symbol": symbol, "price": exact, "event_time_ns": time_ns, "version": 1} | fields)


def quote(bid: str, ask: str, time_ns: int) -> dict[str, Any]:
    return {"bid": Decimal(bid), "ask": Decimal(ask), "quote_time_ns": time_ns}


def bar(symbol: str, close: float, end_ns: int, volume: int = 1000, period_ns: int = DAY_NS) -> Bar:
    price = Decimal(str(round(close, 6)))
    return Bar(
        symbol=symbol,
        open=price,
        high=price,
        low=price,
        close=price,
        volume=Decimal(volume),
        period_ns=period_ns,
        event_time_ns=end_ns,
    )


def fingerprint(market: MarketState) -> list[object]:
    """Everything public but the counts of refusals, byte by byte."""
    arrays = (
        market.price,
        market.bid,
        market.ask,
        market.volume,
        market.mean_volume,
        market.variance,
        market.forecast,
        market.long_run,
        market.price_time_ns,
        market.quote_time_ns,
        market.mark_version,
        market.observations,
        market.covariance,
        market.returns,
    )
    numbers = np.array([market.vix, market.turbulence])
    return [array.tobytes() for array in (*arrays, numbers)] + [
        market.version,
        market.bars_version,
        market.now_ns,
        list(market.symbols),
        dict(market.levels),
        market.vix_time_ns,
        market.turbulence_time_ns,
        market.fx("EUR", "USD"),
    ]


def test_an_unknown_symbol_has_no_index() -> None:
    """What was never seen is None, not zero."""
    market = MarketState()
    assert market.index_of("AAA") is None
    assert market.symbols == []
    assert market.covariance.shape == (0, 0)
    assert market.returns.shape == (0, 0)


def test_a_mark_sets_price_quote_volume_and_version() -> None:
    """All of a mark is to be read at the symbol's index; estimates of a symbol without bars are nan."""
    market = MarketState()
    market.apply_mark(mark(volume=Decimal(7), version=3, **quote("99.9", "100.1", NOW_NS + 5)))
    i = market.index_of("AAA")
    assert (market.price[i], market.bid[i], market.ask[i], market.volume[i]) == (100.0, 99.9, 100.1, 7.0)
    assert (market.price_time_ns[i], market.quote_time_ns[i], market.mark_version[i]) == (NOW_NS, NOW_NS + 5, 3)
    assert np.isnan([market.variance[i], market.forecast[i], market.mean_volume[i], market.covariance[i, i]]).all()
    assert market.observations[i] == 0
    assert (market.version, market.bars_version, market.now_ns) == (1, 0, NOW_NS + 5)


def test_a_quote_without_a_price_leaves_the_price() -> None:
    """A quote-only mark moves bid and ask; the price keeps its value and its age."""
    market = MarketState()
    market.apply_mark(mark())
    market.apply_mark(mark(price=None, **quote("98", "99", NOW_NS + 10)))
    assert (market.price[0], market.price_time_ns[0]) == (100.0, NOW_NS)
    assert (market.bid[0], market.quote_time_ns[0]) == (98.0, NOW_NS + 10)


def test_a_price_without_a_quote_leaves_the_quote() -> None:
    """A trade-only mark moves the price; bid and ask keep their value and their age."""
    market = MarketState()
    market.apply_mark(mark(**quote("99", "101", NOW_NS)))
    market.apply_mark(mark(price="102", time_ns=NOW_NS + 10))
    assert (market.price[0], market.bid[0], market.quote_time_ns[0]) == (102.0, 99.0, NOW_NS)


@pytest.mark.parametrize(
    ("reason", "bad"),
    [
        ("mark_older", mark(price="101", time_ns=NOW_NS - 1)),
        ("mark_older", mark(price=None, **quote("99", "101", NOW_NS - 1))),
        ("mark_older", mark("VIX", "30", NOW_NS - 1, kind=MarkKind.INDEX)),
        ("mark_older", mark("EUR/USD", "2", NOW_NS - 1, kind=MarkKind.FX)),
        ("price_invalid", mark(price="0")),
        ("price_invalid", mark("NEW", "-5")),
        ("price_invalid", mark("VIX", "0", kind=MarkKind.INDEX)),
        ("price_missing", mark("VIX", None, kind=MarkKind.INDEX)),
        ("quote_invalid", mark(**quote("101", "100", NOW_NS))),
        ("quote_invalid", mark(**quote("0", "100", NOW_NS))),
        ("volume_invalid", mark(volume=Decimal(-1))),
    ],
)
def test_a_refused_mark_changes_nothing(reason: str, bad: Mark) -> None:
    """Bad or older marks are counted by reason, and are nowhere else to be seen."""
    market = MarketState()
    market.apply_mark(mark(**quote("99", "101", NOW_NS)))
    market.apply_mark(mark("VIX", "15", kind=MarkKind.INDEX))
    market.apply_mark(mark("EUR/USD", "1.1", kind=MarkKind.FX))
    before = fingerprint(market)
    market.apply_mark(bad)
    assert fingerprint(market) == before
    assert market.refused == {reason: 1}


def test_indices_are_levels_and_no_instruments() -> None:
    """VIX and other levels are read by symbol and take no place in the arrays."""
    market = MarketState()
    assert isnan(market.vix)
    market.apply_mark(mark("VIX", "21.5", kind=MarkKind.INDEX))
    market.apply_mark(mark("SPX", "4000", NOW_NS + 1, kind=MarkKind.INDEX))
    assert (market.vix, market.vix_time_ns) == (21.5, NOW_NS)
    assert market.levels["SPX"] == (4000.0, NOW_NS + 1)
    assert market.symbols == []


def test_exchange_rates_go_both_ways() -> None:
    """A rate serves both directions with its own time; equal currencies need none; the unknown is None."""
    market = MarketState()
    market.apply_mark(mark("EUR/USD", "1.25", NOW_NS, kind=MarkKind.FX))
    market.apply_mark(mark("AAA", "1", NOW_NS + 9))
    assert market.fx("EUR", "USD") == (1.25, NOW_NS)
    assert market.fx("USD", "EUR") == (0.8, NOW_NS)
    assert market.fx("CHF", "CHF") == (1.0, NOW_NS + 9)
    assert market.fx("USD", "CHF") is None
    market.apply_mark(mark("USD/EUR", "0.5", NOW_NS + 1, kind=MarkKind.FX))
    assert market.fx("EUR", "USD") == (2.0, NOW_NS + 1)


def test_arrays_grow_and_stay_aligned() -> None:
    """A hundred symbols keep their index and their values while the arrays grow."""
    market = MarketState()
    for number in range(100):
        market.apply_mark(mark(f"S{number}", str(number + 1)))
    assert market.price.tolist() == [number + 1.0 for number in range(100)]
    assert [market.index_of(symbol) for symbol in market.symbols] == list(range(100))
    assert market.covariance.shape == (100, 100)
    assert market.returns.shape == (0, 100)


def test_readers_cannot_write() -> None:
    """What is handed out is read-only."""
    market = MarketState()
    market.apply_mark(mark())
    for array in (market.price, market.variance, market.mark_version, market.covariance):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 1


def test_volume_is_what_was_traded_since_the_last_bar() -> None:
    """A bar sets it to zero, and a mark from before that bar does not bring its volume back."""
    market = MarketState()
    market.apply_mark(mark(volume=Decimal(500)))
    assert market.volume[0] == 500.0
    market.apply_bar(bar("AAA", 100.0, NOW_NS + 10))
    assert market.volume[0] == 0.0
    market.apply_mark(mark(time_ns=NOW_NS + 9, volume=Decimal(600)))
    assert market.volume[0] == 0.0
    market.apply_mark(mark(time_ns=NOW_NS + 11, volume=Decimal(20)))
    assert market.volume[0] == 20.0


def test_marks_never_feed_estimates() -> None:
    """However wild prices are between bars, variance and covariance come from bars alone."""
    calm, wild = MarketState(), MarketState()
    for day in range(80):
        for market in (calm, wild):
            market.apply_bar(bar("AAA", 100.0 + day % 3, NOW_NS + day * DAY_NS))
        wild.apply_mark(mark(price=str(1 + day * 1000), time_ns=NOW_NS + day * DAY_NS + 1))
    assert wild.variance.tobytes() == calm.variance.tobytes()
    assert wild.covariance.tobytes() == calm.covariance.tobytes()


@pytest.mark.parametrize(
    "bad",
    [
        {"observations_min": 1},
        {"gap_max": -1},
        {"lambda_volatility": 1.0},
        {"garch_alpha": 0.5},
        {"return_max": 0.0},
        {"history": 0},
        {"turbulence_shrinkage": 1.0},
        {"volume_half_life": 0.0},
    ],
)
def test_settings_outside_their_range_make_no_market(bad: dict[str, Any]) -> None:
    """A wrong setting shows at the start, before any data."""
    with pytest.raises(ValueError, match="`"):
        MarketState(MarketConfig(**bad))


def test_a_copy_shows_its_own_columns() -> None:
    """A market that was pickled or copied goes on by itself: its arrays follow its marks, and no other's."""
    market = MarketState()
    market.apply_mark(mark())
    for other in (pickle.loads(pickle.dumps(market)), copy.deepcopy(market)):  # noqa: S301 - made here
        other.apply_mark(mark(price="101", time_ns=NOW_NS + 1))
        assert (other.price[0], market.price[0]) == (101.0, 100.0)
