"""Series and DataFrames go in and come out with their labels, and give what arrays give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskstream import batch
from riskstream.batch import MismatchedLabels

DAYS = pd.date_range("2020-01-01", periods=300, freq="D")
ASSETS = pd.Index(["AAA", "BBB", "CCC", "DDD"])
_DRAWS = np.random.default_rng(7)
RETURNS = pd.DataFrame(
    0.01 * (_DRAWS.standard_normal((300, 4)) + 0.5 * _DRAWS.standard_normal((300, 1))), index=DAYS, columns=ASSETS
)
SERIES, BENCHMARK = RETURNS["AAA"], RETURNS.mean(axis=1)
COVARIANCE = RETURNS.cov()
HELD = pd.Series([100.0, -50.0, 25.0, 10.0], index=ASSETS)
WEIGHTS = pd.Series([0.4, 0.3, 0.2, 0.1], index=ASSETS)
VAR = pd.Series(0.012, index=DAYS)

Arguments = Mapping[str, Any]
ALONE: dict[str, Arguments] = {
    name: {"returns": SERIES}
    for name in (
        "sharpe_ratio",
        "sortino_ratio",
        "calmar_ratio",
        "omega_ratio",
        "tail_ratio",
        "hit_rate",
        "annual_volatility",
        "downside_deviation",
        "skewness",
        "kurtosis",
        "ulcer_index",
        "compound_growth",
        "max_drawdown",
        "current_drawdown",
        "equity_curve",
        "arch_lm",
    )
}
BESIDE: dict[str, Arguments] = {
    name: {"returns": SERIES, "benchmark": BENCHMARK}
    for name in ("alpha", "beta", "jensens_alpha", "treynor_ratio", "information_ratio", "tracking_error")
}
CASES: dict[str, Arguments] = {
    **ALONE,
    **BESIDE,
    "drawdowns": {"equity": (1.0 + SERIES).cumprod()},
    "ledoit_wolf": {"returns": RETURNS},
    "analyse": {"returns": RETURNS},
    "repaired": {"covariance": COVARIANCE},
    "nearest_correlation": {"matrix": RETURNS.corr()},
    "absorption_ratio": {"covariance": COVARIANCE},
    "average_correlation": {"covariance": COVARIANCE},
    "weighted_average_correlation": {"covariance": COVARIANCE, "exposure": HELD},
    "with_variances": {"covariance": COVARIANCE, "variances": WEIGHTS},
    "correlation_change": {"recent": RETURNS[-60:], "before": RETURNS[:-60]},
    "portfolio_variance": {"covariance": COVARIANCE, "exposure": HELD},
    "component_var": {"covariance": COVARIANCE, "exposure": HELD, "confidence": 0.99},
    "weights_of": {"exposure": HELD},
    "herfindahl": {"weights": WEIGHTS},
    "effective_number": {"weights": WEIGHTS},
    "risk_contributions": {"weights": WEIGHTS, "covariance": COVARIANCE},
    "risk_budget": {"covariance": COVARIANCE, "budgets": WEIGHTS},
    "risk_parity": {"covariance": COVARIANCE},
    "kelly_multi_asset": {"drifts": 0.1 * WEIGHTS, "risk_free": 0.01, "covariance": 252 * COVARIANCE},
    "replay": {"returns": RETURNS, "exposures": HELD},
    "reverse_stress": {"exposures": HELD, "covariance": COVARIANCE, "loss": 10.0},
    "joint_returns": {"covariance": COVARIANCE, "paths": 100},
    "days_under_water": {"returns": SERIES, "window_days": 30},
    "recovery_time": {"returns": SERIES, "loss": 0.1, "paths": 200},
    "conditional_coverage": {"hits": SERIES < -VAR, "confidence": 0.95},
    "fit_garch": {"returns": SERIES},
    "quantile_loss": {"pnl": SERIES, "var": VAR, "confidence": 0.95},
    "z1": {"pnl": SERIES, "var": VAR, "es": 1.3 * VAR},
    "z2": {"pnl": SERIES, "var": VAR, "es": 1.3 * VAR, "confidence": 0.95},
}
#: Of numbers and names alone, or tested with pandas where they live.
ELSEWHERE = {"kupiec", "traffic_light", "MismatchedLabels", "value_at_risk", "run_backtests", "volatility"}
#: What the axes of the result, or of one of its fields, are labelled with.
OUT: dict[str, tuple[str | None, list[pd.Index]]] = {
    "equity_curve": (None, [DAYS]),
    "drawdowns": (None, [DAYS]),
    "ledoit_wolf": ("covariance", [ASSETS, ASSETS]),
    "analyse": ("clustering", [ASSETS]),
    "repaired": (None, [ASSETS, ASSETS]),
    "nearest_correlation": (None, [ASSETS, ASSETS]),
    "with_variances": (None, [ASSETS, ASSETS]),
    "component_var": (None, [ASSETS]),
    "weights_of": (None, [ASSETS]),
    "risk_contributions": (None, [ASSETS]),
    "risk_budget": (None, [ASSETS]),
    "risk_parity": (None, [ASSETS]),
    "kelly_multi_asset": (None, [ASSETS]),
    "reverse_stress": ("returns", [ASSETS]),
    "joint_returns": (None, [pd.RangeIndex(100), ASSETS]),
}
TOGETHER = sorted(
    name
    for name, arguments in CASES.items()
    if sum(isinstance(value, pd.Series | pd.DataFrame) for value in arguments.values()) > 1
)


def bare(value: Any) -> Any:
    """The same as arrays."""
    if isinstance(value, pd.Series | pd.DataFrame):
        return value.to_numpy()
    if hasattr(value, "__struct_fields__"):
        return {name: bare(getattr(value, name)) for name in value.__struct_fields__}
    return np.asarray(value) if isinstance(value, tuple) and not hasattr(value, "_fields") else value


def call(name: str, arguments: Arguments) -> Any:
    function: Callable[..., Any] = getattr(batch, name)
    return function(**arguments)


def test_every_function_has_a_case() -> None:
    """What is exported is tested here or named as tested elsewhere."""
    assert CASES.keys() | ELSEWHERE == set(batch.__all__)


@pytest.mark.parametrize("name", CASES)
def test_pandas_gives_what_arrays_give(name: str) -> None:
    """The same numbers, whatever the labels."""
    plain = call(name, {key: bare(value) for key, value in CASES[name].items()})
    np.testing.assert_equal(bare(call(name, CASES[name])), bare(plain))


@pytest.mark.parametrize("name", OUT)
def test_what_comes_out_has_the_labels(name: str) -> None:
    """Series and DataFrames with those that went in."""
    field, labels = OUT[name]
    result = call(name, CASES[name])
    found = getattr(result, field) if field else result
    assert [list(axis) for axis in found.axes] == [list(axis) for axis in labels]


@pytest.mark.parametrize("name", TOGETHER)
def test_arguments_are_aligned_by_their_labels(name: str) -> None:
    """The last argument in another order changes nothing."""
    arguments = dict(CASES[name])
    last = [key for key, value in arguments.items() if isinstance(value, pd.Series | pd.DataFrame)][-1]
    turned = arguments[last].iloc[::-1]
    if name == "correlation_change":  # whose assets are what the two have in common
        turned = arguments[last].iloc[:, ::-1]
    elif isinstance(turned, pd.DataFrame):
        turned = turned.iloc[:, ::-1]
    np.testing.assert_equal(bare(call(name, {**arguments, last: turned})), bare(call(name, arguments)))


@pytest.mark.parametrize("name", TOGETHER)
def test_labels_that_do_not_match_are_named(name: str) -> None:
    """A label that one argument lacks is an error that names it, never a guess by position."""
    arguments = dict(CASES[name])
    last = [key for key, value in arguments.items() if isinstance(value, pd.Series | pd.DataFrame)][-1]
    renamed = (
        {"DDD": "EEE"} if name not in {*BESIDE, "quantile_loss", "z1", "z2"} else {DAYS[3]: DAYS[3].replace(year=2031)}
    )
    value = arguments[last]
    odd = value.rename(columns=renamed) if isinstance(value, pd.DataFrame) else value.rename(renamed)
    if isinstance(value, pd.DataFrame) and name != "correlation_change":
        odd = odd.rename(index=renamed)
    with pytest.raises(MismatchedLabels, match=rf"`{last}` (lacks|has) (asset 'DDD'|asset 'EEE'|time Timestamp)"):
        call(name, {**arguments, last: odd})


def test_a_label_twice_is_refused() -> None:
    """Whose value would it be?"""
    with pytest.raises(MismatchedLabels, match=r"`returns` has time .* twice"):
        batch.beta(pd.concat([SERIES, SERIES[:1]]), BENCHMARK)


#: The argument that has the labels of time, of functions that have one.
IN_TIME = {
    name: key
    for name, arguments in CASES.items()
    for key, value in reversed(arguments.items())
    if isinstance(value, pd.Series | pd.DataFrame) and isinstance(value.index, pd.DatetimeIndex)
}


@pytest.mark.parametrize("name", IN_TIME)
@pytest.mark.parametrize("order", [slice(None, None, -1), [1, 0, *range(2, 10)], [0, 0, *range(1, 10)]])
def test_time_runs_forward(name: str, order: Any) -> None:
    """Newest first, two days changed over, or a day twice is an error that says so: nothing is computed backwards."""
    key = IN_TIME[name]
    turned = CASES[name][key].iloc[order]
    with pytest.raises(MismatchedLabels, match=rf"`{key}` has time Timestamp.* (twice|the oldest first)"):
        call(name, {**CASES[name], key: turned})


@pytest.mark.parametrize("function", [batch.value_at_risk, batch.run_backtests])
def test_time_runs_forward_in_what_takes_profits(function: Callable[..., Any]) -> None:
    """So with the VaR and its backtests, whose labels are the index alone."""
    with pytest.raises(ValueError, match=r"`returns` has labels from 20.* the oldest first"):
        function(SERIES[::-1])
    with pytest.raises(ValueError, match=r"`returns` has labels from 20.* the oldest first"):
        function(pd.concat([SERIES, SERIES[-1:]]))


@pytest.mark.parametrize("name", [*ALONE, *BESIDE])
def test_a_frame_is_one_result_a_column(name: str) -> None:
    """Each as the column alone gives it."""
    arguments = dict(CASES[name])
    together = call(name, {**arguments, "returns": RETURNS})
    assert list(together.columns if isinstance(together, pd.DataFrame) else together.index) == list(ASSETS)
    for asset in ASSETS:
        np.testing.assert_equal(bare(together[asset]), bare(call(name, {**arguments, "returns": RETURNS[asset]})))


def test_a_mapping_is_by_asset() -> None:
    """As a Series would be."""
    assert batch.portfolio_variance(COVARIANCE, HELD.to_dict()) == batch.portfolio_variance(COVARIANCE, HELD)
