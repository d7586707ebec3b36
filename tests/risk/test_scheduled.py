"""How far the measures beside the decisions are."""

from __future__ import annotations

from risk.market import MarketState
from risk.measures.analysis import Analysis
from risk.scheduled import measured
from tests.risk.world import DAY_NS, NOW_NS, SYMBOLS, bar, calm_market, refitted_market


def test_a_symbol_is_measured_once_all_of_it_is_known() -> None:
    """Fitted where fits are made, simulated and tested; one that came later is not."""
    market = calm_market()
    assert measured(market) == len(SYMBOLS)
    market.apply_bar(bar("NEW", 100.0, NOW_NS + DAY_NS))
    assert len(market.symbols) == len(SYMBOLS) + 1
    assert measured(market) == len(SYMBOLS)


def test_what_is_missing_counts() -> None:
    """Without a fit, a simulation, or correlations of the market, no symbol is measured."""
    assert measured(MarketState()) == 0
    assert measured(refitted_market(0)) == 0
    assert measured(refitted_market(NOW_NS)) == len(SYMBOLS)
    market = calm_market()
    known = market.simulated.known.copy()
    known[0] = False
    market.take_simulated(market.simulated._replace(known=known))
    assert measured(market) == len(SYMBOLS) - 1
    market.take_analysis(Analysis())
    assert measured(market) == 0
