"""The table of exceptions, as printed and as in the documentation."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from arch.data import sp500
from scipy import stats

from risk.backtests.run import BacktestRun, run_backtests
from riskstream.library.backtest import exceptions_table, markdown, p_text, sp500_log_returns
from tests.reference.test_backtests import TABLE

DOCUMENT = Path(__file__).parents[2] / "docs" / "backtests.md"


@cache
def whole_run() -> BacktestRun:
    """Every model over the S&P 500."""
    return run_backtests(sp500_log_returns())


def test_the_returns_are_those_of_arch() -> None:
    """Log returns of the adjusted closes, bit by bit, on their days."""
    expected = np.log(sp500.load()["Adj Close"]).diff().dropna()
    found = sp500_log_returns()
    assert (found.to_numpy() == expected.to_numpy()).all()
    assert list(found.index) == list(expected.index)


def test_the_table_is_the_reference() -> None:
    """Every count equals the reference table, and every p-value Kupiec's formula by scipy."""
    table = exceptions_table(whole_run())
    days = len(whole_run().returns)
    for model, counts in TABLE.items():
        for level, count in zip((0.95, 0.975, 0.99, 0.999), counts, strict=True):
            row = table.loc[model]
            assert row[level, "exceptions"] == count
            share, rate = count / days, 1.0 - level
            statistic = -2.0 * (stats.binom.logpmf(count, days, rate) - stats.binom.logpmf(count, days, share))
            assert row[level, "p_value"] == pytest.approx(stats.chi2.sf(statistic, 1), rel=1e-6)
            assert row[level, "passes"] == (row[level, "p_value"] >= 0.05)


def test_the_documentation_has_the_table() -> None:
    """What the page shows is what the code gives now."""
    shown = DOCUMENT.read_text("utf-8").split("<!-- backtests:begin -->\n")[1].split("<!-- backtests:end -->")[0]
    assert shown == markdown(whole_run()), "put the output of `riskstream backtest --markdown` there"


@pytest.mark.parametrize(("value", "text"), [(0.5, "0.500"), (0.0005, "0.001"), (0.0004, "<0.001"), (0.0, "<0.001")])
def test_small_p_values_are_said_to_be_small(value: float, text: str) -> None:
    """No p-value is printed as nothing."""
    assert p_text(value) == text
