"""The backtest of an account's VaR: forecast in the morning, compared at night, in the journal; and what it costs."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from risk.estimators.residuals import standardised
from risk.measures.var import historical_var_es
from risk.state import encode_state
from risk.var_comparison import result
from schemas.decisions import Decision
from schemas.records import DayRolled
from streams.journal import Cursor
from streams.projections import project
from streams.reader import Entry
from tests.risk.test_backtest_zones import tracked
from tests.risk.world import DAY_NS, World, calm_market

KEYS = [(method, level) for method in ("filtered_historical", "parametric_normal") for level in (0.99, 0.95, 0.975)]


def next_day(world: World, price: float) -> DayRolled:
    """The close at a price; the record by which the day after begins."""
    world.now_ns += DAY_NS - 3_000_000_000
    world.confirm("AAA", price)
    return next(body for body in world.sweep() if isinstance(body, DayRolled))


def test_a_forecast_is_compared_with_the_day_it_was_made_for() -> None:
    """An empty book has no forecast to compare; then each roll says whether the day lost more, and forecasts anew."""
    world = World()
    world.fill("AAA", quantity=5000)
    first = next_day(world, 100.0)
    book = world.engine.book(world.engine.state.accounts["acc"])
    expected, _ = historical_var_es(book.history[~np.isnan(book.history)], 0.99)
    assert (first.exceeded, first.observations, first.zone) == (None, 0, "")
    assert first.value_at_risk == pytest.approx(expected)
    calm = next_day(world, 99.9)
    assert (calm.exceeded, calm.exceptions, calm.observations) == (False, 0, 1)
    crash = next_day(world, 90.0)
    assert (crash.exceeded, crash.exceptions, crash.observations) == (True, 1, 2)
    assert (crash.method, crash.confidence) == ("filtered_historical", 0.99)


def test_the_window_is_a_fold() -> None:
    """Another engine that applies the same records has the same window, forecast and scale."""
    world, other = World(), World()
    world.fill("AAA", quantity=5000)
    for price in (99.0, 95.0, 96.0):
        next_day(world, price)
    other.engine.state = type(other.engine.state)()
    for body in world.records:
        other.engine.apply(body)
    assert encode_state(other.engine.state) == encode_state(world.engine.state)
    backtest = world.engine.state.accounts["acc"].backtest
    assert [(each.method, each.confidence) for each in backtest.trackers] == KEYS
    own = backtest.tracker("filtered_historical", 0.99)
    assert (own.days, own.exceptions, own.exceeded) == (2, 1, False)


def test_every_method_and_level_is_tested_by_itself() -> None:
    """Each day's P&L is held against the VaR and ES of its own method and level, and the record has all verdicts."""
    world = World()
    world.fill("AAA", quantity=5000)
    next_day(world, 100.0)
    before = next_day(world, 99.9)
    crash = next_day(world, 98.0)
    assert [(each.method, each.confidence) for each in before.forecasts] == KEYS
    book_value = before.equity
    for forecast, verdict in zip(before.forecasts, crash.backtests, strict=True):
        assert (verdict.method, verdict.confidence) == (forecast.method, forecast.confidence)
        assert verdict.exceeded == (book_value - crash.equity > forecast.value_at_risk)
        assert verdict.observations == 2
    assert {verdict.exceeded for verdict in crash.backtests} == {True, False}, "levels tell days apart"


def test_a_tracker_begins_anew_with_its_level() -> None:
    """When the account's level changes, the counts of the old one do not become those of the new one."""
    world = World()
    world.fill("AAA", quantity=5000)
    for price in (100.0, 99.0, 98.0):
        next_day(world, price)
    account = world.engine.state.accounts["acc"]
    account.limits = msgspec.structs.replace(account.limits, var_confidence_min=0.96)
    rolled = next_day(world, 97.0)
    assert (rolled.confidence, rolled.observations, rolled.scale) == (0.96, 0, 1.0)
    assert (rolled.forecasts[0].confidence, len(rolled.forecasts)) == (0.96, 8)


def test_the_projection_of_a_day_is_a_backtest_of_each_model() -> None:
    """Each verdict of a day goes out under the record's id and its place; a day without one does not."""
    verdicts = tuple(result(msgspec.structs.replace(tracked(10), confidence=level)) for level in (0.99, 0.95))
    rolled = DayRolled(account_id="a", day=3, equity=1.0, backtests=verdicts, event_time_ns=5)
    entry = Entry(1, 7, 9, 0, rolled, b"", Cursor())
    projected = list(project(entry))
    assert {topic.name for topic, _ in projected} == {"backtests"}
    events = [msgspec.structs.asdict(event) for _, event in projected]
    assert [event["backtest_id"] for event in events] == ["1-9-0", "1-9-1"]
    for event, verdict in zip(events, verdicts, strict=True):
        assert event.items() >= msgspec.structs.asdict(verdict).items()
    assert events[0]["kupiec_p"] < 0.05
    assert not list(project(entry._replace(body=msgspec.structs.replace(rolled, backtests=()))))


def test_scenarios_are_standardised_returns_at_todays_volatility() -> None:
    """Each row is r_s / sigma_s * sigma_now with sigma by a plain loop of the EWMA, to 1e-9."""
    market = calm_market()
    returns, filtered = market.returns[:, 0], market.filtered[:, 0]
    lam, weight, mean, path = 0.94, 0.0, 0.0, []
    for value in returns:
        path.append(mean)
        weight = lam * weight + 1.0 - lam
        mean += (1.0 - lam) / weight * (value**2 - mean)
    expected = returns[100:] / np.sqrt(path[100:]) * np.sqrt(mean)
    np.testing.assert_allclose(filtered[100:], expected, rtol=1e-9)


def test_the_first_returns_of_a_symbol_are_no_scenarios() -> None:
    """A volatility from a handful of returns standardises nothing; a stale price's does not explode."""
    few = standardised(np.array([0.01]), np.array([1e-4]), np.array([1e-4]), np.array([19]))
    assert np.isnan(few).all()
    stale = standardised(np.array([0.01]), np.array([1e-12]), np.array([1e-4]), np.array([20]))
    assert stale[0] == pytest.approx(10.0)
    assert np.isnan(standardised(np.array([0.01]), np.array([0.0]), np.array([0.0]), np.array([20]))).all()


def test_an_order_with_scenarios_measures_as_a_rebuild_would() -> None:
    """The one-pass VaR of an order over filtered scenarios equals that of the book with the order in it."""
    world = World()
    world.fill("BBB", quantity=700)
    world.sweep()
    decision = world.judge(world.order("AAA", quantity=300))
    assert isinstance(decision, Decision)
    book = world.engine.book(world.engine.state.accounts["acc"])
    outcomes = world.engine.market.filtered @ book.exposure
    var, _ = historical_var_es(outcomes[~np.isnan(outcomes)], 0.99)
    measure = next(check.measure for check in decision.layers[4].checks if check.name == "var_filtered_historical")
    assert measure == pytest.approx(var / book.equity, rel=1e-9)
