"""Laws that the metrics keep for every input, and what they refuse."""

from __future__ import annotations

from math import inf, isfinite, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.performance.available import NotAvailable, ratio
from risk.performance.columns import by_column
from risk.performance.drawdown import Drawdown, current_drawdown, max_drawdown
from risk.performance.equity import compound_growth, equity_curve
from risk.performance.sharpe import sharpe_ratio
from tests.risk.performance.metrics import (
    ALONE,
    DEFAULTS_ALONE,
    DEFAULTS_PAIRED,
    PAIRED,
    PATH,
    Vector,
    finite_series,
    numbers,
    pairs,
    series,
)

ANY_ALONE = pytest.mark.parametrize("name", ALONE)
ANY_PAIRED = pytest.mark.parametrize("name", PAIRED)
#: By what a metric grows when all returns grow by c.
DEGREE = {
    "volatility": 1,
    "downside": 1,
    "sharpe": 0,
    "sortino": 0,
    "skewness": 0,
    "kurtosis": 0,
    "omega": 0,
    "tail_ratio": 0,
    "hit_rate": 0,
}
PAIRED_DEGREE = {"beta": 0, "jensen": 1, "treynor": 1, "tracking_error": 1, "information": 0, "correlation": 0}


@ANY_ALONE
@settings(max_examples=35, deadline=None)
@given(returns=finite_series())
def test_finite_in_finite_out(name: str, returns: Vector) -> None:
    """Whatever finite returns come, the result is a finite number or a reason, without a warning."""
    result = ALONE[name][0](returns)
    assert isinstance(result, NotAvailable) or all(isfinite(number) for number in numbers(result))


@ANY_PAIRED
@settings(max_examples=35, deadline=None)
@given(returns=st.integers(0, 30).flatmap(lambda n: st.tuples(finite_series(n, n), finite_series(n, n))))
def test_finite_pairs_in_finite_out(name: str, returns: tuple[Vector, Vector]) -> None:
    """Against any benchmark too."""
    result = PAIRED[name][0](*returns)
    assert isinstance(result, NotAvailable) or isfinite(result)


