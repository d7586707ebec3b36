"""The contract of the metrics that take one return at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite, nan
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import risk.backtests.tracker
import risk.performance.track_record  # noqa: F401 - all that keeps such a state is loaded
from risk.measures.var import historical_var_es
from risk.performance.alpha import alpha
from risk.performance.available import NotAvailable
from risk.performance.beta import beta
from risk.performance.calmar import calmar_ratio
from risk.performance.correlation import StreamingCorrelation, correlation
from risk.performance.downside import downside_deviation
from risk.performance.drawdown import current_drawdown, max_drawdown
from risk.performance.hit_rate import hit_rate
from risk.performance.information_ratio import information_ratio
from risk.performance.jensen import jensens_alpha
from risk.performance.moments import kurtosis, skewness
from risk.performance.omega import omega_ratio
from risk.performance.returns import observed
from risk.performance.running import Streaming
from risk.performance.sharpe import sharpe_ratio
from risk.performance.sortino import sortino_ratio
from risk.performance.streaming import (
    StreamingAlpha,
    StreamingBeta,
    StreamingCalmar,
    StreamingDownside,
    StreamingDrawdown,
    StreamingHistoricalVar,
    StreamingHitRate,
    StreamingInformationRatio,
    StreamingJensen,
    StreamingKurtosis,
    StreamingMean,
    StreamingOmega,
    StreamingSharpe,
    StreamingSkewness,
    StreamingSortino,
    StreamingTailRatio,
    StreamingTrackingError,
    StreamingTreynor,
    StreamingUlcer,
    StreamingVolatility,
)
from risk.performance.streaming_tail import Window
from risk.performance.tail_ratio import tail_ratio
from risk.performance.tracking_error import tracking_error
from risk.performance.treynor import treynor_ratio
from risk.performance.ulcer import ulcer_index
from risk.performance.volatility import annual_volatility
from tests.risk.performance.metrics import pairs

Rows = NDArray[np.float64]


def batch_mean(returns: Rows) -> Any:
    seen = observed(returns)
    return float(seen.mean()) if len(seen) else NotAvailable("0 observations, at least 1 needed")


def last(returns: Rows) -> Rows:
    """The observations of a window of 500."""
    return observed(returns)[-500:]


def batch_var(returns: Rows) -> tuple[Any, Any]:
    """VaR and ES at 90 % of the window, or the reason."""
    seen = last(returns)
    if len(seen) < 10:
        return (NotAvailable(f"{len(seen)} observations, at least 10 needed"),) * 2
    return historical_var_es(seen, 0.9)


@dataclass(frozen=True)
class Case:
    """A streaming metric, its value, and the same from all rows [series, T] at once."""

    make: Callable[[], Any]
    batch: Callable[..., Any]
    value: Callable[[Any], Any] = lambda metric: metric.value
    series: int = 1
    #: How far apart the two may be: what divides by a small difference keeps fewer digits.
    tolerance: float = 1e-12

    def run(self, rows: Rows) -> Any:
        metric = self.make()
        for row in rows[: self.series].T.tolist():
            metric.update(*row)
        return metric


CASES = {
    "mean": Case(StreamingMean, batch_mean),
    "volatility": Case(lambda: StreamingVolatility(periods=52), lambda r: annual_volatility(r, 52)),
    "sharpe": Case(lambda: StreamingSharpe(risk_free=1e-4), lambda r: sharpe_ratio(r, 1e-4)),
    "downside": Case(lambda: StreamingDownside(mar=1e-3), lambda r: downside_deviation(r, 1e-3)),
    "hit_rate": Case(lambda: StreamingHitRate(threshold=1e-3), lambda r: hit_rate(r, 1e-3)),
    "max_drawdown": Case(StreamingDrawdown, max_drawdown),
    "current_drawdown": Case(StreamingDrawdown, current_drawdown, lambda metric: metric.current),
    "beta": Case(StreamingBeta, beta, series=2),
    "tracking_error": Case(lambda: StreamingTrackingError(periods=12), lambda r, m: tracking_error(r, m, 12), series=2),
    "sortino": Case(lambda: StreamingSortino(mar=1e-3), lambda r: sortino_ratio(r, 1e-3)),
    "omega": Case(lambda: StreamingOmega(threshold=1e-3), lambda r: omega_ratio(r, 1e-3), tolerance=1e-10),
    "ulcer": Case(StreamingUlcer, ulcer_index),
    "calmar": Case(lambda: StreamingCalmar(periods=52), lambda r: calmar_ratio(r, 52), tolerance=1e-10),
    "skewness": Case(StreamingSkewness, skewness, tolerance=1e-9),
    "kurtosis": Case(StreamingKurtosis, kurtosis, tolerance=1e-9),
    "information": Case(StreamingInformationRatio, information_ratio, series=2, tolerance=1e-10),
    "treynor": Case(lambda: StreamingTreynor(risk_free=1e-4), lambda r, m: treynor_ratio(r, m, 1e-4), series=2),
    "jensen": Case(lambda: StreamingJensen(risk_free=1e-4), lambda r, m: jensens_alpha(r, m, 1e-4), series=2),
    "alpha": Case(lambda: StreamingAlpha(periods=12), lambda r, m: alpha(r, m, periods=12), series=2, tolerance=1e-10),
    "correlation": Case(StreamingCorrelation, correlation, series=2, tolerance=1e-9),
    "tail_ratio": Case(lambda: StreamingTailRatio(tail=0.1), lambda r: tail_ratio(last(r), 0.1), tolerance=1e-10),
    "var": Case(lambda: StreamingHistoricalVar(confidence=0.9), lambda r: batch_var(r)[0]),
    "shortfall": Case(lambda: StreamingHistoricalVar(confidence=0.9), lambda r: batch_var(r)[1], lambda m: m.shortfall),
}
ALL = pytest.mark.parametrize("name", CASES)


def kinds_of(base: type) -> set[type]:
    return {each for kind in base.__subclasses__() for each in (kind, *kinds_of(kind))}


def test_every_metric_has_a_case() -> None:
    """Whatever is called streaming is under this contract; the rest of what keeps such a state are their parts and
    what has a suite of its own."""
    assert {kind.__name__ for kind in kinds_of(Streaming) - {type(case.make()) for case in CASES.values()}} == {
        *("Moments", "CoMoments", "HigherMoments", "Regression", "Window"),
        *("Alone", "Beside", "TrackRecord", "BacktestTracker"),
    }


def random_rows(count: int = 2_000) -> Rows:
    rows = np.random.default_rng(5).normal(2e-4, 0.01, (2, count))
    rows[0] += 0.8 * rows[1]
    rows[0, ::17], rows[1, ::23] = nan, nan
    return rows


@ALL
@settings(max_examples=40, deadline=None)
@given(rows=st.one_of(pairs(), pairs(least=35, most=50)))
def test_streaming_equals_batch(name: str, rows: Rows) -> None:
    """After any returns and gaps: the batch's value to the case's tolerance, its reason, and drawdowns bit for bit."""
    case = CASES[name]
    one, all_at_once = case.value(case.run(rows)), case.batch(*rows[: case.series])
    if isinstance(all_at_once, float) and abs(all_at_once) < 1e9:
        assert one == pytest.approx(all_at_once, rel=case.tolerance, abs=case.tolerance)
    elif isinstance(all_at_once, float):
        assert not isinstance(one, float) or abs(one) > 1e8  # divided by next to nothing
    else:
        assert one == all_at_once


@ALL
@pytest.mark.parametrize("count", [2, 22, 50, 2_000])
def test_streaming_equals_batch_over_years(name: str, count: int) -> None:
    """At any length up to eight years of days, to the case's tolerance."""
    case, rows = CASES[name], random_rows()[:, 1 : count + 1]
    one, all_at_once = case.value(case.run(rows)), case.batch(*rows[: case.series])
    assert isinstance(one, NotAvailable) == isinstance(all_at_once, NotAvailable)
    assert count < 50 or not isinstance(one, NotAvailable)
    assert one == (pytest.approx(all_at_once, rel=case.tolerance) if isinstance(one, float) else all_at_once)


