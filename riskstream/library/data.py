"""What the library's classes work on: prices, positions, instruments and limits of one account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import pandas as pd

from risk.window import WINDOW
from riskstream.library.frames import checked_positions, checked_prices
from riskstream.library.returns import simple_returns, split_warnings
from schemas.limits import LimitSet
from schemas.presets import PRESETS, Preset
from schemas.reference import Instrument


@dataclass(frozen=True, eq=False, kw_only=True)
class PortfolioData:
    """One account and its market, in one currency. Made by :func:`portfolio_data`.

    ``prices`` daily closes [T, N] by day and symbol, chronological; ``positions`` units [N]; ``cash`` money;
    ``volumes`` units [T, N], where they are known; ``benchmark`` closes [T] of an index; ``vix`` its last level.
    """

    prices: pd.DataFrame
    positions: pd.Series[float]
    cash: float
    instruments: Mapping[str, Instrument]
    limits: LimitSet
    preset: str = "standard"
    account_id: str = "main"
    short_allowed: bool = True
    volumes: pd.DataFrame | None = None
    benchmark: pd.Series[float] | None = None
    vix: float | None = None

    @cached_property
    def returns(self) -> pd.DataFrame:
        """Simple returns [T - 1, N].

        :raises ValueError: of :func:`riskstream.library.returns.simple_returns`.
        """
        return simple_returns(self.prices, [name for name, each in self.instruments.items() if each.negative_prices])

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What looks like a mistake in the prices, over as many returns as the engine takes."""
        return tuple(split_warnings(self.returns.iloc[-WINDOW:]))

    @cached_property
    def multipliers(self) -> pd.Series[float]:
        """Units of the underlying a contract [N]."""
        return pd.Series({symbol: float(self.instruments[symbol].multiplier) for symbol in self.prices.columns})

    @cached_property
    def exposures(self) -> pd.Series[float]:
        """Money in each symbol [N] at the last close, by its absolute value; short is negative."""
        return self.positions * self.prices.iloc[-1].abs() * self.multipliers

    @property
    def equity(self) -> float:
        """Cash and positions at the last close."""
        return self.cash + float((self.positions * self.prices.iloc[-1] * self.multipliers).sum())

    @cached_property
    def book_returns(self) -> pd.Series[float]:
        """What today's positions would have earned each day [T - 1], as a share of today's equity.

        :raises ValueError: no equity to relate it to.
        """
        if not self.equity > 0.0:
            raise ValueError(f"`equity` is {self.equity}, expected above 0: `cash` and positions at the last close")
        return (self.returns @ self.exposures / self.equity).rename("book")

    @property
    def rules(self) -> Preset:
        """The preset: how layers weigh and what volatility is aimed at."""
        return PRESETS[self.preset]


def portfolio_data(
    prices: pd.DataFrame,
    positions: Mapping[str, float] | pd.Series[Any],
    *,
    cash: float = 0.0,
    instruments: Iterable[Instrument] = (),
    limits: LimitSet | None = None,
    preset: str = "standard",
    account_id: str = "main",
    short_allowed: bool = True,
    volumes: pd.DataFrame | None = None,
    benchmark: pd.Series[float] | None = None,
    vix: float | None = None,
) -> PortfolioData:
    """Check and gather. ``limits`` replaces the preset's; a symbol without an instrument is an equity of whole shares
    of which neither volume nor spread is known, which checks that need them refuse. Prices are above zero but where an
    instrument has ``negative_prices``. Without ``volumes``, each day's is
    the instrument's average; without ``vix``, the layer that needs it refuses.

    :raises ValueError: what :mod:`riskstream.library.frames` refuses, a preset that is none, instruments that are not
        of the prices or not in one currency, volumes or a benchmark of other days.
    """
    if preset not in PRESETS:
        raise ValueError(f"`preset` is {preset!r}, expected one of {', '.join(PRESETS)}")
    if not abs(cash) < float("inf"):
        raise ValueError(f"`cash` is {cash}, expected a finite number")
    known = tuple(instruments)
    table = checked_prices(prices, [each.symbol for each in known if each.negative_prices])
    return PortfolioData(
        prices=table,
        positions=checked_positions(positions, table.columns),
        cash=float(cash),
        instruments=_instruments(known, table),
        limits=limits or PRESETS[preset].limits,
        preset=preset,
        account_id=account_id,
        short_allowed=short_allowed,
        volumes=_volumes(volumes, table),
        benchmark=_benchmark(benchmark, table),
        vix=vix,
    )


def exact(value: float) -> Decimal:
    """The shortest decimal that is this float, to the twelve places that events carry."""
    return Decimal(repr(round(float(value), 12)))


def _instruments(given: Iterable[Instrument], prices: pd.DataFrame) -> dict[str, Instrument]:
    known = {each.symbol: each for each in given}
    unknown = sorted(known.keys() - set(prices.columns))
    if unknown:
        raise ValueError(f"`instruments` names {unknown[0]!r}, expected symbols of the prices")
    currencies = {each.currency for each in known.values()}
    if len(currencies) > 1:
        raise ValueError(f"`instruments` are in {', '.join(sorted(currencies))}, expected one currency")
    currency = currencies.pop() if currencies else "USD"
    return {symbol: known.get(symbol) or Instrument(symbol=symbol, currency=currency) for symbol in prices.columns}


def _volumes(volumes: pd.DataFrame | None, prices: pd.DataFrame) -> pd.DataFrame | None:
    if volumes is None:
        return None
    table = pd.DataFrame(
        volumes.to_numpy(dtype=float), index=prices.index[:0].append(volumes.index), columns=volumes.columns
    )
    if table.shape != prices.shape or not (table.columns == prices.columns).all() or not (table.to_numpy() >= 0).all():
        raise ValueError(
            f"`volumes` has shape {table.shape}, expected {prices.shape}, the prices' symbols and units of at least 0"
        )
    return table


def _benchmark(benchmark: pd.Series[float] | None, prices: pd.DataFrame) -> pd.Series[float] | None:
    if benchmark is None:
        return None
    closes = checked_prices(benchmark.to_frame("benchmark"))["benchmark"]
    if not closes.index.equals(prices.index):
        raise ValueError(f"`benchmark` has {len(closes)} days, expected the {len(prices)} of the prices")
    return closes.rename(str(benchmark.name or "benchmark"))
