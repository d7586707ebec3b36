"""The table of exceptions, as printed and as in the documentation."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from arch.data import sp500
from scipy import stats

from risk.backtests.run import BacktestRun, run_backtests
from riskstream.library.backtest import HEADINGS, Cell, markdown, p_text, rows_of, sp500_log_returns
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
    rows = {(row[0].text, row[1].text): row for row in rows_of(whole_run())}
    days = len(whole_run().returns)
    for model, counts in TABLE.items():
        for level, count in zip((0.95, 0.975, 0.99, 0.999), counts, strict=True):
            row = rows[f"{level:.1%}", model]
            assert row[2].text == f"{count} / {days * (1.0 - level):.1f}"
            share, rate = count / days, 1.0 - level
            statistic = -2.0 * (stats.binom.logpmf(count, days, rate) - stats.binom.logpmf(count, days, share))
            p_value = float(stats.chi2.sf(statistic, 1))
            assert row[3] == Cell(p_text(p_value), p_value >= 0.05)


def test_every_test_has_a_column() -> None:
    """What the run's tests say of a cell is what its row shows, and whether each is passed."""
    tests = whole_run().tests().loc[("filtered_historical", 0.99)]
    row = next(row for row in rows_of(whole_run()) if row[:2] == (("99.0%", None), ("filtered_historical", None)))
    assert len(row) == len(HEADINGS)
    for cell, name in zip(row[3:6], ("kupiec_p", "independence_p", "coverage_p"), strict=True):
        assert cell == Cell(f"{tests[name]:.3f}", bool(tests[name] >= 0.05))
    assert row[6] == Cell("yellow", passes=False)
    assert row[7] == Cell(f"{tests['z2']:.3f} / {tests['z2_critical']:.3f}", passes=False)


def test_a_book_that_never_moves_is_refused_by_the_model_that_cannot(recwarn: pytest.WarningsRecorder) -> None:
    """No GARCH of it: that model's row says why, all others are tested, and nothing else is said; alone it is a row
    with a reason, too."""
    run = run_backtests(np.zeros(600), ["ewma_normal", "garch_normal", "historical_250"], warmup=500)
    *others, last = rows_of(run)
    assert list(run.refused) == ["garch_normal"]
    assert "no stationary GARCH" in last[-1].text
    assert [cell.text for cell in last[:3]] == ["all", "garch_normal", "-"]
    assert [row[2].text for row in others if row[0].text == "99.0%"] == ["0 / 1.0"] * 2
    assert not recwarn.list
    alone = run_backtests(np.zeros(600), ["garch_normal"], warmup=500)
    assert [row[1].text for row in rows_of(alone)] == ["garch_normal"]
    assert markdown(alone).count("\n") == 3


def test_the_documentation_has_the_table() -> None:
    """What the page shows is what the code gives now."""
    shown = DOCUMENT.read_text("utf-8").split("<!-- backtests:begin -->\n")[1].split("<!-- backtests:end -->")[0]
    assert shown == markdown(whole_run()), "put the output of `riskstream backtest --markdown` there"


@pytest.mark.parametrize(("value", "text"), [(0.5, "0.500"), (0.0005, "0.001"), (0.0004, "<0.001"), (0.0, "<0.001")])
def test_small_p_values_are_said_to_be_small(value: float, text: str) -> None:
    """No p-value is printed as nothing."""
    assert p_text(value) == text
