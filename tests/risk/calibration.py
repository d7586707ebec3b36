"""What the measures of the whole market were from 2012 to 2022, beside the limits that ship:
``python -m tests.risk.calibration docs/limits.md`` renews the document's table in place.

Windows of 500 daily returns of the demo's 20 stocks, one every 21 days; the regime by the settings of the market view.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from risk.estimators.ewma import EwmaVariance
from risk.estimators.settings import MarketConfig
from risk.estimators.welford import Welford
from risk.market_analysis import ROWS
from risk.measures.analysis import analyse
from riskstream.demo.history import load
from schemas.presets import PRESETS

STEP = 21
BEGIN, END = "<!-- calibration:begin -->\n", "<!-- calibration:end -->"
SHARES = (0.5, 0.9, 0.95, 0.99, 1.0)
Vector = NDArray[np.float64]


@cache
def observed() -> dict[str, Vector]:
    """Values of each measure by the name of its limit."""
    closes = np.asarray(load().closes, dtype=np.float64)
    returns = closes[1:] / closes[:-1] - 1.0
    found = [analyse(returns[end - ROWS : end]) for end in range(ROWS, len(returns) + 1, STEP)]
    return {
        "correlation_break_max": np.array([each.correlation_break for each in found]),
        "absorption_max": np.array([each.absorption for each in found]),
        "arch_lm_max": np.concatenate([each.clustering for each in found]),
        "regime_max": regimes(returns),
    }


def regimes(returns: NDArray[np.float64]) -> Vector:
    """Of each symbol and day after the first window."""
    config, size = MarketConfig(), returns.shape[1]
    variance, moments = EwmaVariance(config.lambda_volatility, size=size), Welford(size=size)
    regime, found = config.panel().regime, []
    regime.resize(size)
    for row in returns:
        variance.update(row)
        moments.update(row)
        regime.update(variance.variance, moments.variance)
        found.append(regime.level.copy())
    return np.concatenate(found[ROWS:]).astype(np.float64)


def table() -> str:
    """Quantiles of each measure and the limits of each preset, as Markdown."""
    head = ("limit", *(f"{100 * share:g} %" for share in SHARES), *PRESETS)
    lines = [head, tuple("---" for _ in head)]
    for name, values in observed().items():
        quantiles = (f"{value:.4g}" for value in np.quantile(values, SHARES))
        limits = (f"{getattr(preset.limits, name):g}" for preset in PRESETS.values())
        lines.append((f"`{name}`", *quantiles, *limits))
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def refreshed(text: str) -> str:
    """The document with today's table."""
    head, _, rest = text.partition(BEGIN)
    return head + BEGIN + table() + END + rest.partition(END)[2]


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        Path(argument).write_text(refreshed(Path(argument).read_text("utf-8")), "utf-8")
