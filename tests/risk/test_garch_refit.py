"""GARCH parameters are renewed beside the decisions, and only by fits that can be believed."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pytest
from arch.data import sp500

from risk.background import Inline
from risk.estimators.garch import GarchParameters, last_variances
from risk.garch_ladder import Fit, Last, Model, fit, ladder
from risk.garch_refit import GarchRefit
from risk.market import MarketConfig, MarketState
from tests.risk.world import DAY_NS, NOW_NS, START_NS, SYMBOLS, bar

BARS = 300
GOOD = GarchParameters(alpha=0.08, beta=0.9, omega=2e-6)
NORMAL = (Model(),)
#: Any forecast may follow.
ANY = Last(1e-4, 1e9)


def market() -> MarketState:
    """Two symbols whose returns are those of the S&P 500 from 2010 on, one a day ahead of the other."""
    state = MarketState(MarketConfig(garch_observations_min=250))
    feed(state, range(BARS))
    return state


def feed(state: MarketState, days: range, symbols: tuple[str, ...] = ("AAA", "BBB")) -> None:
    for day in days:
        for symbol in symbols:
            state.apply_bar(bar(symbol, price(symbol, day), START_NS + day * DAY_NS))


@cache
def closes() -> list[float]:
    found: list[float] = sp500.load()["Adj Close"].loc["2010":].tolist()
    return found


def price(symbol: str, day: int) -> float:
    return 0.1 * closes()[day + ord(symbol[0]) - ord("A")]


def test_a_refit_goes_on_from_the_history_under_the_new_parameters() -> None:
    """Parameters are those that arch finds in the history; the forecast is what they make of it, and so is the next."""
    state = market()
    before = state.forecast.copy()
    assert Inline([GarchRefit()], state).run(NOW_NS) == []
    for index in range(2):
        found = fit(state.returns[:, index], ANY, NORMAL)
        assert found.parameters is not None
        expected = last_variances(state.returns[:, index], found.parameters)[1]
        assert state.forecast[index] == expected != before[index]
    feed(state, range(BARS, BARS + 1))
    found = fit(state.returns[:-1, 0], ANY, NORMAL)
    assert found.parameters is not None
    assert state.forecast[0] == pytest.approx(last_variances(state.returns[:, 0], found.parameters)[1], rel=1e-12)


def test_the_time_of_a_fit_is_when_it_was_asked_for_and_only_if_it_was_taken() -> None:
    """Never fitted is 0; a fit that is refused leaves the time of the one before it, so that it grows old."""
    state, measure = market(), GarchRefit()
    assert state.garch_time_ns.tolist() == [0, 0]
    measure.due(state, NOW_NS)
    measure.accept(state, [Fit(GOOD), Fit(None, error="no")], NOW_NS + 5)
    assert state.garch_time_ns.tolist() == [NOW_NS, 0]
    feed(state, range(BARS, BARS + 21))
    measure.due(state, NOW_NS + 9)
    measure.accept(state, [Fit(None, error="no"), Fit(GOOD)], NOW_NS + 9)
    assert state.garch_time_ns.tolist() == [NOW_NS, NOW_NS + 9]


def test_a_row_that_is_taken_again_is_filtered_by_the_new_parameters() -> None:
    """A symbol that comes late to the last row after a refit leaves the state that it would have left in time."""
    late, in_time = market(), market()
    feed(late, range(BARS, BARS + 1), symbols=("AAA",))
    feed(in_time, range(BARS, BARS + 1), symbols=("AAA",))
    late.refit_garch(0, GOOD, "GARCH normal", NOW_NS)
    feed(in_time, range(BARS, BARS + 1), symbols=("XXX", "BBB"))
    in_time.refit_garch(0, GOOD, "GARCH normal", NOW_NS)
    feed(late, range(BARS, BARS + 1), symbols=("XXX", "BBB"))
    np.testing.assert_allclose(late.forecast, in_time.forecast, rtol=1e-14)


def asked(measure: GarchRefit, state: MarketState) -> int:
    """How many symbols a job would fit, all of which are then taken as fitted."""
    job = measure.due(state, NOW_NS)
    if job is None:
        return 0
    measure.accept(state, [Fit(None, error="no")] * len(job.arguments[0]), NOW_NS)
    return len(job.arguments[0])


def test_it_is_asked_for_on_schedule_and_when_a_symbol_becomes_stressed() -> None:
    """After 21 new bars all symbols; in between only one whose regime turned to stressed, and that once."""
    state, measure = market(), GarchRefit()
    assert [asked(measure, state), asked(measure, state)] == [2, 0]
    state.apply_bar(bar("AAA", 0.75 * price("AAA", BARS), START_NS + BARS * DAY_NS))
    state.apply_bar(bar("BBB", price("BBB", BARS), START_NS + BARS * DAY_NS))
    assert state.regime.tolist() == [2, 0]
    assert [asked(measure, state), asked(measure, state)] == [1, 0]
    feed(state, range(BARS + 1, BARS + 25), symbols=("CCC", "BBB"))
    assert asked(measure, state) == 1


def test_a_job_has_a_bound_and_the_rest_has_its_turn() -> None:
    """One symbol a job, in turn, or all at once without a bound."""
    state, measure = market(), GarchRefit(symbols_max=1)
    assert [asked(measure, state) for _ in range(3)] == [1, 1, 0]
    assert asked(GarchRefit(symbols_max=None), state) == 2


def test_a_job_that_failed_is_asked_for_again_after_the_others() -> None:
    """What was not answered was not fitted; it holds up no other symbol."""
    state, measure = market(), GarchRefit(symbols_max=1)
    first, second, third = (measure.due(state, NOW_NS) for _ in range(3))
    assert first is not None
    assert second is not None
    assert third is not None
    assert not np.array_equal(first.arguments[0][0], second.arguments[0][0], equal_nan=True)
    assert np.array_equal(first.arguments[0][0], third.arguments[0][0], equal_nan=True)


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (Fit(None, error="the fit did not converge (code 4)"), "did not converge"),
        (Fit(GOOD._replace(beta=0.93)), "expected `alpha`, `beta`, `alpha` \\+ `gamma` >= 0"),
        (Fit(GOOD._replace(beta=0.9199)), "persistence would be 0.999900"),
        (Fit(GOOD._replace(omega=1e-3)), "would change by the factor"),
        (Fit(GOOD._replace(omega=0.0)), "`omega` is 0.0"),
    ],
)
def test_what_can_not_be_believed_leaves_the_parameters_and_is_told(result: Fit, words: str) -> None:
    """Not converged, not stationary, nearly not, or a jump of the forecast: the old parameters stay, with a notice."""
    state, measure = market(), GarchRefit()
    measure.due(state, NOW_NS)
    before = state.forecast.copy()
    notices = measure.accept(state, [result, Fit(GOOD)], NOW_NS)
    assert [notice.name for notice in notices] == ["garch_refit"]
    assert re.search(words, notices[0].text), notices[0].text
    assert notices[0].text.startswith("GARCH of AAA stays as it was: ")
    assert state.forecast[0] == before[0]
    assert state.forecast[1] != before[1]


def test_what_can_not_be_fitted_says_so() -> None:
    """A series that never moves has no likelihood to speak of, by no model."""
    found = fit(np.zeros(300), ANY, ladder("normal", leverage=False))
    assert found.parameters is None
    assert found.error.count("its returns do not vary") == 3


def test_never_means_never() -> None:
    """With ``garch_refit_bars`` of 0 the parameters of the settings stay."""
    state = MarketState(MarketConfig(garch_refit_bars=0))
    feed(state, range(BARS))
    assert GarchRefit().due(state, NOW_NS) is None
    assert set(SYMBOLS) >= set(state.symbols)
