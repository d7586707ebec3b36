"""Volatility of bars in a DataFrame: the estimators' values, by label."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from risk.estimators.ranges import Ohlc
from risk.estimators.yang_zhang import YangZhang
from riskstream.batch import volatility

DAYS = pd.date_range("2024-01-01", periods=60, freq="D")
_MOVES = np.random.default_rng(5).normal(0.0, 0.01, (60, 4))
CLOSES = pd.Series(100.0 * np.exp(np.cumsum(_MOVES[:, 0])), index=DAYS)
BARS = pd.DataFrame(
    {
        "open": CLOSES * (1.0 + 0.2 * _MOVES[:, 1]),
        "high": CLOSES * (1.01 + abs(_MOVES[:, 2])),
        "low": CLOSES * (0.99 - abs(_MOVES[:, 3])),
        "close": CLOSES,
    }
)


@pytest.mark.parametrize(("method", "least"), [("parkinson", 20), ("garman_klass", 20), ("yang_zhang", 21)])
def test_it_begins_when_the_window_is_full(method: str, least: int) -> None:
    """nan before, by the bars' labels."""
    found = volatility(BARS, method)
    assert list(found.index) == list(DAYS)
    assert found.isna().tolist() == [True] * (least - 1) + [False] * (61 - least)


def test_it_is_the_estimators() -> None:
    """The last value, annual."""
    estimator = YangZhang(20)
    for at, row in enumerate(BARS.to_numpy().tolist()):
        estimator.update(Ohlc(*row, time_ns=at))
    assert volatility(BARS).iloc[-1] == pytest.approx(np.sqrt(252 * estimator.variance), rel=1e-12)


def test_closes_are_enough_for_returns() -> None:
    """RiskMetrics' EWMA equals pandas' own, adjusted; the realised one is the root mean square."""
    changes = CLOSES.pct_change()
    expected = np.sqrt(252 * (changes**2).ewm(alpha=0.06).mean())
    np.testing.assert_allclose(volatility(CLOSES, "ewma")[1:], expected[1:], rtol=1e-12)
    realised = np.sqrt(252 * (changes**2).rolling(20).mean())
    np.testing.assert_allclose(volatility(BARS, "realised", window=20), realised, rtol=1e-10)


def test_bad_bars_are_named() -> None:
    """With label and reason; so are a method and a column that are not there."""
    broken = BARS.copy()
    broken.loc[DAYS[7], "high"] = 0.5
    with pytest.raises(ValueError, match=r"2024-01-08 .* is refused: bar_inconsistent"):
        volatility(broken)
    with pytest.raises(ValueError, match="`method` is 'range', expected one of ewma, realised"):
        volatility(BARS, "range")
    with pytest.raises(ValueError, match="expected high, low too"):
        volatility(BARS[["open", "close"]])


def test_bars_run_forward() -> None:
    """Newest first is an error."""
    with pytest.raises(ValueError, match=r"`bars` has time .* the oldest first"):
        volatility(BARS[::-1])
