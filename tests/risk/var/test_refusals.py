"""What is refused, and what is said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from risk.var.errors import OutsideValidRegion, TooFewObservations, VarError
from risk.var.filters import filtered_returns
from risk.var.incremental import ScenarioBook
from risk.var.inputs import portfolio
from risk.var.liquidity import horizon_factor, liquidity_var, spread_cost
from risk.var.methods import METHODS, value_at_risk
from tests.risk.var.books import EXPOSURES, book, returns

#: Methods that learn the tail from what was observed, and those that bring it along.
LEARNT: list[tuple[str, dict[str, Any]]] = [
    ("historical", {}),
    ("age_weighted", {}),
    ("filtered_historical", {}),
    ("cornish_fisher", {}),
    ("parametric_t", {"df": None}),
    ("monte_carlo", {"distribution": "student_t"}),
    ("monte_carlo", {"distribution": "garch_bootstrap"}),
]
ASSUMED: list[tuple[str, dict[str, Any]]] = [
    ("parametric_normal", {}),
    ("parametric_t", {"df": 5.0}),
    ("monte_carlo", {}),
    ("monte_carlo", {"distribution": "student_t", "df": 5.0}),
    ("extreme_value", {}),
]


@pytest.mark.parametrize(("method", "parameters"), LEARNT)
def test_a_far_tail_needs_its_observations(method: str, parameters: dict[str, Any]) -> None:
    """99.9 % from 999 outcomes is an error that says 1,000 are needed; from 1,000 it is a number."""
    with pytest.raises(TooFewObservations, match=r"999 outcomes, expected at least 1000 at 99\.9%"):
        value_at_risk(returns(999), EXPOSURES, method=method, confidence=0.999, **parameters)
    assert value_at_risk(returns(1000), EXPOSURES, method=method, confidence=0.999, **parameters).value > 0.0


@pytest.mark.parametrize(("method", "parameters"), ASSUMED)
def test_a_tail_beyond_what_was_seen_carries_a_warning(method: str, parameters: dict[str, Any]) -> None:
    """A method that assumes the tail's form says that it extrapolates, and what would be needed not to."""
    told = "extrapolates beyond 999 observations: one is expected beyond the VaR at 99.9% of 1000"
    assert told in value_at_risk(returns(999), EXPOSURES, method=method, confidence=0.999, **parameters).warnings
    enough = value_at_risk(returns(1000), EXPOSURES, method=method, confidence=0.999, **parameters)
    assert not any("extrapolates" in warning for warning in enough.warnings)


def test_every_method_says_what_its_tail_rests_on() -> None:
    """None is left out of the two lists."""
    assert {name for name, _ in LEARNT + ASSUMED} == set(METHODS)


@pytest.mark.parametrize(
    ("method", "rows"),
    [
        ("parametric_normal", 19),
        ("parametric_t", 19),
        ("cornish_fisher", 59),
        ("monte_carlo", 19),
        ("extreme_value", 299),
    ],
)
def test_every_method_needs_some_observations(method: str, rows: int) -> None:
    """One row too few is refused with both numbers; one more is enough."""
    with pytest.raises(TooFewObservations, match=f"{rows} observations, expected at least {rows + 1}"):
        value_at_risk(returns(rows), EXPOSURES, method=method, confidence=0.95)
    assert value_at_risk(returns(rows + 1), EXPOSURES, method=method, confidence=0.95).observations == rows + 1


@pytest.mark.parametrize(
    ("method", "parameters"), [("parametric_normal", {}), ("monte_carlo", {}), ("monte_carlo", {"sampling": "sobol"})]
)
def test_a_normal_far_tail_carries_a_warning(method: str, parameters: dict[str, Any]) -> None:
    """A normal VaR at 99.9 % says that it understates; at 99 % it does not, nor does a Student-t at 99.9 %."""
    enough = returns(1000)
    far = value_at_risk(enough, EXPOSURES, method=method, confidence=0.999, **parameters)
    assert any("understates" in warning for warning in far.warnings)
    assert not value_at_risk(enough, EXPOSURES, method=method, confidence=0.99, **parameters).warnings
    assert not value_at_risk(enough, EXPOSURES, method="parametric_t", confidence=0.999).warnings


