"""What a stress test is given, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from risk.stress.scenario_set import ScenarioSet
from riskstream.library.data import PortfolioData
from schemas.reference import AssetClass, Instrument

_VOLUME_DAYS = 20


def shocks_of(stresses: ScenarioSet, symbol: str, amount: float, known: Mapping[str, Instrument]) -> object:
    """Simple returns [K] of one exposure.

    :raises ValueError: it is not finite, has no instrument, or one without shocks.
    """
    if not abs(amount) < float("inf"):
        raise ValueError(f"`exposures[{symbol!r}]` is {amount}, expected a finite number")
    instrument = known.get(symbol)
    if instrument is None:
        raise ValueError(f"`instruments` lacks {symbol!r}, expected one for every exposure")
    shocks = stresses.shocks(instrument, instrument.currency)
    if shocks is None:
        raise ValueError(
            f"`instruments[{symbol!r}]` is {instrument.asset_class}, {instrument.sector!r}, expected an "
            f"asset class of {', '.join(AssetClass)} and a sector that have stress shocks"
        )
    return shocks


def returns_of(returns: pd.DataFrame, symbols: pd.Index[Any]) -> pd.DataFrame:
    """The returns of the symbols.

    :raises ValueError: one is lacking, or a number is not finite.
    """
    lacking = [symbol for symbol in symbols if symbol not in returns.columns]
    if lacking:
        raise ValueError(f"`returns` lacks {lacking[0]!r}, expected a column for every exposure")
    table = returns[list(symbols)]
    if not np.isfinite(table.to_numpy(dtype=float)).all():
        raise ValueError("`returns` has a number that is not finite, expected simple returns a day")
    return table


def daily_values_of(data: PortfolioData) -> dict[str, float]:
    """Money traded in a day: the smaller of the instrument's average volume and that of the last 20 days."""
    seen = data.volumes.iloc[-_VOLUME_DAYS:].mean() if data.volumes is not None else pd.Series(dtype=float)
    units = {
        symbol: min(float(each.adv or np.inf), float(seen.get(symbol, np.inf)))
        for symbol, each in data.instruments.items()
    }
    return {
        symbol: volume * float(abs(data.prices[symbol].iloc[-1]) * data.multipliers[symbol])
        for symbol, volume in units.items()
        if volume < np.inf
    }
