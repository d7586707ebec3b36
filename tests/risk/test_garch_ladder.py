"""Which GARCH a symbol gets, over real prices of the demo, and that an order without one ends in a refusal."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from risk.background import Inline
from risk.estimators.garch import last_variances
from risk.garch_fit import garch_fit
from risk.garch_ladder import PERSISTENCE_BOUND, PERSISTENCE_MAX, Fit, Last, Model, fit, ladder
from risk.garch_refit import GarchRefit
from risk.market import MarketConfig, MarketState
from riskstream.demo.history import History, load
from schemas.decisions import Check, Verdict
from schemas.reasons import Reason
from tests.risk.world import DAY_NS, NOW_NS, START_NS, World, bar, mark

DAYS = 500
NEW_YEAR, CRASH = date(2020, 1, 2), date(2020, 3, 27)
LADDER = ladder("normal", leverage=False)


@cache
def history() -> History:
    return load()


def returns(symbol: str, before: date) -> NDArray[np.float64]:
    """The last 500 daily returns of a symbol before a day."""
    found = history()
    closes = found.closes[: found.position(before), found.symbols.index(symbol)]
    made: NDArray[np.float64] = (closes[1:] / closes[:-1] - 1.0)[-DAYS:]
    return made


@pytest.mark.parametrize(
    ("symbol", "before", "model", "errors"),
    [
        ("AAPL", NEW_YEAR, "GARCH normal", []),
        ("WMT", NEW_YEAR, "GARCH student_t", ["GARCH normal"]),
        ("RRC", CRASH, "GARCH normal, persistence at most 0.999", ["GARCH normal", "GARCH student_t"]),
    ],
)
def test_the_first_model_that_can_be_believed_is_taken(
    symbol: str, before: date, model: str, errors: list[str]
) -> None:
    """Apple's normal fit is stationary; Walmart's is not, as two days of results make all its variance, but Student-t's
    is; of Range Resources in March 2020 both lie on the edge, and the likelihood is maximised short of it."""
    series = returns(symbol, before)
    found = fit(series, Last(float(np.var(series)), 100.0), LADDER)
    assert found.parameters is not None
    assert found.parameters.checked().persistence <= PERSISTENCE_MAX
    assert found.model == model
    assert [each.partition(": ")[0] for each in found.error.split("; ") if each] == errors


def test_a_bounded_fit_is_the_likeliest_within_its_bound() -> None:
    """On the bound where the free one lies beyond it, and by no point of a grid below it more likely; the free one
    itself where that lies within."""
    series = returns("RRC", CRASH)
    free, bounded = garch_fit(series), garch_fit(series, persistence_max=PERSISTENCE_BOUND)
    assert bounded.parameters.persistence == pytest.approx(PERSISTENCE_BOUND, abs=1e-6)
    assert free.log_likelihood - 0.1 < bounded.log_likelihood < free.log_likelihood
    lower = [garch_fit(series, persistence_max=each).log_likelihood for each in (0.998, 0.99, 0.95)]
    assert [bounded.log_likelihood, *lower] == sorted([bounded.log_likelihood, *lower], reverse=True)
    calm = returns("AAPL", NEW_YEAR)
    assert garch_fit(calm, persistence_max=PERSISTENCE_BOUND).parameters == pytest.approx(
        garch_fit(calm).parameters, rel=1e-3
    )


@pytest.mark.parametrize("innovations", ["normal", "student_t"])
@pytest.mark.parametrize("leverage", [False, True])
def test_a_ladder_begins_with_the_settings(innovations: Any, leverage: bool) -> None:
    """Then the other innovations, then a bound; leverage as the settings say in all of them."""
    models = ladder(innovations, leverage)
    assert models[0] == Model(innovations, leverage)
    assert {each.innovations for each in models} == {"normal", "student_t"}
    assert {each.leverage for each in models} == {leverage}
    assert models[-1] == Model(innovations, leverage, PERSISTENCE_BOUND)


def test_a_jump_of_the_forecast_is_a_reason_to_go_on() -> None:
    """By whatever model, a fit that moves the forecast beyond the bound is not taken."""
    found = fit(returns("AAPL", NEW_YEAR), Last(1e-7, 4.0), LADDER)
    assert found.parameters is None
    assert found.error.count("the forecast variance would change by the factor") == 3
    assert fit(returns("AAPL", NEW_YEAR), Last(float("nan"), 4.0), LADDER).parameters is None
    assert fit(returns("AAPL", NEW_YEAR), Last(0.0, 4.0), LADDER).parameters is None


def world(symbol: str = "WMT") -> World:
    """The last 500 days of 2019 of a stock of the demo as those of AAA, whose GARCH is refitted; beside a calm BBB."""
    market = MarketState(MarketConfig())
    for day, (price, calm) in enumerate(zip(np.cumprod(1.0 + returns(symbol, NEW_YEAR)), range(DAYS), strict=True)):
        market.apply_bar(bar("AAA", 100.0 * float(price), START_NS + day * DAY_NS))
        market.apply_bar(bar("BBB", 100.0 + calm % 3, START_NS + day * DAY_NS))
    market.apply_mark(mark("AAA", round(100.0 * float(price), 2)))
    return World(market=market)


def check(made: World, name: str) -> Check | None:
    """One of the eighth layer's, of a small order of AAA."""
    decision = made.judge(made.order("AAA", quantity=1))
    return next((each for each in decision.layers[7].checks if each.name == name), None)


def test_the_model_that_was_taken_is_named() -> None:
    """In the notice why it is not that of the settings, and in every decision; the forecast is what it makes of the
    history."""
    made = world()
    market = made.engine.market
    before = check(made, "volatility_garch")
    assert before is not None
    assert before.unit == "annual, GARCH of the settings"
    (notice, *others) = Inline([GarchRefit()], market).run(NOW_NS)
    assert notice.text.startswith("GARCH of AAA goes on as GARCH student_t, for GARCH normal: `alpha` is 0.4")
    assert not [other for other in others if "AAA" in other.text]
    after = check(made, "volatility_garch")
    assert after is not None
    assert after.unit == "annual, GARCH student_t"
    parameters = garch_fit(market.returns[:, 0], innovations="student_t").parameters
    assert market.forecast[0] == last_variances(market.returns[:, 0], parameters)[1]
    assert check(made, "garch_parameters") is None
    assert check(made, "volatility_garch_age") is None


def test_without_an_accepted_fit_no_order_is_approved_beyond_the_age_limit() -> None:
    """Fits that fail for ever: the settings' parameters warn, and are refused once they are older than a fit may be."""
    made, measure = world(), GarchRefit()
    market = made.engine.market
    due_ns, limit_ns = int(market.garch_due_ns[0]), int(made.engine.state.accounts["acc"].limits.garch_age_max_ns)
    verdicts = []
    for now_ns in (due_ns + limit_ns, due_ns + limit_ns + 1):
        job = measure.due(market, now_ns)
        measure.accept(market, [Fit(None, error="no")] * len(job.arguments[0] if job else ()), now_ns)
        made.now_ns = now_ns
        found = check(made, "garch_parameters") or check(made, "volatility_garch_age")
        assert found is not None
        verdicts.append((found.verdict, found.reason))
    assert verdicts == [(Verdict.WARN, None), (Verdict.FAIL, Reason.VOLATILITY_FORECAST_STALE)]
    market.refit_garch(0, garch_fit(market.returns[:, 0], innovations="student_t").parameters, "any", made.now_ns)
    assert check(made, "volatility_garch_age") is None
