"""Backtests against published tables, MathWorks, Basel and the table of exceptions over the S&P 500."""

from __future__ import annotations

from functools import cache
from math import log

import numpy as np
import pandas as pd
import pytest
from arch.data import sp500
from scipy import stats

from risk.backtests.acerbi_szekely import critical_value, z1, z2
from risk.backtests.christoffersen import Transitions, conditional_coverage, independence, transitions
from risk.backtests.kupiec import kupiec
from risk.backtests.models import MODELS
from risk.backtests.overlapping import overlapping_bounds, overlapping_critical_value
from risk.backtests.quantile_loss import quantile_loss
from risk.backtests.run import BacktestRun, run_backtests
from risk.backtests.traffic_light import Zone, bounds, multiplier, traffic_light
from risk.measures.var import normal_es, normal_quantile
from risk.var.methods import value_at_risk

#: Exceptions in 4,030 days at 95, 97.5, 99 and 99.9 %.
TABLE = {
    "ewma_normal": [226, 154, 90, 31],
    "ewma_student_t": [262, 150, 58, 7],
    "rolling_normal_250": [219, 150, 105, 40],
    "historical_250": [218, 132, 67, 20],
    "historical_500": [215, 123, 64, 16],
    "garch_normal": [183, 128, 68, 19],
    "filtered_historical": [201, 106, 53, 11],
    "filtered_historical_500": [209, 111, 54, 14],
}


@cache
def log_returns() -> pd.Series[float]:
    """Daily log returns of ``arch.data.sp500``, 5,030 of them."""
    changes: pd.Series[float] = np.log(sp500.load()["Adj Close"]).diff().dropna()
    assert len(changes) == 5030
    return changes


@cache
def whole_run() -> BacktestRun:
    """All models over all days."""
    return run_backtests(log_returns())


@pytest.mark.parametrize(
    ("exceptions", "confidence", "statistic", "p_value"), [(57, 0.95, 0.46147, 0.49694), (17, 0.99, 3.5118, 0.060933)]
)
def test_kupiec_equals_mathworks(exceptions: int, confidence: float, statistic: float, p_value: float) -> None:
    """LR and p of 1,043 days to the digits printed."""
    result = kupiec(exceptions, 1043, confidence)
    assert result.statistic == pytest.approx(statistic, abs=5e-5)
    assert result.p_value == pytest.approx(p_value, abs=5e-6)


def test_kupiec_without_exceptions_is_finite() -> None:
    """LR = -2N ln(1 - p) to 1e-12; and with nothing but exceptions -2N ln p."""
    assert kupiec(0, 250, 0.99).statistic == pytest.approx(-500 * log(0.99), rel=1e-12)
    assert kupiec(250, 250, 0.99).statistic == pytest.approx(-500 * log(0.01), rel=1e-12)


@pytest.mark.parametrize(("level", "critical"), [(0.10, 2.7055), (0.05, 3.8415), (0.01, 6.6349)])
def test_the_critical_values_of_one_degree(level: float, critical: float) -> None:
    """p crosses the level at the published critical value."""
    statistics = [kupiec(x, 10_000, 0.99) for x in range(100, 170)]
    for result in statistics:
        assert result.rejected(level) == (result.statistic > critical)


def test_christoffersen_equals_mathworks() -> None:
    """Counts 932, 53, 53, 4 give 0.25866 and p 0.61104 to the digits printed."""
    result = independence(Transitions(932, 53, 53, 4))
    assert result.statistic == pytest.approx(0.25866, abs=5e-6)
    assert result.p_value == pytest.approx(0.61104, abs=5e-6)


def test_transitions_go_forward() -> None:
    """A day counts by the day before it, not by the one after."""
    assert transitions([0, 0, 1]) == (1, 1, 0, 0)
    assert transitions([True, False, False]) == (1, 0, 1, 0)


