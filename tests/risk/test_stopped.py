"""A symbol whose bars stop is not traded on what they once said."""

from __future__ import annotations

import numpy as np

from risk.background import Inline
from risk.market import MarketState
from risk.stopped import StoppedSymbols
from schemas.decisions import Decision
from schemas.reasons import Reason
from tests.risk.test_market_bars import SMALL, closes, day_of_bars
from tests.risk.world import BARS, DAY_NS, START_NS, SYMBOLS, World, bar, mark


def stopping(days: int, rows: int = 20, again: int | None = None) -> MarketState:
    """CCC has bars for ``rows`` days and, if at all, from day ``again`` on."""
    market = MarketState(SMALL)
    prices = closes(days)
    prices[rows:again, 2] = np.nan
    for day, row in enumerate(prices):
        for each in day_of_bars(row, day):
            market.apply_bar(each)
    return market


def test_estimates_are_there_up_to_the_bound_and_not_beyond_it() -> None:
    """Five missed rows are borne, the sixth takes back all that the bars of the symbol said; the others' stays."""
    borne, gone = stopping(25), stopping(26)
    assert borne.stopped == frozenset()
    assert np.isfinite(borne.covariance).all()
    assert gone.stopped == {"CCC"}
    assert gone.refused == {"symbol_stopped": 1}
    for name in ("variance", "forecast", "long_run"):
        assert np.isnan(getattr(gone, name)).tolist() == [False, False, True]
    assert np.isnan(gone.covariance).tolist() == [[False, False, True]] * 2 + [[True] * 3]
    assert gone.bar_time_ns[2] < gone.bar_time_ns[0] == gone.bar_time_ns[1]


def test_it_is_counted_and_told_once_and_once_more_when_it_stops_again() -> None:
    """One notice a stop, however often it is asked for."""
    market = stopping(30)
    measures = Inline([StoppedSymbols()], market)
    assert [notice.text.split(" ")[0] for notice in measures.run(1)] == ["CCC"]
    assert measures.run(2) == []
    assert market.refused["symbol_stopped"] == 1


def test_it_comes_back_with_its_bars() -> None:
    """One believed bar, and its estimates are those that the same bars give without a stop in between."""
    market = stopping(40, again=30)
    assert market.stopped == frozenset()
    assert np.isfinite(market.covariance).all()
    assert np.isfinite(market.variance).all()
    assert market.bar_time_ns[2] == market.bar_time_ns[0]


def test_bars_that_are_not_believed_do_not_keep_a_symbol_alive() -> None:
    """A feed that delivers nonsense row after row has stopped delivering."""
    market = stopping(20)
    for day, row in enumerate(closes(27)[20:], 20):
        for each in day_of_bars((row[0], row[1], 10.0 ** (day % 2 * 6 - 2)), day):
            market.apply_bar(each)
    assert market.stopped == {"CCC"}


def test_orders_in_a_stopped_symbol_are_refused_and_those_beside_it_are_not() -> None:
    """Fresh marks do not help: layers 3, 5 and 8 refuse, each with its reason."""
    world = World()
    market = world.engine.market
    for day in range(BARS, BARS + 60):
        for symbol in ("AAA", "BBB", "CCC"):
            market.apply_bar(bar(symbol, 100.0 + day % 3, START_NS + day * DAY_NS))
    world.now_ns = START_NS + (BARS + 60) * DAY_NS
    for symbol in SYMBOLS:
        market.apply_mark(mark(symbol, 100.0, world.now_ns, 2))
    world.refresh()
    refused = world.judge(world.order("DDD"))
    assert [reasons(refused)[layer] for layer in (3, 5, 8)] == [
        Reason.CORRELATION_UNAVAILABLE,
        Reason.VAR_UNAVAILABLE,
        Reason.VOLATILITY_MISSING,
    ]
    assert {reasons(world.judge(world.order("AAA"))).get(layer) for layer in (3, 5, 8)} == {None}


def reasons(decision: Decision) -> dict[int, Reason | None]:
    return {layer.layer: layer.reason for layer in decision.layers}
