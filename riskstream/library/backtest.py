"""The table of VaR backtests: how often each model was exceeded, and which tests that passes."""

from __future__ import annotations

import gzip
import importlib.util
from math import isnan
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd

from risk.backtests.run import BacktestRun
from risk.backtests.traffic_light import Zone
from riskstream.figures import figure

#: A model whose p-value is below this is refused.
SIGNIFICANCE = 0.05


def sp500_log_returns() -> pd.Series[float]:
    """Daily log returns of the S&P 500, 1999 to 2018, from the data of the package ``arch``.

    :raises FileNotFoundError: it is not installed.
    """
    spec = importlib.util.find_spec("arch")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the package arch, which carries the S&P 500's closes, is not installed")
    path = Path(spec.submodule_search_locations[0]) / "data" / "sp500" / "sp500.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        table = pd.read_csv(file, parse_dates=["Date"], index_col="Date", date_format="%m/%d/%Y")
    returns: pd.Series[float] = np.log(table["Adj Close"]).diff().dropna()
    return returns.rename("S&P 500")


class Cell(NamedTuple):
    """What is shown of a test, and whether the model passes it; ``None``: there is no test."""

    text: str
    passes: bool | None = None


#: Headings of :func:`rows_of`.
HEADINGS = (
    "level",
    "model",
    "exceptions / expected",
    "Kupiec p",
    "independence p",
    "coverage p",
    "zone",
    "Z2 / critical",
)
NOTE = "note"


def rows_of(run: BacktestRun) -> list[tuple[Cell, ...]]:
    """Level, model, exceptions of those expected, and every test; a model without forecasts has a note why."""
    tests = run.tests()
    note = (Cell(""),) * bool(run.refused)
    rows = [
        (*_row(level, name, cast("pd.Series[Any]", tests.loc[name].loc[level]), len(run.returns)), *note)
        for level in run.confidences
        for name in run.var
    ]
    nothing = [Cell("-")] * (len(HEADINGS) - 2)
    return rows + [(Cell("all"), Cell(name), *nothing, Cell(reason)) for name, reason in run.refused.items()]


def headings(run: BacktestRun) -> tuple[str, ...]:
    """Those of the rows of this run."""
    return (*HEADINGS, NOTE) if run.refused else HEADINGS


def markdown(run: BacktestRun) -> str:
    """The rows as a table in Markdown; what a test does not refuse is bold."""
    columns = headings(run)
    lines = ["| " + " | ".join(columns) + " |", "|---|---|" + "---:|" * (len(columns) - 2)]
    for row in rows_of(run):
        cells = [f"**{cell.text}**" if cell.passes else cell.text for cell in row]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def p_text(p_value: float) -> str:
    """Three decimals, or that it is less."""
    return f"{p_value:.3f}" if p_value >= 0.0005 else "<0.001"


def _row(level: float, name: str, tests: pd.Series[Any], days: int) -> tuple[Cell, ...]:
    return (
        Cell(f"{level:.1%}"),
        Cell(name),
        Cell(f"{tests['exceptions']} / {days * (1.0 - level):.1f}"),
        *(_p(tests[each]) for each in ("kupiec_p", "independence_p", "coverage_p")),
        Cell(str(tests["zone"]), bool(tests["zone"] == Zone.GREEN)),
        _z2(tests),
    )


def _p(value: float | None) -> Cell:
    if value is None or isnan(value):
        return Cell("-")
    return Cell(p_text(value), bool(value >= SIGNIFICANCE))


def _z2(tests: pd.Series[Any]) -> Cell:
    if tests["z2"] is None or isnan(tests["z2"]):
        return Cell("-")
    return Cell(f"{figure(tests['z2'], '.3f')} / {figure(tests['z2_critical'], '.3f')}", bool(tests["z2_passes"]))