def test_conditional_coverage_adds_up() -> None:
    """Its statistic is Kupiec's plus independence to 1e-12, its p scipy's chi2(2); 5.9915 is its 5 % value."""
    hits = (np.random.default_rng(0).random(1_000) < 0.03).astype(int)
    both = conditional_coverage(hits, 0.99)
    parts = kupiec(int(hits.sum()), 1_000, 0.99).statistic + independence(transitions(hits)).statistic
    assert both.statistic == pytest.approx(parts, rel=1e-12)
    assert both.p_value == pytest.approx(stats.chi2.sf(parts, 2), rel=1e-12)
    assert both.rejected(0.05) == (both.statistic > 5.9915)
    assert stats.chi2.isf(0.01, both.degrees) == pytest.approx(9.2103, abs=5e-5)


def test_clustered_exceptions_are_found() -> None:
    """Ten exceptions in a row fail independence at 0.01 %, and as many scattered evenly do not fail at 10 %."""
    clustered, scattered = np.zeros(1_000, dtype=int), np.zeros(1_000, dtype=int)
    clustered[100:110], scattered[50::100] = 1, 1
    assert independence(transitions(clustered)).rejected(1e-4)
    assert not independence(transitions(scattered)).rejected(0.1)


@pytest.mark.parametrize(
    ("days", "confidence", "green", "yellow"),
    [(250, 0.99, 4, 9), (250, 0.975, 10, 16), (250, 0.95, 17, 26), (500, 0.99, 8, 14), (1000, 0.99, 14, 23)],
)
def test_traffic_light_zones(days: int, confidence: float, green: int, yellow: int) -> None:
    """The most that is green, and yellow, by window and level, and the zones on both sides."""
    assert bounds(days, confidence) == (green, yellow)
    zones = [traffic_light(x, days, confidence) for x in (0, green, green + 1, yellow, yellow + 1, days)]
    assert zones == [Zone.GREEN, Zone.GREEN, Zone.YELLOW, Zone.YELLOW, Zone.RED, Zone.RED]


@pytest.mark.parametrize(
    ("regime", "table"),
    [
        ("frtb", [1.5, 1.5, 1.5, 1.5, 1.5, 1.7, 1.76, 1.83, 1.88, 1.92, 2.0]),
        ("basel_1996", [3.0, 3.0, 3.0, 3.0, 3.0, 3.4, 3.5, 3.65, 3.75, 3.85, 4.0]),
    ],
)
def test_the_multipliers_of_basel(regime: str, table: list[float]) -> None:
    """Of 0 to 10 exceptions in 250 days at 99 %, and the last of all beyond: FRTB's (MAR99) and those of 1996."""
    assert [multiplier(x, regime=regime) for x in range(251)] == table + [table[-1]] * 240


def test_multipliers_of_other_windows() -> None:
    """They begin and end with the zones and never fall."""
    other = [multiplier(x, 500, 0.975) for x in range(40)]
    assert other == sorted(other)
    green, yellow = bounds(500, 0.975)
    assert (other[green], other[yellow + 1]) == (1.5, 2.0)
    assert 1.5 < other[green + 1] <= other[yellow] < 2.0


def test_overlapping_windows_have_wider_zones() -> None:
    """250 windows of 10 days: green to 8, yellow to 24 (+- 1 with 50,000 paths); of one day the binomial's."""
    ten = overlapping_bounds(paths=50_000)
    assert ten.green == 8
    assert abs(ten.yellow - 24) <= 1
    assert overlapping_bounds(horizon_days=1, paths=100_000) == bounds()


def test_the_critical_value_of_overlapping_windows() -> None:
    """Windows of one day have that of days within 0.02; 250 of ten days fall below it four times as often, and below
    their own, over other draws in 64 bits, in 5 % +- 1 % of 4,000 histories."""
    assert overlapping_critical_value(horizon_days=1) == pytest.approx(critical_value(), abs=0.02)
    days = np.random.default_rng(9).standard_normal((4_000, 259))
    windows = np.lib.stride_tricks.sliding_window_view(days, 10, axis=1).sum(axis=2)
    var, es = (10**0.5 * multiple(0.975) for multiple in (normal_quantile, normal_es))
    statistics = np.array([z2(row, var, es, 0.975) for row in windows])
    assert np.mean(statistics < overlapping_critical_value()) == pytest.approx(0.05, abs=0.01)
    assert np.mean(statistics < critical_value()) > 0.15