@pytest.mark.parametrize("sampling", ["random", "antithetic", "sobol"])
def test_a_simulated_interval_says_what_it_covers(sampling: str) -> None:
    """The volatility's error too, or that it is of the simulation alone; and it is conservative where draws are not
    independent."""
    for distribution in ("normal", "garch_bootstrap"):
        drawn = value_at_risk(
            returns(), EXPOSURES, method="monte_carlo", sampling=sampling, paths=1_000, distribution=distribution
        )
        assert ("of the simulation alone" in drawn.interval.basis) == (distribution == "garch_bootstrap")
        assert ("error of the volatility" in drawn.es_interval.basis) == (distribution == "normal")
        assert ("conservative" in drawn.interval.basis) == (sampling != "random")


@pytest.mark.parametrize("confidence", [0.95, 0.999])
def test_a_simulation_is_no_surer_than_what_it_simulates_with(confidence: float) -> None:
    """However many paths are drawn, the interval is no narrower than the formula's of the same covariance, and with
    very many paths it is that."""
    exact = value_at_risk(returns(250), EXPOSURES, method="parametric_normal", confidence=confidence).interval
    for paths, over in ((5_000, 0.6), (200_000, 0.03)):
        drawn = value_at_risk(
            returns(250), EXPOSURES, method="monte_carlo", confidence=confidence, paths=paths
        ).interval
        widths = drawn.high - drawn.low, exact.high - exact.low
        assert 0.97 <= widths[0] / widths[1] <= 1.0 + over


def test_an_interval_says_what_it_leaves_out() -> None:
    """The error of degrees of freedom that were fitted (given ones have none), and that Cornish-Fisher refuses some
    samples; so for the ES."""
    fitted, given, expanded = (
        value_at_risk(returns(), EXPOSURES, method=method, **parameters)
        for method, parameters in (
            ("parametric_t", {"df": None}),
            ("parametric_t", {"df": 5.0}),
            ("cornish_fisher", {}),
        )
    )
    assert "none of the fitted degrees of freedom" in fitted.interval.basis == fitted.es_interval.basis
    assert "degrees of freedom" not in given.interval.basis
    assert "as if no sample were refused" in expanded.interval.basis == expanded.es_interval.basis


def test_cornish_fisher_has_no_increment_where_the_rest_is_refused() -> None:
    """Of an asset that hides a crash of the other: no number, nor a NaN, but the reason; of the other there is one."""
    rows = np.random.default_rng(2).normal(0.0, 0.01, (400, 2))
    rows[7] = 0.30, -0.30
    found = value_at_risk(rows, [1e6, 1e6], method="cornish_fisher")
    with pytest.raises(OutsideValidRegion):
        value_at_risk(rows, [0.0, 1e6], method="cornish_fisher")
    assert found.incremental_unavailable.keys() | found.incremental.keys() == {"0", "1"}
    assert not found.incremental_unavailable.keys() & found.incremental.keys()
    assert "without it `returns` give an excess kurtosis" in found.incremental_unavailable["0"]
    assert list(found.by_asset()["incremental"].isna()) == [name in found.incremental_unavailable for name in "01"]


def test_cornish_fisher_is_refused_outside_its_region() -> None:
    """One crash in 400 days makes the quantile map fall: refused, saying where it would hold and what to use."""
    crash = returns(400)
    crash[200] = -0.5
    with pytest.raises(OutsideValidRegion, match=r"expected .*filtered_historical"):
        value_at_risk(crash, EXPOSURES, method="cornish_fisher")


def test_extreme_value_is_refused_where_it_says_nothing() -> None:
    """A confidence within the threshold, and a tail without a mean, are refused."""
    with pytest.raises(OutsideValidRegion, match=r"`confidence` is 0\.9, expected at least 0\.95"):
        value_at_risk(returns(1000), EXPOSURES, method="extreme_value", tail=0.05, confidence=0.9)
    wild = np.random.default_rng(0).standard_cauchy(1000) * np.abs(np.random.default_rng(1).standard_cauchy(1000))
    with pytest.raises(OutsideValidRegion, match=r"`xi` is .* expected below 1"):
        value_at_risk(wild, method="extreme_value")


