"""The table of VaR exceptions: how often each model was exceeded, beside how likely that is."""

from __future__ import annotations

import gzip
import importlib.util
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from risk.backtests.run import BacktestRun

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


def exceptions_table(run: BacktestRun) -> pd.DataFrame:
    """Models by (level, what): ``exceptions``, Kupiec's ``p_value``, the ``zone``, and whether the model ``passes``: at
    5 %, or, over windows that overlap, by a zone that is green."""
    tests = run.tests()
    columns = {}
    for level in run.confidences:
        rows = tests.xs(level, level="confidence")
        columns[level, "exceptions"] = rows["exceptions"]
        columns[level, "p_value"] = rows["kupiec_p"].astype(float)
        columns[level, "zone"] = rows["zone"]
        columns[level, "passes"] = (
            rows["kupiec_p"] >= SIGNIFICANCE if run.horizon_days == 1 else rows["zone"] == "green"
        )
    return pd.DataFrame(columns).loc[list(run.var)]


def markdown(run: BacktestRun) -> str:
    """The table as Markdown; what Kupiec's test (of windows that overlap: the zone) does not refuse is bold."""
    table, days = exceptions_table(run), len(run.returns)
    levels = [f"{level:.1%} (expect {days * (1.0 - level):.1f})" for level in run.confidences]
    lines = ["| model | " + " | ".join(levels) + " |", "|---|" + "---:|" * len(levels)]
    for name, row in table.iterrows():
        cells = [_cell(row[level]) for level in run.confidences]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def verdict(cell: pd.Series[Any]) -> str:
    """What a cell of :func:`exceptions_table` says beside its count: the p-value, or the zone where there is none."""
    return str(cell["zone"]) if isnan(cell["p_value"]) else p_text(float(cell["p_value"]))


def p_text(p_value: float) -> str:
    """Three decimals, or that it is less."""
    return f"{p_value:.3f}" if p_value >= 0.0005 else "<0.001"


def _cell(cell: pd.Series[Any]) -> str:
    text = f"{cell['exceptions']} ({'' if isnan(cell['p_value']) else 'p '}{verdict(cell)})"
    return f"**{text}**" if cell["passes"] else text