@pytest.mark.parametrize("model", ["ewma_normal", "filtered_historical"])
def test_windows_of_ten_days_of_the_sp500(model: str) -> None:
    """The sums of ten days by pandas, and the VaR of the first day times sqrt(10); each model's zone at 99 % is that of
    its exceptions counted by hand."""
    run = run_backtests(log_returns(), [model], (0.99,), horizon_days=10)
    outcomes = log_returns().rolling(10).sum()[1009:].to_numpy()
    np.testing.assert_allclose(run.returns, outcomes, atol=1e-14)
    limits = 10**0.5 * whole_run().forecasts(model)[0.99][:-9]
    exceptions = int((outcomes < -limits).sum())
    assert run.exceptions().loc[model, 0.99] == exceptions
    assert run.tests().iloc[0]["zone"] == overlapping_bounds(4021, 0.99, 10, 50_000).zone(exceptions)


@pytest.mark.parametrize(
    ("df", "five", "far", "paths"), [(None, -0.70, -1.76, 10_000_000), (5.0, -0.73, -2.0, 3_000_000)]
)
def test_critical_values_of_acerbi_and_szekely(df: float | None, five: float, far: float, paths: int) -> None:
    """T 250, 97.5 %: the 5 % value within 0.01, and the 0.01 % value, of 300 and 1,000 paths in millions, within 0.04;
    other paths agree with the far one to 0.04 too."""
    assert critical_value(df=df) == pytest.approx(five, abs=0.01)
    assert critical_value(1e-4, df=df, paths=paths) == pytest.approx(far, abs=0.04)
    assert critical_value(1e-4, df=df, paths=2_000_000, seed=1) == pytest.approx(far, abs=0.04)


def test_drawing_the_tail_only_is_drawing_all() -> None:
    """The critical value equals that of 20,000 whole samples of 250 normals within 0.02."""
    outcomes = np.random.default_rng(3).standard_normal((20_000, 250))
    var, es = normal_quantile(0.975), normal_es(0.975)
    whole = [z2(row, var, es, 0.975) for row in outcomes]
    assert critical_value() == pytest.approx(np.quantile(whole, 0.05), abs=0.02)
    assert np.mean(whole) == pytest.approx(0.0, abs=0.01)


def test_shortfall_tests_see_a_shortfall_that_is_too_small() -> None:
    """Over 100,000 Student-t 3 outcomes the true figures give Z1 and Z2 near 0, those of a normal give both below."""
    outcomes = np.random.default_rng(5).standard_t(3, 100_000) / np.sqrt(3.0)
    var = stats.t.ppf(0.975, 3) / np.sqrt(3.0)
    es = float(-outcomes[outcomes < -var].mean())
    assert z1(outcomes, var, es) == pytest.approx(0.0, abs=1e-9)
    assert z2(outcomes, var, es, 0.975) == pytest.approx(0.0, abs=0.05)
    wrong = z1(outcomes, normal_quantile(0.975), normal_es(0.975))
    assert wrong is not None
    assert wrong < -0.2


def test_quantile_loss_is_least_at_the_quantile() -> None:
    """Over a grid of VaRs of the S&P 500 it is least at numpy's quantile, within the grid's 1 bp."""
    outcomes = log_returns().to_numpy()
    grid = np.arange(0.01, 0.06, 1e-4)
    best = grid[int(np.argmin([quantile_loss(outcomes, var, 0.99) for var in grid]))]
    assert best == pytest.approx(-np.quantile(outcomes, 0.01), abs=1e-4)


def test_the_table_of_exceptions() -> None:
    """All 32 counts over the S&P 500, exactly, beside those expected: log returns, 1,000 days of warm-up, 4,030 days
    tested."""
    run = whole_run()
    expected = run.tests()["expected"].xs("filtered_historical", level="model")
    assert [f"{count:.1f}" for count in expected] == ["201.5", "100.8", "40.3", "4.0"]
    assert tuple(MODELS) == tuple(TABLE)
    assert {name: row.tolist() for name, row in zip(TABLE, run.exceptions().to_numpy(), strict=True)} == TABLE
    assert len(run.returns) == 4030
    assert run.index.equals(log_returns().index[1000:])


