"""Forecasts over a history, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from risk.backtests.acerbi_szekely import critical_value, z1, z2
from risk.backtests.christoffersen import Transitions, conditional_coverage, independence, transitions
from risk.backtests.garch_model import garch_normal
from risk.backtests.kupiec import kupiec
from risk.backtests.models import MODELS
from risk.backtests.overlapping import overlapping_bounds, overlapping_critical_value
from risk.backtests.quantile_loss import quantile_loss
from risk.backtests.run import run_backtests
from risk.backtests.traffic_light import bounds, multiplier, traffic_light
from risk.var.errors import TooFewObservations, VarError


def series(days: int = 1_200, seed: int = 0) -> pd.Series[float]:
    """Returns whose volatility changes, by date."""
    random = np.random.default_rng(seed)
    sizes = 0.01 * np.exp(0.5 * np.sin(np.arange(days) / 60.0))
    index = pd.date_range("2020-01-01", periods=days, freq="B")
    return pd.Series(random.standard_t(5, days) * sizes, index=index)


@pytest.mark.parametrize("model", MODELS)
def test_no_model_looks_ahead(model: str) -> None:
    """Other returns from some day on leave every forecast up to and including that day's unchanged."""
    plain, changed = series(), series()
    changed.iloc[900:] *= -3.0
    first, second = (run_backtests(s, [model], warmup=600).forecasts(model) for s in (plain, changed))
    np.testing.assert_array_equal(first[:301], second[:301])
    assert not np.array_equal(first[301:], second[301:])


@pytest.mark.parametrize("model", MODELS)
def test_forecasts_are_positive_and_ordered(model: str) -> None:
    """A VaR for every day, finite, above zero and no lower at a higher level; numpy in gives the same as pandas in."""
    run = run_backtests(series(), [model], warmup=600)
    table = run.forecasts(model).to_numpy()
    assert table.shape == (600, 4)
    assert np.isfinite(table).all()
    assert (table > 0).all()
    assert (np.diff(table, axis=1) >= 0).all()
    for plain in (series().to_numpy(), series().to_list()):
        np.testing.assert_array_equal(run_backtests(plain, [model], warmup=600).forecasts(model), table)


def test_filtered_historical_uses_the_days_there_are() -> None:
    """With a warm-up of 200 days it begins with 200 and goes on to 1,000 at most."""
    run = run_backtests(series(), ["filtered_historical"], warmup=200)
    later = run_backtests(series(), ["filtered_historical"], warmup=1_000)
    np.testing.assert_allclose(
        run.forecasts("filtered_historical")[800:], later.forecasts("filtered_historical"), rtol=1e-12
    )
    assert len(run.returns) == 1_000


def test_the_tests_of_a_run_are_those_of_its_hits() -> None:
    """Each row's counts and p-values follow from forecasts and returns."""
    run = run_backtests(series(), ["historical_250"], (0.95,), warmup=600)
    hits = -run.returns > run.forecasts("historical_250")[0.95].to_numpy()
    row = run.tests().loc[("historical_250", 0.95)]
    assert row["exceptions"] == hits.sum() == run.exceptions().loc["historical_250", 0.95]
    assert row["expected"] == pytest.approx(30.0)
    assert row["kupiec_p"] == kupiec(int(hits.sum()), 600, 0.95).p_value
    assert row["independence_p"] == independence(transitions(hits)).p_value
    assert row["coverage_p"] == conditional_coverage(hits, 0.95).p_value
    assert row["zone"] == traffic_light(int(hits.sum()), 600, 0.95)
    assert row["z1"] == z1(run.returns, run.var["historical_250"][:, 0], run.es["historical_250"][:, 0])


def test_a_shortfall_passes_at_the_critical_value() -> None:
    """The row says what Z2 is held against, that of a right model over as many days, and whether it is no lower."""
    run = run_backtests(series(), ["rolling_normal_250"], (0.95, 0.99), warmup=600)
    for (_, level), row in run.tests().iterrows():
        assert row["z2_critical"] == pytest.approx(critical_value(0.05, 600, level), abs=0.02)
        assert row["z2_passes"] == (row["z2"] >= row["z2_critical"])
    assert run.tests()["z2_passes"].to_list() == [True, False]


@pytest.mark.parametrize("model", MODELS)
def test_windows_are_sums_of_days(model: str) -> None:
    """Over five days each outcome is the sum of five returns from its own day on, no forecast looks ahead, and every
    test is that of windows; GARCH's forecast is not one day's times sqrt(5), all others are."""
    returns = series()
    one, five = (run_backtests(returns, [model], (0.975,), warmup=600, horizon_days=days) for days in (1, 5))
    np.testing.assert_allclose(five.returns, returns.rolling(5).sum()[604:], atol=1e-15)
    assert five.index.equals(returns.index[600:1196])
    scaled = one.forecasts(model)[:596] * 5**0.5
    assert np.allclose(five.forecasts(model), scaled, rtol=1e-12) == (model != "garch_normal")
    np.testing.assert_allclose(five.forecasts(model), scaled, rtol=0.5)
    row = five.tests().iloc[0]
    assert row["zone"] == overlapping_bounds(596, 0.975, 5, 50_000).zone(row["exceptions"])
    assert row["z2_critical"] == overlapping_critical_value(0.05, 596, 0.975, 5, 50_000)
    assert (row["kupiec_p"], row["independence_p"], row["coverage_p"]) == (None, None, None)