def test_a_small_deviation_at_a_high_level_survives() -> None:
    """sd 1e-4 at level 1e5 is right to 1e-6, where E[x^2] - E[x]^2 has no digit left."""
    metric, returns = StreamingVolatility(periods=1), 1e5 + 1e-4 * np.tile([-1.0, 1.0], 500)
    for value in returns.tolist():
        metric.update(value)
    assert metric.value == pytest.approx(1e-4 * np.sqrt(1000 / 999), rel=1e-6)
    naive = np.mean(returns**2) - np.mean(returns) ** 2
    assert not 0.5e-8 < naive < 2e-8


@ALL
@settings(max_examples=25, deadline=None)
@given(rows=st.one_of(pairs(), pairs(least=35, most=50)))
def test_its_state_survives_its_bytes(name: str, rows: Rows) -> None:
    """Decoding what was encoded gives the same bytes and value, and goes on alike."""
    case = CASES[name]
    one = case.run(rows)
    two = type(one).decode(one.encode())
    assert (two.encode(), case.value(two)) == (one.encode(), case.value(one))
    for row in random_rows(5)[: case.series].T.tolist():
        one.update(*row)
        two.update(*row)
    assert two.encode() == one.encode()


@ALL
def test_numbers_of_any_kind_leave_the_same_bytes(name: str) -> None:
    """A numpy scalar or an integer is the float that it equals."""
    case = CASES[name]
    metrics = [case.make(), case.make(), case.make()]
    for metric, kind in zip(metrics, (float, np.float64, int), strict=True):
        for value in (0, 1, 2):
            metric.update(*([kind(value)] * case.series))
    assert len({metric.encode() for metric in metrics}) == 1


