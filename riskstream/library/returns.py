"""Returns of closes that a person brings, and what in them looks like a mistake."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from risk.estimators.sampler import ReturnSampler, split_like

#: Of prices that may be negative: no larger return is one, either way.
_RETURN_MAX = 0.999


def simple_returns(prices: pd.DataFrame, negative: list[str]) -> pd.DataFrame:
    """(close - before) / abs(before) [T - 1, N]. A symbol of ``negative`` may have prices of zero or below, and is held
    to the engine's rule (:class:`risk.estimators.sampler.ReturnSampler`): no return goes across zero or begins near it.

    :raises ValueError: a close after which such a symbol has no return; the message names the cell.
    """
    for symbol in negative:
        _require_returns(prices[symbol])
    before = prices.shift()
    returns: pd.DataFrame = (prices / before - 1.0) * np.sign(before)
    return returns.iloc[1:]


def split_warnings(returns: pd.DataFrame) -> Iterator[str]:
    """Each return that looks like a split of shares that the prices are not adjusted for."""
    table = returns.to_numpy()
    for row, column in np.argwhere(np.abs(table) > 0.2).tolist():
        change = float(table[row, column])
        if split_like(change):
            day, symbol = str(returns.index[row])[:10], str(list(returns)[column])
            yield f"{symbol} moved by {100.0 * change:+.1f} % on {day}, as by a split: are its prices adjusted?"


def _require_returns(closes: pd.Series[float]) -> None:
    sampler = ReturnSampler(_RETURN_MAX, gap_max=0, split_tolerance=0.0, negative=True)
    before = float("nan")
    for row, (day, close) in enumerate(closes.items()):
        refusal = sampler.update(float(close), row).refusal
        if refusal is not None:
            cell = f"`prices.loc[{str(day)[:10]}, {str(closes.name)!r}]`"
            raise ValueError(f"{cell} is {close} after {before}, expected a step that has a return ({refusal})")
        before = close
