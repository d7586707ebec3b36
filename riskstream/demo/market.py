"""The demo's market: real daily closes, and between them generated steps.

During a played day prices go from yesterday's close to today's along a Brownian bridge (in logarithms, seeded by the
day, with the volatility of the last 20 days), so every close is the real one and what lies between is generated.
Spreads are the instrument's assumed ones, wider when the VIX is high; volumes are assumed (see ``history``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from riskstream.demo import days as calendar
from riskstream.demo.days import Day
from riskstream.demo.history import Floats, History
from schemas.market import Bar, IndexLevel, Quote, Trade
from schemas.reference import Instrument

SECOND_NS = 1_000_000_000
DAY_NS = 86_400 * SECOND_NS
OPEN_NS = (14 * 60 + 30) * 60 * SECOND_NS
CLOSE_NS = 21 * 3600 * SECOND_NS
LAST_STEP_BEFORE_CLOSE_NS = 10 * SECOND_NS
CALM_VIX = 15.0
_TICK_GAP_NS = 1_000_000


#: What a moment of a session consists of.
Published = Trade | Quote | IndexLevel
#: What ends a day: a bar of each symbol, before the first session also the levels of the indices.
Closing = tuple[Bar | IndexLevel, ...]


class Step(NamedTuple):
    """One moment of a session: what the market published, and the prices it left."""

    time_ns: int
    events: tuple[Published, ...]
    prices: dict[str, Decimal]


class Session(NamedTuple):
    """One played trading day, 14:30 to 21:00 UTC; the last step is at the day's close, ``bars`` end it."""

    date: date
    midnight_ns: int
    steps: tuple[Step, ...]
    bars: Closing


class Market:
    """All market data of the demo as a function of the seed.

    ``steps`` is the number of moments in a played day.
    """

    def __init__(self, history: History, instruments: tuple[Instrument, ...], seed: int = 1, steps: int = 4) -> None:
        by_symbol = {each.symbol: each for each in instruments}
        self.history, self.seed, self.steps = history, seed, steps
        self.instruments = tuple(by_symbol[symbol] for symbol in history.symbols)

    def warm_up(self, until: date = calendar.PLAY_FROM) -> Iterator[Closing]:
        """A tuple of bars and index levels for each day from 2018 to the day before ``until``."""
        for day in calendar.days(self.history):
            if day.date >= until:
                return
            path = np.vstack([day.opened_at, day.closes])
            yield self._closing(day, path)

    def sessions(self, start: date = calendar.PLAY_FROM) -> Iterator[Session]:
        """Played days, without end."""
        for day in calendar.days(self.history, start):
            path = self._path(day)
            steps = tuple(self._step(day, index, path[index]) for index in range(self.steps))
            yield Session(day.date, day.midnight_ns, steps, self._closing(day, path, quoted=True))

    def _random(self, day: Day) -> np.random.Generator:
        return np.random.default_rng((self.seed, day.date.toordinal()))

    def _path(self, day: Day) -> Floats:
        """Prices at each step, shape (steps, N): a bridge in logarithms whose last row is the day's closes."""
        scale = day.volatility / math.sqrt(self.steps)
        walk = np.cumsum(self._random(day).standard_normal((self.steps, len(day.closes))) * scale, axis=0)
        share = np.arange(1, self.steps + 1)[:, None] / self.steps
        bridge = walk - share * walk[-1]
        path: Floats = np.exp(np.log(day.opened_at) * (1 - share) + np.log(day.closes) * share + bridge)
        return path

    def _step(self, day: Day, index: int, row: Floats) -> Step:
        last = CLOSE_NS - LAST_STEP_BEFORE_CLOSE_NS
        time_ns = day.midnight_ns + OPEN_NS + (last - OPEN_NS) * index // max(1, self.steps - 1)
        share = (index + 1) / self.steps
        vix = _between(day.vix, share)
        events: list[Published] = [_level("VIX", vix, time_ns), _level("SPX", _between(day.spx, share), time_ns)]
        prices: dict[str, Decimal] = {}
        for number, (instrument, price) in enumerate(zip(self.instruments, row, strict=True)):
            rounded = prices[instrument.symbol] = _rounded(instrument, float(price))
            at = time_ns + (number + 1) * _TICK_GAP_NS
            size = _volume(instrument, day.volume_factor / self.steps)
            events.append(Trade(symbol=instrument.symbol, price=rounded, quantity=size, event_time_ns=at))
            events.append(_quote(instrument, rounded, vix, at))
        return Step(time_ns, tuple(events), prices)

    def _closing(self, day: Day, path: Floats, *, quoted: bool = False) -> Closing:
        end = day.midnight_ns + CLOSE_NS
        levels = () if quoted else (_level("VIX", day.vix[1], end), _level("SPX", day.spx[1], end))
        columns = zip(self.instruments, day.opened_at, path.T, strict=True)
        bars = (
            _bar(instrument, float(opened), column, day.volume_factor, end) for instrument, opened, column in columns
        )
        return (*levels, *bars)


def _between(ends: tuple[float, float], share: float) -> float:
    return ends[0] + (ends[1] - ends[0]) * share


def _rounded(instrument: Instrument, price: float) -> Decimal:
    ticks = max(1, round(price / float(instrument.tick_size)))
    return ticks * instrument.tick_size


def _level(symbol: str, level: float, time_ns: int) -> IndexLevel:
    return IndexLevel(symbol=symbol, level=Decimal(f"{level:.2f}"), event_time_ns=time_ns)


def _quote(instrument: Instrument, price: Decimal, vix: float, time_ns: int) -> Quote:
    """Bid and ask around the price, rounded outwards to the tick; the spread grows with the VIX."""
    half = float(price) * (instrument.spread_bps or 1.0) / 20_000 * max(1.0, vix / CALM_VIX)
    ticks = max(1, math.ceil(half / float(instrument.tick_size) - 0.5))
    bid = max(price - ticks * instrument.tick_size, instrument.tick_size)
    return Quote(symbol=instrument.symbol, bid=bid, ask=price + ticks * instrument.tick_size, event_time_ns=time_ns)


def _volume(instrument: Instrument, factor: float) -> Decimal:
    return Decimal(max(1, round(float(instrument.adv or 1) * factor)))


def _bar(instrument: Instrument, opened: float, path: Floats, factor: float, end_ns: int) -> Bar:
    first, close = _rounded(instrument, opened), _rounded(instrument, float(path[-1]))
    high, low = _rounded(instrument, float(path.max())), _rounded(instrument, float(path.min()))
    return Bar(
        symbol=instrument.symbol,
        open=first,
        high=max(high, first),
        low=min(low, first),
        close=close,
        volume=_volume(instrument, factor),
        period_ns=DAY_NS,
        event_time_ns=end_ns,
    )
