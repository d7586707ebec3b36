"""The backtest as a stream."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.backtests.acerbi_szekely import z1, z2
from risk.backtests.christoffersen import conditional_coverage, independence, transitions
from risk.backtests.kupiec import kupiec
from risk.backtests.quantile_loss import quantile_loss
from risk.backtests.tracker import INSUFFICIENT, BacktestTracker
from risk.backtests.traffic_light import multiplier, traffic_light
from risk.var.errors import VarError

FINITE = st.floats(-1e12, 1e12, allow_subnormal=False)
DAYS = st.lists(st.tuples(FINITE, FINITE, FINITE), max_size=40)


def tracker(confidence: float = 0.99, window: int = 250) -> BacktestTracker:
    return BacktestTracker(method="filtered_historical", confidence=confidence, window=window)


def filled(days: int, exceptions: int, confidence: float = 0.99) -> BacktestTracker:
    """So many days, the last of them exceptions."""
    kept = tracker(confidence)
    for day in range(days):
        kept.update(-3.0 if day >= days - exceptions else 1.0, 2.0, 2.5)
    return kept


@pytest.mark.parametrize(
    ("exceptions", "zone"), [(0, "green"), (4, "green"), (5, "yellow"), (9, "yellow"), (10, "red")]
)
def test_the_zone_is_basels(exceptions: int, zone: str) -> None:
    """After 250 days at 99 %, with FRTB's multiplier."""
    kept = filled(250, exceptions)
    assert (kept.observations, kept.exceptions, kept.zone) == (250, exceptions, zone)
    assert kept.figures().multiplier == multiplier(exceptions)
    assert kept.figures("basel_1996").multiplier == multiplier(exceptions, regime="basel_1996")


def test_a_short_window_has_no_zone() -> None:
    """Below 100 days at 99 % one bad day proves nothing: insufficient, the green multiplier, no test; then a zone."""
    young = filled(99, 3)
    assert young.zone == INSUFFICIENT
    figures = young.figures()
    assert (figures.multiplier, figures.kupiec_p, figures.z2) == (1.5, None, None)
    assert filled(100, 3).zone == traffic_light(3, 100, 0.99).value


def test_the_window_rolls() -> None:
    """An exception counts for 250 days and no longer; a loss of exactly the VaR is none."""
    kept = filled(250, 1)
    for _ in range(249):
        kept.update(-2.0, 2.0, 2.5)
        assert kept.exceptions == 1
    kept.update(-2.0, 2.0, 2.5)
    assert (kept.observations, kept.exceptions) == (250, 0)


@settings(deadline=None, max_examples=80)
@given(days=DAYS, window=st.integers(1, 30), cut=st.integers(0, 40))
def test_bytes_bring_it_back_bit_by_bit(days: list[tuple[float, float, float]], window: int, cut: int) -> None:
    """Encoded and decoded anywhere, it goes on as if it had not been, and its bytes are the same."""
    whole, first = tracker(0.9, window), tracker(0.9, window)
    for day in days[:cut]:
        first.update(*day)
    second = BacktestTracker.decode(first.encode())
    assert second == first
    for day in days:
        whole.update(*day)
    for day in days[cut:]:
        second.update(*day)
    assert second.encode() == whole.encode()
    assert second.figures() == whole.figures()


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), window=st.sampled_from([50, 250]))
def test_streaming_equals_batch(seed: int, window: int) -> None:
    """After 400 days every figure is that of the batch tests over the last ``window`` days, to 1e-12; the quantile loss
    that of all days."""
    random = np.random.default_rng(seed)
    rows = np.column_stack([random.standard_t(4, 400), random.uniform(1.0, 2.0, 400), random.uniform(2.0, 3.0, 400)])
    kept = tracker(0.95, window)
    for row in rows.tolist():
        kept.update(*row)
    pnl, var, es = rows[-window:].T
    hits = pnl < -var
    figures = kept.figures()
    assert (figures.observations, figures.exceptions) == (window, int(hits.sum()))
    assert figures.kupiec_p == kupiec(int(hits.sum()), window, 0.95).p_value
    assert figures.coverage_p == conditional_coverage(hits, 0.95).p_value
    assert figures.independence_p == independence(transitions(hits)).p_value
    assert figures.z1 == pytest.approx(z1(pnl, var, es), rel=1e-12)
    assert figures.z2 == pytest.approx(z2(pnl, var, es, 0.95), rel=1e-12)
    assert figures.quantile_loss == pytest.approx(quantile_loss(rows[:, 0], rows[:, 1], 0.95), rel=1e-12)
    assert kept.exceeded == bool(hits[-1])


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_a_bad_day_changes_nothing(place: int, bad: float) -> None:
    """A P&L, VaR or ES that is no number is refused by name, and the state stays as it was."""
    kept = filled(10, 1)
    before = kept.encode()
    day = [-1.0, 2.0, 3.0]
    day[place] = bad
    with pytest.raises(VarError, match=f"`{('pnl', 'var', 'es')[place]}` is"):
        kept.update(*day)
    assert kept.encode() == before


def test_bad_settings_and_bytes_are_refused() -> None:
    """At construction and when decoding; the message names the setting."""
    for settings_, name in (({"confidence": 1.0}, "confidence"), ({"window": 0}, "window")):
        with pytest.raises(VarError, match=f"`{name}`"):
            tracker(**settings_)  # type: ignore[arg-type]
    broken = msgspec.msgpack.decode(filled(3, 0).encode()) | {"window": 0}
    with pytest.raises(msgspec.ValidationError, match="window"):
        BacktestTracker.decode(msgspec.msgpack.encode(broken))


def test_a_forecast_gain_leaves_the_shortfall_tests_out() -> None:
    """With an ES of at most zero Z1 and Z2 are not available; the counts are."""
    kept = tracker(0.9, 50)
    for _ in range(50):
        kept.update(1.0, -0.5, -0.2)
    figures = kept.figures()
    assert (figures.z1, figures.z2) == (None, None)
    assert figures.exceptions == 0
