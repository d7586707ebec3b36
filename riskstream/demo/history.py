"""The demo's market history: real closes, and stated stand-ins for what no bundled file covers.

The VIX is the one of ``arch.data.vix`` from 2014-01-03 to 2019-01-03. On every other day it is a stand-in,
an assumption: :math:`7.3 + 0.65 s_t`, with :math:`s_t` the annualised EWMA volatility (lambda 0.90) of the index in
percent; both coefficients are fitted by least squares on the days that the file covers.

Traded volume is assumed: the instrument's ADV times a factor. To 2018-12-31 the factor is the S&P 500's volume of
``arch.data.sp500`` against its mean since 2014; on other days :math:`\\exp(a + b |r_t| + e_t)` with a, b and the
spread of e fitted on 2014-2018 and e drawn from a generator that is seeded by the day.
"""

from __future__ import annotations

import csv
import gzip
import importlib.util
import io
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

EWMA_DECAY = 0.90
TRADING_DAYS = 252
READ_FROM = "2012-01-01"  # older closes are in the file, and nothing of the demo needs them
FITTED_FROM = date(2014, 1, 1)
_SEED = 20200316


class History(NamedTuple):
    """``T`` days of ``N`` symbols; closes have the shape (T, N), ``spx`` is the S&P 500.

    ``volume_factor`` multiplies an instrument's ADV; ``vix_real`` tells real levels from stand-ins; ``vix_fit`` is
    (constant, slope, correlation) of the stand-in on the days that have both.
    """

    dates: tuple[date, ...]
    symbols: tuple[str, ...]
    closes: Floats
    spx: Floats
    vix: Floats
    vix_real: npt.NDArray[np.bool_]
    vix_fit: tuple[float, float, float]
    volume_factor: Floats

    def position(self, day: date) -> int:
        """Index of the first trading day that is not before ``day``.

        :raises ValueError: the data ends before it.
        """
        for position, each in enumerate(self.dates):
            if each >= day:
                return position
        raise ValueError(f"{day} is after the last day of the data, {self.dates[-1]}")


def load() -> History:
    """Read the files; no pandas, for the demo starts with this."""
    symbols, dates, closes = _closes("sp500_dataset.csv.gz")
    _, _, index = _closes("sp500_index.csv.gz")
    level = index[:, 0]
    returns = np.diff(np.log(level), prepend=np.log(level[0]))
    vix, real, fit = _vix(dates, returns)
    return History(dates, symbols, closes, level, vix, real, fit, _volume_factor(dates, returns))


def ewma_volatility(returns: Floats, decay: float = EWMA_DECAY) -> Floats:
    r"""Annualised volatility in percent: :math:`v_t = \lambda v_{t-1} + (1 - \lambda) r_t^2`, shape (T,)."""
    variance = np.empty_like(returns)
    last = float(np.var(returns[:60]))
    for t, value in enumerate(returns):
        last = decay * last + (1 - decay) * float(value) ** 2
        variance[t] = last
    annual: Floats = 100 * np.sqrt(TRADING_DAYS * variance)
    return annual


def _closes(name: str) -> tuple[tuple[str, ...], tuple[date, ...], Floats]:
    text = gzip.decompress(files("riskstream.demo.data").joinpath(name).read_bytes()).decode()
    header, *rows = text.split()
    rows = [row for row in rows if row >= READ_FROM]
    dates = tuple(date.fromisoformat(row[:10]) for row in rows)
    values = np.array(",".join(row[11:] for row in rows).split(","), dtype=np.float64)
    return tuple(header.split(",")[1:]), dates, values.reshape(len(rows), -1)


def _arch_column(folder: str, column: str) -> dict[date, float]:
    spec = importlib.util.find_spec("arch")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the package arch, which carries the VIX, is not installed")
    path = Path(spec.submodule_search_locations[0]) / "data" / folder / f"{folder}.csv.gz"
    rows = csv.DictReader(io.StringIO(gzip.decompress(path.read_bytes()).decode()))
    return {_american(row["Date"]): float(row[column]) for row in rows if row[column] != "."}


def _american(text: str) -> date:
    month, day, year = text.split("/")
    return date(int(year), int(month), int(day))


def _on(dates: tuple[date, ...], values: dict[date, float]) -> Floats:
    return np.array([values.get(day, np.nan) for day in dates])


def _vix(dates: tuple[date, ...], returns: Floats) -> tuple[Floats, npt.NDArray[np.bool_], tuple[float, float, float]]:
    real = _on(dates, _arch_column("vix", "vix"))
    volatility = ewma_volatility(returns)
    known = np.isfinite(real)
    slope, constant = np.polyfit(volatility[known], real[known], 1)
    correlation = float(np.corrcoef(volatility[known], real[known])[0, 1])
    level: Floats = np.where(known, real, constant + slope * volatility).round(2)
    return level, known, (float(constant), float(slope), correlation)


def _volume_factor(dates: tuple[date, ...], returns: Floats) -> Floats:
    volume = _on(dates, _arch_column("sp500", "Volume"))
    fitted = np.isfinite(volume) & np.array([day >= FITTED_FROM for day in dates])
    factor = volume / volume[fitted].mean()
    slope, constant = np.polyfit(np.abs(returns[fitted]), np.log(factor[fitted]), 1)
    fit = constant + slope * np.abs(returns)
    noise = float(np.std(np.log(factor[fitted]) - fit[fitted]))
    drawn = np.random.default_rng(_SEED).standard_normal(len(dates))
    filled: Floats = np.where(fitted, factor, np.exp(fit + noise * drawn))
    return filled