@pytest.mark.parametrize("name", DEGREE)
@settings(max_examples=25, deadline=None)
@given(returns=series(), scale=st.floats(0.01, 100.0))
def test_scaling(name: str, returns: Vector, scale: float) -> None:
    """Returns times c > 0 leave ratios and shapes as they were and multiply deviations by c."""
    one, two = ALONE[name][0](returns), ALONE[name][0](returns * scale)
    if isinstance(one, NotAvailable):
        assert two == one
    else:
        assert two == pytest.approx(one * scale ** DEGREE[name], rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", PAIRED_DEGREE)
@settings(max_examples=25, deadline=None)
@given(returns=pairs(), scale=st.floats(0.01, 100.0))
def test_scaling_against_a_benchmark(name: str, returns: Vector, scale: float) -> None:
    """With both times c, beta and information ratio stay, and alpha, Treynor and tracking error grow by c."""
    one, two = PAIRED[name][0](*returns), PAIRED[name][0](*(returns * scale))
    if isinstance(one, NotAvailable):
        assert isinstance(two, NotAvailable)
    elif not isinstance(two, NotAvailable) and abs(one) < 1e9:
        assert two == pytest.approx(one * scale ** PAIRED_DEGREE[name], rel=1e-7, abs=1e-9 * max(1.0, scale))


@pytest.mark.parametrize("name", [name for name in ALONE if name not in PATH])
@settings(max_examples=25, deadline=None)
@given(returns=series())
def test_order_does_not_matter(name: str, returns: Vector) -> None:
    """What does not depend on the path is the same of the sorted returns."""
    one, two = ALONE[name][0](returns), ALONE[name][0](np.sort(returns))
    assert two == (one if isinstance(one, NotAvailable) else pytest.approx(one, rel=1e-9, abs=1e-9))


@ANY_PAIRED
@settings(max_examples=25, deadline=None)
@given(returns=pairs())
def test_the_order_of_pairs_does_not_matter(name: str, returns: Vector) -> None:
    """Pairs may come in any order, if they stay pairs."""
    one, two = PAIRED[name][0](*returns), PAIRED[name][0](*returns[:, ::-1])
    if not isinstance(one, NotAvailable) and abs(one) < 1e9:
        assert two == pytest.approx(one, rel=1e-7, abs=1e-9)


@ANY_ALONE
@given(returns=series(25, 35, gaps=False), gaps=st.lists(st.integers(0, 25), max_size=5))
@settings(max_examples=15, deadline=None)
def test_a_gap_is_no_return(name: str, returns: Vector, gaps: list[int]) -> None:
    """A nan changes no value; only the indices of a drawdown, and the ulcer index by the time spent there."""
    gappy = np.insert(returns, gaps, nan)
    one, two = numbers(ALONE[name][0](returns)), numbers(ALONE[name][0](gappy))
    assert len(one) == len(two)
    if name != "ulcer":
        assert two == one


@ANY_ALONE
def test_too_short_is_not_available(name: str) -> None:
    """One observation too few gives a reason with the number needed, gaps not counted; the number itself is enough. So
    by default, and down to what the formula needs, where one asks for less."""
    metric, default, formula = DEFAULTS_ALONE[name]
    sample = np.where(np.arange(40) % 2 == 0, -0.01, 0.02)
    for least, asked in ((default, {}), (formula, {"observations_min": 0})):
        short = metric(np.append(sample[: least - 1], [nan, nan]), **asked)
        assert short == NotAvailable(f"{least - 1} observations, at least {least} needed")
        assert not isinstance(metric(sample[:least], **asked), NotAvailable)
    assert metric(sample, observations_min=50) == NotAvailable("40 observations, at least 50 needed")


@ANY_PAIRED
def test_too_few_pairs_are_not_available(name: str) -> None:
    """A pair with a gap on either side is none; by default and down to the formula as alone."""
    metric, default, formula = DEFAULTS_PAIRED[name]
    own, market = 0.01 * np.sin(np.arange(30)), 0.01 * np.cos(np.arange(30))
    own[1] = market[3] = nan
    for least, asked in ((default, {}), (formula, {"observations_min": 0})):
        rows = np.flatnonzero(~np.isnan(own + market))[least - 1]
        short = metric(own[:rows], market[:rows], **asked)
        assert short == NotAvailable(f"{least - 1} observations, at least {least} needed")
        assert isinstance(metric(own[: rows + 1], market[: rows + 1], **asked), float)
    assert metric(own, market, observations_min=40) == NotAvailable("28 observations, at least 40 needed")


def test_a_ratio_of_two_days_is_noise() -> None:
    """No Sharpe of 33 a year from two good days."""
    assert sharpe_ratio([0.01, 0.02]) == NotAvailable("2 observations, at least 20 needed")
    assert sharpe_ratio([0.01, 0.02], observations_min=2) == pytest.approx(33.67, abs=0.01)


@pytest.mark.parametrize("level", [0.0, 0.1, 0.01, 1e-5, -0.3])
@pytest.mark.parametrize("count", [4, 30, 1001])
def test_no_dispersion_has_a_reason(level: float, count: int) -> None:
    """A constant return has volatility exactly 0, whatever rounding makes of its mean, and no Sharpe or shape."""
    flat = np.full(count, level)
    assert ALONE["volatility"][0](flat) == 0.0
    assert {ALONE[name][0](flat) for name in ("sharpe", "skewness", "kurtosis")} == {NotAvailable("no dispersion")}
    moving = np.linspace(-0.01, 0.02, count)
    assert {PAIRED[name][0](moving, flat) for name in ("beta", "alpha", "jensen", "treynor")} == {
        NotAvailable("no dispersion of the benchmark")
    }
    assert PAIRED["information"][0](moving, moving) == NotAvailable("no tracking error")
    assert PAIRED["treynor"][0](flat, moving) == NotAvailable("no beta")


def test_nothing_to_divide_by_has_a_reason() -> None:
    """Without a loss there is no Sortino, Calmar, Omega nor tail ratio, and the reason says what is absent."""
    rising = np.linspace(0.0, 0.02, 40)
    reasons = {name: ALONE[name][0](rising).reason for name in ("sortino", "calmar", "omega")}
    assert reasons == {
        "sortino": "no return below the minimum acceptable",
        "calmar": "no drawdown",
        "omega": "no return below the threshold",
    }
    assert ALONE["tail_ratio"][0](np.zeros(40)) == NotAvailable("no bad tail")
    assert isinstance(ratio(1e6, 5e-324, "no loss"), NotAvailable)


def test_what_does_not_compound_has_a_reason() -> None:
    """Growth beyond a float and an intercept that loses everything are reasons; a total loss is -1."""
    assert isinstance(compound_growth(np.full(10, 900.0)), NotAvailable)
    assert compound_growth([0.5, -1.0]) == -1.0
    market = np.array([0.0, 0.01, 0.02, 0.03])
    assert isinstance(PAIRED["alpha"][0](market * 2 + 500.0, market), NotAvailable)
    losing = 2.0 * market - 1.0
    assert isinstance(PAIRED["alpha"][0](losing, market + 0.01), NotAvailable)  # an intercept of -1.02


@ANY_ALONE
@pytest.mark.parametrize("bad", [inf, -inf, 1e7])
def test_an_infinite_return_is_refused(name: str, bad: float) -> None:
    """An error names the field, the place and the value."""
    with pytest.raises(ValueError, match=r"`returns\[2\]` is"):
        ALONE[name][0]([0.01, -0.02, bad, 0.01])


@ANY_PAIRED
def test_series_that_are_no_pairs_are_refused(name: str) -> None:
    """Of different lengths, or with an infinity in the benchmark."""
    with pytest.raises(ValueError, match="`benchmark` has 3 returns, expected 2"):
        PAIRED[name][0]([0.1, 0.2], [0.1, 0.2, 0.3])
    with pytest.raises(ValueError, match=r"`benchmark\[1\]` is"):
        PAIRED[name][0]([0.1, 0.2], [0.1, inf])
    with pytest.raises(ValueError, match="shape"):
        PAIRED[name][0](np.zeros((2, 2)), np.zeros((2, 2)))


@pytest.mark.parametrize("name", ["growth", "calmar", "max_drawdown", "current_drawdown", "ulcer"])
def test_a_loss_of_more_than_everything_does_not_compound(name: str) -> None:
    """A return below -1 is refused where equity is compounded; so is equity beyond a float."""
    with pytest.raises(ValueError, match=r"`returns\[1\]` is"):
        ALONE[name][0]([0.01, -1.5, 0.02])
    with pytest.raises(ValueError, match="compound"):
        ALONE[name][0](np.full(200, 1e5))


@pytest.mark.parametrize(
    ("keyword", "value"), [("periods", 0.0), ("periods", nan), ("periods", inf), ("risk_free", nan), ("risk_free", inf)]
)
def test_settings_out_of_range_are_refused(keyword: str, value: float) -> None:
    """The error names the setting."""
    with pytest.raises(ValueError, match=f"`{keyword}` is"):
        sharpe_ratio([0.01, 0.02], **{keyword: value})


def test_tails_thresholds_and_shapes_out_of_range_are_refused() -> None:
    """A tail of half or more, a threshold that is nan, a table where a series is expected and the reverse."""
    for name, setting in (
        ("tail_ratio", {"tail": 0.5}),
        ("omega", {"threshold": nan}),
        ("downside", {"mar": nan}),
        ("hit_rate", {"threshold": nan}),
        ("sortino", {"mar": inf}),
    ):
        with pytest.raises(ValueError, match=f"`{next(iter(setting))}` is"):
            ALONE[name][0]([0.01, -0.02, 0.01], **setting)
    with pytest.raises(ValueError, match="expected one axis"):
        sharpe_ratio(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="expected two axes"):
        by_column(sharpe_ratio, [0.1, 0.2])


def test_columns_have_their_own_reasons() -> None:
    """Each column of a table gives what it gives alone, settings passed on."""
    table = np.array([[0.01, 0.02, nan], [0.03, 0.02, 0.01], [-0.02, 0.02, nan]])
    found = by_column(sharpe_ratio, table, 0.001, periods=12, observations_min=2)
    assert found == (
        sharpe_ratio(table[:, 0], 0.001, 12, observations_min=2),
        NotAvailable("no dispersion"),
        NotAvailable("1 observations, at least 2 needed"),
    )


@settings(max_examples=100, deadline=None)
@given(returns=series(least=1))
def test_a_drawdown_is_where_it_says(returns: Vector) -> None:
    """Depth is the fall from start to trough; no point in between is above the start, and the end is the first back."""
    worst, now = max_drawdown(returns), current_drawdown(returns)
    if isinstance(worst, NotAvailable) or isinstance(now, NotAvailable):
        assert np.isnan(returns).all()
        return
    curve, last = equity_curve(returns), len(returns)
    assert (
        worst.depth
        == 1.0 - curve[worst.trough] / curve[worst.start]
        == max(1.0 - curve[t] / curve[: t + 1].max() for t in range(last + 1))
    )
    until = last if worst.end is None else worst.end
    assert (curve[worst.start + 1 : until] < curve[worst.start]).all()
    assert worst.end is None or curve[worst.end] >= curve[worst.start]
    assert worst.duration == until - worst.start
    assert now.depth == 1.0 - curve[-1] / curve.max() == 1.0 - curve[-1] / curve[now.start]
    assert (now.end, now.duration) == (last if now.start == last else None, last - now.start)
    assert now.depth <= 1.0 - curve[now.trough] / curve[now.start] <= worst.depth


def test_drawdowns_that_never_came_and_that_tie() -> None:
    """Without a loss the depth is 0 at the start; of two equal drawdowns the first is the deepest."""
    assert max_drawdown([0.0, 0.1]) == Drawdown(0.0, 0, 0, 0, 0)
    assert max_drawdown([-0.5, 1.0, -0.5, 1.0]) == Drawdown(0.5, 0, 1, 2, 2)
    assert current_drawdown([-0.5, 1.0]) == Drawdown(0.0, 2, 2, 2, 0)
    assert max_drawdown([-1.0, 5.0]) == Drawdown(1.0, 0, 1, None, 2)


@pytest.mark.parametrize("name", [*ALONE, *PAIRED])
def test_inputs_stay_unchanged(name: str) -> None:
    """No metric writes into what it is given."""
    own, market = np.array([0.01, nan, -0.02, 0.03] * 8), np.array([0.02, 0.01, nan, -0.01] * 8)
    before = own.tobytes(), market.tobytes()
    own.flags.writeable = market.flags.writeable = False
    if name in PAIRED:
        PAIRED[name][0](own, market)
    else:
        ALONE[name][0](own)
    assert (own.tobytes(), market.tobytes()) == before
