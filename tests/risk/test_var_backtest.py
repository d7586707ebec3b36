"""The backtest of an account's VaR: forecast in the morning, compared at night, in the journal; and what it costs."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from risk.estimators.residuals import standardised
from risk.measures.var import historical_var_es
from risk.state import encode_state
from risk.var_backtest import judged
from schemas.decisions import Decision
from schemas.records import DayRolled
from streams.journal import Cursor
from streams.projections import project
from streams.reader import Entry
from tests.risk.world import DAY_NS, LOOSE, World, calm_market


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
    assert (first.exceeded, first.observations, first.zone) == (None, 0, "insufficient")
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
    assert world.engine.state.accounts["acc"].backtest.exceeded == [True, False]


@pytest.mark.parametrize(
    ("exceptions", "zone", "scale"),
    [(0, "green", 1.0), (4, "green", 1.0), (5, "yellow", 1.5 / 1.7), (9, "yellow", 1.5 / 1.92), (10, "red", 0.75)],
)
def test_the_scale_is_the_green_multiplier_over_the_present_one(exceptions: int, zone: str, scale: float) -> None:
    """FRTB's table (MAR99): 1.50 up to 4 exceptions in 250 days at 99 %, 2.00 from 10 on."""
    assert judged(exceptions, 250, 0.99) == (zone, pytest.approx(scale))


def test_a_red_zone_shrinks_the_limits_of_layer_5() -> None:
    """VaR and ES limits are those of the preset times the scale of the backtest, and the check shows it."""
    world = World(msgspec.structs.replace(LOOSE, var_max=0.04, historical_var_max=0.08, expected_shortfall_max=0.2))
    world.fill("AAA", quantity=1000)
    world.sweep()
    account = world.engine.state.accounts["acc"]
    world.engine.apply(
        DayRolled(
            account_id="acc",
            day=account.day,
            equity=account.start_of_day_equity,
            zone="red",
            scale=0.75,
            event_time_ns=world.now_ns,
        )
    )
    decision = world.judge(world.order())
    limits = {check.name: check.limit for check in decision.layers[4].checks}
    assert limits["var_parametric"] == pytest.approx(0.03)
    assert limits["var_filtered_historical"] == pytest.approx(0.06)
    assert limits["expected_shortfall"] == pytest.approx(0.15)


def test_the_projection_of_a_day_is_a_backtest() -> None:
    """A day with a comparison goes out under the record's id; a day without one does not."""
    rolled = DayRolled(
        account_id="a",
        day=3,
        equity=1.0,
        exceeded=True,
        exceptions=2,
        observations=120,
        zone="yellow",
        method="historical",
        confidence=0.99,
        scale=0.9,
        event_time_ns=5,
    )
    entry = Entry(1, 7, 9, 0, rolled, b"", Cursor())
    ((topic, event),) = project(entry)
    assert topic.name == "backtests"
    assert (event.backtest_id, event.exceptions, event.exceeded) == ("1-9", 2, True)  # type: ignore[attr-defined]
    assert not list(project(entry._replace(body=msgspec.structs.replace(rolled, exceeded=None))))


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