def test_who_passes_kupiec() -> None:
    """At 5 %: only filtered historical passes at 95, 97.5 and 99 %, and only the Student-t at 99.9 %."""
    passed = (whole_run().tests()["kupiec_p"] >= 0.05).unstack()
    assert passed.index[passed[[0.95, 0.975, 0.99]].all(axis=1)].to_list() == ["filtered_historical"]
    assert passed.index[passed[0.999]].to_list() == ["ewma_student_t"]


def test_what_the_default_passes_and_what_it_does_not() -> None:
    """At 97.5 % its exceptions come too close together, at 99 % also too many of them lose too much; half the window
    fails Kupiec's test at 99 %, and Z2 at 97.5 %."""
    tests = whole_run().tests()
    names = ["kupiec_p", "independence_p", "coverage_p"]
    default, half = (tests.xs(name, level="model") for name in ("filtered_historical", "filtered_historical_500"))
    assert default.loc[0.95, names].to_list() == pytest.approx([0.971, 0.993, 0.999], abs=5e-4)
    assert default.loc[0.975, names].to_list() == pytest.approx([0.599, 0.028, 0.078], abs=5e-4)
    assert default.loc[0.99, names].to_list() == pytest.approx([0.055, 0.037, 0.018], abs=5e-4)
    assert default["z2_passes"].to_list() == [True, True, False, False]
    assert half.loc[0.99, "kupiec_p"] == pytest.approx(0.039, abs=5e-4)
    assert half["z2_passes"].to_list() == [True, False, False, False]


@pytest.mark.parametrize(
    ("model", "ratio"), [("ewma_normal", 2.665214 / 2.326348), ("ewma_student_t", 3.4488 / 2.6065)]
)
def test_expected_shortfall_is_the_mean_of_vars_beyond(model: str, ratio: float) -> None:
    """Its ratio to the VaR at 99 % is that of the published multiples, less the 2 % that ten levels miss at most."""
    run = whole_run()
    found = run.es[model][:, 2] / run.var[model][:, 2]
    assert np.ptp(found) < 1e-12
    assert 0.98 * ratio < found[0] < ratio


def test_only_filtered_historical_has_a_shortfall_that_holds() -> None:
    """Z2 at 97.5 % over 4,030 days: all others lie below the 5 % value of normal outcomes, and it does not; Z2 by hand
    from forecasts and returns to 1e-12."""
    run = whole_run()
    z2s = run.tests()["z2"].xs(0.975, level="confidence")
    passes = run.tests()["z2_passes"].xs(0.975, level="confidence")
    assert passes.index[passes.astype(bool)].to_list() == ["filtered_historical"]
    name = "filtered_historical"
    hits = -run.returns > run.var[name][:, 1]
    by_hand = (run.returns[hits] / run.es[name][hits, 1]).sum() / (4030 * 0.025) + 1.0
    assert z2s[name] == pytest.approx(by_hand, rel=1e-12)


def test_forecasts_are_those_of_the_methods() -> None:
    """The first day's VaR equals the method's on the 1,000 days before it: to 1e-12, historical and filtered."""
    past = log_returns()[:1000]
    for model, rows, settings in (
        ("historical_250", 250, {"method": "historical"}),
        ("historical_500", 500, {"method": "historical"}),
        ("filtered_historical_500", 1000, {"method": "filtered_historical", "window": 500}),
        ("filtered_historical", 1000, {"method": "filtered_historical"}),
    ):
        estimate = value_at_risk(past[-rows:], quantile="linear", **settings)
        assert whole_run().forecasts(model).iloc[0][0.99] == pytest.approx(estimate.value, rel=1e-12)


def test_garch_forecasts_follow_the_recursion_of_arch() -> None:
    """After the first fit the next 500 volatilities equal ``arch``'s with the same parameters to 1e-4."""
    from arch import arch_model

    returns = 100 * log_returns()
    centred = returns - returns[:1000].mean()
    fitted = arch_model(centred[:1000], mean="Zero", rescale=False).fit(disp="off")
    expected = arch_model(centred[:1500], mean="Zero", rescale=False).fix(fitted.params).conditional_volatility[1000:]
    sigma = whole_run().forecasts("garch_normal")[0.95][:500] / normal_quantile(0.95)
    np.testing.assert_allclose(100 * sigma, expected, rtol=1e-4)
