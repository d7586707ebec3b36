"""The analysis of the market beside the decisions: when it is renewed, and what it is of."""

from __future__ import annotations

import numpy as np
import pytest

from risk.background import Inline
from risk.market import MarketState
from risk.market_analysis import PAUSE_NS, REFRESH_NS, MarketAnalysis
from risk.measures.absorption import absorption_ratio
from risk.measures.analysis import analyse
from risk.measures.arch_lm import arch_lm
from risk.measures.correlation_change import correlation_change
from tests.risk.world import BARS, DAY_NS, NOW_NS, START_NS, bar, calm_market

RANDOM = np.random.default_rng(5)


def returns(rows: int, symbols: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return 0.01 * RANDOM.normal(size=(rows, symbols))


def test_it_is_what_the_measures_say_of_the_complete_rows() -> None:
    """Gaps leave rows out of the joint measures, and values out of a symbol's own."""
    full = returns(300, 4)
    gappy = full.copy()
    gappy[10, 2] = gappy[200, 0] = np.nan
    rows = np.delete(full, [10, 200], axis=0)
    found = analyse(gappy)
    assert found.correlation_break == pytest.approx(correlation_change(rows[-60:], rows[:-60]).standardised, rel=1e-12)
    assert found.absorption == pytest.approx(absorption_ratio(np.cov(rows, rowvar=False)), rel=1e-12)
    assert found.clustering.tolist() == [arch_lm(column[~np.isnan(column)]).statistic for column in gappy.T]
    assert np.isnan(found.clustering_of(4))


def test_it_does_not_wait_where_there_was_too_little() -> None:
    """Bars that come after an analysis of too few are analysed at once, and only then is there a pause."""
    market, measure = MarketState(), MarketAnalysis()
    inline, known = Inline([measure], market), []
    for day in range(151):
        for symbol, step in (("AAA", 3), ("BBB", 7)):
            market.apply_bar(bar(symbol, 100.0 + day * step % 5, START_NS + day * DAY_NS))
        if day in {50, 149}:
            inline.run(NOW_NS)
            known.append(not np.isnan(market.analysis.correlation_break))
    assert known == [False, True]
    assert measure.due(market, NOW_NS) is None


def test_too_little_is_not_known() -> None:
    """Fewer than 100 rows say nothing; a newcomer leaves the others' measures as they are."""
    assert np.isnan([*analyse(returns(99, 3))[:2], *analyse(returns(99, 3)).clustering]).all()
    old = returns(300, 3)
    young = np.column_stack([old, np.concatenate([np.full(250, np.nan), returns(50, 1)[:, 0]])])
    assert analyse(young)[:2] == analyse(old)[:2]
    assert np.isnan(analyse(young).clustering[3])


def test_a_symbol_that_stopped_moving_stands_aside() -> None:
    """A column without variance can't be correlated: it is left out, and has no test of its own."""
    live = returns(300, 3)
    found = analyse(np.column_stack([live, np.zeros(300)]))
    assert found[:2] == analyse(live)[:2]
    assert np.isnan(found.clustering[3])


def test_a_market_of_one_has_nothing_that_could_break() -> None:
    """0 with enough of a history, not known without."""
    assert analyse(returns(100, 1))[:2] == (0.0, 0.0)
    assert np.isnan(analyse(returns(20, 1))[:2]).all()


def test_of_many_symbols_a_core_stands_for_the_market() -> None:
    """Thirty of forty, those with the longest histories, so that recent rows outnumber them."""
    full = returns(200, 40)
    gappy = full.copy()
    gappy[:20, :10] = np.nan
    assert analyse(gappy)[:2] == analyse(full[:, 10:])[:2]


def test_it_is_renewed_with_bars_and_with_time() -> None:
    """After new bars, at most once a second; without any, once an hour."""
    market, measure = calm_market(), MarketAnalysis()
    Inline([measure], market).run(NOW_NS)
    assert market.analysis.time_ns == NOW_NS
    assert measure.due(market, NOW_NS + REFRESH_NS - 1) is None
    for symbol in tuple(market.symbols[:4]):
        market.apply_bar(bar(symbol, 100.0, START_NS + (BARS + 1) * DAY_NS))
    assert measure.due(market, NOW_NS + PAUSE_NS - 1) is None
    assert measure.due(market, NOW_NS + PAUSE_NS) is not None
    assert measure.due(market, NOW_NS + PAUSE_NS + REFRESH_NS) is not None
    assert MarketAnalysis().due(MarketState(), NOW_NS) is None


@pytest.mark.parametrize("rows", [0, 1, 30, 61, 500])
def test_any_number_of_rows_is_an_answer(rows: int) -> None:
    """Also none at all, and rows without a value."""
    analyse(returns(rows, 3))
    analyse(np.full((rows, 3), np.nan))
    analyse(np.zeros((rows, 0)))
