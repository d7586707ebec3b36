"""Trading days without end: the data's own, then laps of it chained on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import numpy as np

from riskstream.demo.history import Floats, History

WARM_UP_FROM = date(2018, 1, 1)
PLAY_FROM = date(2020, 2, 1)
_VOLATILITY_DAYS = 20


class Day(NamedTuple):
    """One trading day. ``opened_at`` are the closes of the day before; arrays have the shape (N,).

    ``volatility`` is the daily one of the 20 days before; ``spx`` and ``vix`` are (the day before, this day).
    """

    date: date
    opened_at: Floats
    closes: Floats
    volatility: Floats
    spx: tuple[float, float]
    vix: tuple[float, float]
    volume_factor: float

    @property
    def midnight_ns(self) -> int:
        """00:00 UTC of the day."""
        start = datetime(self.date.year, self.date.month, self.date.day, tzinfo=UTC)
        return int(start.timestamp()) * 1_000_000_000


def days(history: History, start: date = WARM_UP_FROM) -> Iterator[Day]:
    """Every trading day from ``start`` on, without end.

    After the last day of the data the days since 2018 begin again: their returns are applied to the last prices,
    on the following Mondays to Fridays.
    """
    first, lap = history.position(start), history.position(WARM_UP_FROM)
    yield from (_real(history, position) for position in range(first, len(history.dates)))
    last = _real(history, len(history.dates) - 1)
    while True:
        for position in range(lap, len(history.dates)):
            last = _chained(history, position, last)
            yield last


def warm_up_dates(history: History) -> list[date]:
    """The trading days that the models have seen when play begins."""
    return [day for day in history.dates if WARM_UP_FROM <= day < PLAY_FROM]


def _real(history: History, position: int) -> Day:
    returns = np.diff(np.log(history.closes[position - _VOLATILITY_DAYS - 1 : position]), axis=0)
    return Day(
        history.dates[position],
        history.closes[position - 1],
        history.closes[position],
        returns.std(axis=0),
        _pair(history.spx, position),
        _pair(history.vix, position),
        float(history.volume_factor[position]),
    )


def _pair(values: Floats, position: int) -> tuple[float, float]:
    return float(values[position - 1]), float(values[position])


def _chained(history: History, position: int, last: Day) -> Day:
    again = _real(history, position)
    before, after = again.spx
    return again._replace(
        date=_next_weekday(last.date),
        opened_at=last.closes,
        vix=(last.vix[1], again.vix[1]),
        closes=last.closes * again.closes / again.opened_at,
        spx=(last.spx[1], last.spx[1] * after / before),
    )


def _next_weekday(day: date) -> date:
    return day + timedelta(days=3 if day.weekday() == 4 else 1)