def test_a_threshold_that_matters_is_pointed_out() -> None:
    """Where the tail begins beyond the threshold xi moves with it, and the estimate says so and shows both."""
    random = np.random.default_rng(0)
    mixed = -np.where(random.random(5_000) < 0.1, 1.0 + 0.1 * random.standard_t(3, 5_000), random.random(5_000))
    answer = value_at_risk(mixed, method="extreme_value", window=None)
    assert any("xi moves by" in warning for warning in answer.warnings)
    assert {"xi_at_0.05", "xi_at_0.1", "xi_at_0.15", "threshold", "excesses"} <= set(answer.parameters)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("confidence", "days"),
    [
        (0.89, 1),
        (0.9991, 1),
        (float("nan"), 1),
        (0.99, 0),
        (0.99, 31),
        (0.99, 1.5),
        (0.99, float("nan")),
        ("0.99", 1),
        (0.99, True),
    ],
)
def test_requests_out_of_range_are_refused(method: str, confidence: Any, days: Any) -> None:
    """Confidence outside 0.90 to 0.999 or a horizon outside 1 to 30 whole days, or neither: refused by every method."""
    with pytest.raises(VarError, match=r"`(confidence|horizon_days)` is .* expected"):
        METHODS[method]().estimate(book(), confidence, days)


@pytest.mark.parametrize(
    ("method", "parameters", "field"),
    [
        ("parametric_normal", {"lam": 1.0}, "lam"),
        ("parametric_normal", {"volatility": "none"}, "volatility"),
        ("parametric_t", {"df": 2.0}, "df"),
        ("historical", {"quantile": "cubic"}, "quantile"),
        ("age_weighted", {"lam": 0.0}, "lam"),
        ("filtered_historical", {"alpha": 0.2, "beta": 0.8}, "alpha"),
        ("filtered_historical", {"volatility": "none"}, "volatility"),
        ("monte_carlo", {"paths": 10}, "paths"),
        ("monte_carlo", {"seed": -1}, "seed"),
        ("monte_carlo", {"sampling": "grid"}, "sampling"),
        ("monte_carlo", {"distribution": "cauchy"}, "distribution"),
        ("extreme_value", {"tail": 0.5}, "tail"),
        ("historical", {"lamda": 0.9}, "lamda"),
        ("none", {}, "method"),
    ],
)
def test_parameters_out_of_range_are_refused(method: str, parameters: dict[str, Any], field: str) -> None:
    """The message names the parameter and what was expected."""
    with pytest.raises(VarError, match=f"`{field}` is .*expected"):
        value_at_risk(returns(), EXPOSURES, method=method, **parameters)


@pytest.mark.parametrize(
    ("method", "parameters", "message"),
    [
        ("monte_carlo", {"paths": "few"}, "`paths` is 'few', expected int"),
        ("monte_carlo", {"paths": 1e4}, "`paths` is 10000.0, expected int"),
        ("monte_carlo", {"df": "heavy"}, "`df` is 'heavy', expected float or None$"),
        ("historical", {"overlapping": 1}, "`overlapping` is 1, expected bool"),
    ],
)
def test_parameters_of_another_type_are_refused(method: str, parameters: dict[str, Any], message: str) -> None:
    """The message names the parameter, its value and the type; numpy's numbers are numbers."""
    with pytest.raises(VarError, match=message):
        value_at_risk(returns(), EXPOSURES, method=method, **parameters)
    assert (
        value_at_risk(returns(), EXPOSURES, method="monte_carlo", paths=np.int64(2_000), df=np.float64(5)).value > 0.0
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e7])
def test_bad_numbers_are_refused_by_place(bad: float) -> None:
    """A nan, an infinity or an absurd return is named by row and column, and an exposure by place."""
    rows = returns()
    rows[3, 1] = bad
    with pytest.raises(VarError, match=r"`returns\[3, 1\]` is"):
        portfolio(rows, EXPOSURES)
    with pytest.raises(VarError, match=r"`exposures\[2\]` is"):
        portfolio(returns(), [1.0, 2.0, bad * 1e12])