def test_garch_sums_its_own_forecasts() -> None:
    """Each day's variance over h days is h V + (sigma^2 - V) (1 - p^h) / (1 - p), p = alpha + beta, V its long run: to
    1e-9 on a straight line through all days between two fits."""
    daily, ten = (garch_normal(series().to_numpy(), (0.95,), 600, days)[:500, 0] ** 2 for days in (1, 10))
    slope, start = np.polyfit(daily, ten, 1)
    np.testing.assert_allclose(ten, start + slope * daily, rtol=1e-9)
    persistence = np.roots([*[1.0] * 9, 1.0 - slope]).real.max()
    long_run = start / (10.0 - slope)
    assert 0.8 < persistence < 1.0
    assert daily.min() < long_run < daily.max()


@pytest.mark.parametrize("model", MODELS)
def test_expected_shortfall_is_beyond_the_var(model: str) -> None:
    """On every day and at every level ES >= VaR."""
    run = run_backtests(series(), [model], warmup=600)
    assert (run.es[model] >= run.var[model]).all()


def test_no_loss_has_no_shortfall_to_test() -> None:
    """Returns that only rise: VaR and ES are gains, and Z1 and Z2 not there."""
    run = run_backtests(series().abs() + 1e-4, ["historical_250"], (0.95,), warmup=600)
    row = run.tests().loc[("historical_250", 0.95)]
    assert (row["z1"], row["z2"]) == (None, None)


@pytest.mark.parametrize(
    ("returns", "settings", "message"),
    [
        (series(), {"models": ["none"]}, "`models` is 'none'"),
        (series(), {"confidences": ()}, "`confidences`"),
        (series(), {"confidences": (1.0,)}, "`confidences`"),
        (series(), {"warmup": 1_200}, "`warmup` is 1200 of 1200"),
        (series(), {"warmup": 1_191, "horizon_days": 10}, "`warmup` is 1191 of 1200 .* and 10 to test"),
        (series(), {"horizon_days": 0}, "`horizon_days` is 0, expected 1 to 30"),
        (series(), {"warmup": 499}, "`warmup` is 499 .* at least 500"),
        (series().mask(series().index == "2020-03-02"), {}, r"`returns\[43, 0\]` is nan"),
    ],
)
def test_bad_runs_are_refused(returns: Any, settings: dict[str, Any], message: str) -> None:
    """The message names what was wrong."""
    with pytest.raises(VarError, match=message):
        run_backtests(returns, **settings)


def test_a_short_history_says_what_is_needed() -> None:
    """100 returns are too few for every model, and that is said by its own error."""
    with pytest.raises(TooFewObservations, match="expected at least 100"):
        run_backtests(series(100), ["ewma_normal"], warmup=99)


@pytest.mark.parametrize(
    "call",
    [
        lambda: kupiec(-1, 10, 0.99),
        lambda: kupiec(11, 10, 0.99),
        lambda: kupiec(0, 0, 0.99),
        lambda: kupiec(0, 10, 1.0),
        lambda: transitions([0, 2]),
        lambda: transitions([[0, 1]]),
        lambda: transitions([0.0, np.nan]),
        lambda: conditional_coverage([], 0.99),
        lambda: independence(Transitions(1, -1, 0, 0)),
        lambda: bounds(0),
        lambda: bounds(250, 0.0),
        lambda: traffic_light(251),
        lambda: multiplier(1, regime="other"),
        lambda: overlapping_bounds(0),
        lambda: overlapping_bounds(confidence=1.0),
        lambda: overlapping_bounds(paths=0),
        lambda: overlapping_critical_value(0.0),
        lambda: overlapping_critical_value(horizon_days=0),
        lambda: z1([], 1.0, 1.0),
        lambda: z1([1.0], [1.0, 2.0], 1.0),
        lambda: z1([np.nan], 1.0, 1.0),
        lambda: z1([1.0], 1.0, 0.0),
        lambda: z2([1.0], 1.0, 1.0, 1.0),
        lambda: critical_value(0.0),
        lambda: critical_value(paths=0),
        lambda: critical_value(df=2.0),
        lambda: quantile_loss([1.0], [1.0, 2.0], 0.9),
        lambda: quantile_loss([np.inf], 1.0, 0.9),
        lambda: quantile_loss([1.0], 1.0, 0.0),
    ],
)
def test_bad_input_is_refused(call: Any) -> None:
    """Counts, shapes, levels and numbers out of range raise the named error, which says what was expected."""
    with pytest.raises(VarError, match=r"`.*`"):
        call()


def test_without_an_exception_there_is_no_z1() -> None:
    """``None`` rather than a nan; Z2 is then 1, and so is a count of one day's transitions none."""
    assert z1([1.0, 2.0], 1.0, 2.0) is None
    assert z2([1.0, 2.0], 1.0, 2.0, 0.975) == 1.0
    assert independence(transitions([1])).p_value == 1.0


@pytest.mark.parametrize("days", [1, 2, 5, 6])
def test_no_exception_is_green_however_short_the_window(days: int) -> None:
    """Where even 0 has a probability beyond 95 % the binomial alone would call it yellow."""
    assert traffic_light(0, days, 0.99) == "green"
    assert multiplier(0, days, 0.99) == 1.5