@ALL
@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.tuples(st.floats(-1.0, 1e3), st.floats(-1.0, 1e3)), max_size=40))
def test_finite_in_gives_finite_state(name: str, rows: list[tuple[float, float]]) -> None:
    """Whatever finite returns come, no nan and no infinity is in the state."""

    def floats(state: Any) -> list[float]:
        if isinstance(state, dict):
            return [number for part in state.values() for number in floats(part)]
        return [state] if isinstance(state, float) else []

    metric = CASES[name].run(np.array(rows).reshape(-1, 2).T)
    assert all(isfinite(number) for number in floats(msgspec.to_builtins(metric)))


@ALL
@pytest.mark.parametrize("bad", [inf, -inf, 1e7])
def test_what_is_out_of_range_is_refused(name: str, bad: float) -> None:
    """It raises, names the value, and changes nothing."""
    case = CASES[name]
    metric = case.run(random_rows(20))
    before = metric.encode()
    with pytest.raises(ValueError, match=r"`(value|benchmark)` is"):
        metric.update(*([0.01] * (case.series - 1)), bad)
    with pytest.raises(ValueError, match="`value` is"):
        metric.update(bad, *([0.01] * (case.series - 1)))
    assert metric.encode() == before


def test_a_loss_of_more_than_everything_is_refused() -> None:
    """As is growth beyond a float; the state stays."""
    metric = StreamingDrawdown()
    for _ in range(61):
        metric.update(1e5)
    before = metric.encode()
    with pytest.raises(ValueError, match="at least -1"):
        metric.update(-1.1)
    with pytest.raises(ValueError, match="infinity"):
        metric.update(1e6)
    assert metric.encode() == before


@ALL
def test_too_short_is_not_available(name: str) -> None:
    """A new metric has the batch's reason for no observations."""
    case = CASES[name]
    assert case.value(case.make()) == case.batch(*np.empty((case.series, 0)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: StreamingVolatility(periods=0.0),
        lambda: StreamingSharpe(risk_free=nan),
        lambda: StreamingSharpe(periods=-1.0),
        lambda: StreamingDownside(mar=inf),
        lambda: StreamingDownside(periods=nan),
        lambda: StreamingHitRate(threshold=nan),
        lambda: StreamingTrackingError(periods=inf),
        lambda: StreamingSortino(mar=nan),
        lambda: StreamingOmega(threshold=inf),
        lambda: StreamingCalmar(periods=0.0),
        lambda: StreamingTreynor(risk_free=nan),
        lambda: StreamingTailRatio(tail=0.5),
        lambda: StreamingHistoricalVar(confidence=1.0),
        lambda: Window(size=0),
        lambda: Window(recent=[0.1], ordered=[0.2]),
    ],
)
def test_ranges_are_checked_at_construction(make: Callable[[], object]) -> None:
    """A setting outside its range never makes a metric."""
    with pytest.raises(ValueError, match="expected"):
        make()


@ALL
@pytest.mark.parametrize("data", [b"", b"\x93\x01\x02\x03", msgspec.msgpack.encode({"count": "x", "moments": 1})])
def test_bytes_of_something_else_are_refused(name: str, data: bytes) -> None:
    """What is not its own bytes raises msgspec's error."""
    with pytest.raises(msgspec.DecodeError):
        type(CASES[name].make()).decode(data)