@pytest.mark.parametrize(
    ("rows", "held"),
    [
        (np.zeros((5, 2)), None),
        (np.zeros((5, 2)), [1.0]),
        (np.zeros((0, 2)), [1.0, 1.0]),
        (np.zeros((2, 2, 2)), [1.0]),
        (pd.DataFrame({"A": [0.1], "B": [0.2]}), {"C": 1.0}),
        (pd.DataFrame([[0.1, 0.2]], columns=["A", "A"]), [1.0, 1.0]),
    ],
)
def test_shapes_that_do_not_fit_are_refused(rows: Any, held: Any) -> None:
    """Neither guessed nor broadcast."""
    with pytest.raises(VarError, match="expected"):
        portfolio(rows, held)


def test_symbols_come_and_go_by_name() -> None:
    """A mapping or Series in any order meets the DataFrame's columns; a symbol left out is not held."""
    frame = pd.DataFrame(returns(), columns=["A", "B", "C"])
    by_name = value_at_risk(frame, pd.Series({"C": 2e5, "A": 1e6}), method="historical")
    assert by_name.exposure == {"A": 1e6, "B": 0.0, "C": 2e5}
    assert by_name == value_at_risk(frame, {"A": 1e6, "C": 2e5}, method="historical")
    assert by_name.value == value_at_risk(frame.to_numpy(), [1e6, 0.0, 2e5], method="historical").value
    table = by_name.by_asset()
    assert table.index.to_list() == ["A", "B", "C"]
    assert table["component"].sum() == pytest.approx(by_name.value)
    series = value_at_risk(pd.Series(frame.to_numpy() @ [1e6, 0.0, 2e5], name="desk"), method="historical")
    assert series.exposure == {"desk": 1.0}
    assert series.value == pytest.approx(by_name.value, rel=1e-12)


def test_a_stale_price_does_not_become_the_largest_scenario() -> None:
    """After 300 still days the first move is scaled by a tenth of the asset's volatility at least, and that is said."""
    rows = returns(700)[:, :1]
    rows[200:500] = 0.0
    scenarios, floored = filtered_returns(rows, METHODS["filtered_historical"]().filter())  # type: ignore[attr-defined]
    assert floored
    assert np.abs(scenarios).max() <= np.abs(rows).max() * 10.0 * 5.0
    assert any("near zero" in warning for warning in value_at_risk(rows, [1e6]).warnings)


def test_liquidity_adds_spread_and_time() -> None:
    """LVaR is VaR times the horizon factor plus the spread cost, ES likewise; costs are by symbol."""
    answer = value_at_risk(returns(), EXPOSURES)
    adjusted = liquidity_var(answer, [0.001] * 3, [0.0005] * 3, k=2.0, liquidation_days=5.0)
    cost = sum(abs(x) for x in EXPOSURES) * 0.001
    assert adjusted.spread_cost == pytest.approx(cost)
    assert adjusted.value == pytest.approx(answer.value * horizon_factor(5.0) + cost)
    assert adjusted.es == pytest.approx(answer.es * horizon_factor(5.0) + cost)
    assert sum(adjusted.cost.values()) == pytest.approx(cost)


def test_bad_liquidity_is_refused() -> None:
    """A nan or negative spread, no time, or a liquidation on top of a ten-day figure."""
    ten = value_at_risk(returns(), EXPOSURES, horizon_days=10)
    for wrong in (float("nan"), -0.1, float("inf")):
        with pytest.raises(VarError, match="`spread_mean`"):
            spread_cost([1.0], [wrong], [0.0])
    with pytest.raises(VarError, match="`k`"):
        spread_cost([1.0], [0.1], [0.0], k=-1.0)
    with pytest.raises(VarError, match="`liquidation_days`"):
        horizon_factor(0.0)
    with pytest.raises(VarError, match="`horizon_days` is 10, expected 1"):
        liquidity_var(ten, [0.0] * 3, [0.0] * 3, liquidation_days=2.0)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_bad_fill_changes_nothing(bad: float) -> None:
    """An amount that is no number is refused and the book stays as it was."""
    streaming = ScenarioBook(returns(), EXPOSURES)
    before = streaming.outcomes.copy(), streaming.exposures.copy()
    with pytest.raises(VarError, match="`amount`"):
        streaming.shift(0, bad)
    assert np.array_equal(streaming.outcomes, before[0])
    assert np.array_equal(streaming.exposures, before[1])
    with pytest.raises(VarError, match="`rebuild_every`"):
        ScenarioBook(returns(), EXPOSURES, rebuild_every=0)
