"""What of a price is confirmed, by count and by time: a bad print, or a burst of them, is never all that was seen.

A view of the market, never journaled. After a takeover it begins with the marks that the new worker sees, and nothing
that must be confirmed is until there are enough of them.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from schemas.market import Mark, MarkKind


class Range(NamedTuple):
    """The least, the middle and the greatest of the values that something had lately."""

    low: float
    middle: float
    high: float

    def times(self, other: Range) -> Range:
        """All products of the one and the other."""
        ends = [one * another for one in (self.low, self.high) for another in (other.low, other.high)]
        return Range(min(ends), self.middle * other.middle, max(ends))

    def scaled(self, factor: float) -> Range:
        """So many times these values."""
        one, another = self.low * factor, self.high * factor
        return Range(min(one, another), self.middle * factor, max(one, another))

    def plus(self, other: Range) -> Range:
        """All sums of the one and the other."""
        return Range(self.low + other.low, self.middle + other.middle, self.high + other.high)


def exactly(value: float) -> Range:
    """What is known and does not move."""
    return Range(value, value, value)


class Sightings:
    """Prices of one symbol in the last ``count`` stretches of time that had some.

    Each stretch begins at least ``step_ns`` after the one before; so the first and the last of them are ``count`` - 1
    steps apart, whatever the pace of the prints.

    >>> seen = Sightings(count=3, step_ns=500)
    >>> for time_ns, price in ((0, 100.0), (500, 80.0), (600, 79.0)):
    ...     seen.update(price, time_ns)
    >>> seen.range is None
    True
    >>> seen.update(101.0, 1_000)
    >>> seen.range
    Range(low=79.0, middle=100.0, high=101.0)
    """

    __slots__ = ("_count", "_step_ns", "_stretches", "time_ns")

    def __init__(self, count: int, step_ns: int) -> None:
        self._count, self._step_ns = count, step_ns
        self._stretches: deque[tuple[int, float, float, float]] = deque(maxlen=count)
        self.time_ns = -1

    def update(self, price: float, time_ns: int) -> None:
        """A price of this time, no older than the last."""
        self.time_ns = time_ns
        began_ns, low, _, high = self._stretches[-1] if self._stretches else (-self._step_ns, price, price, price)
        if time_ns >= began_ns + self._step_ns:
            self._stretches.append((time_ns, price, price, price))
        else:
            self._stretches[-1] = began_ns, min(low, price), price, max(high, price)

    @property
    def range(self) -> Range | None:
        """All prices that were seen, and the middle one of the last of each stretch; ``None`` before there are enough
        to confirm anything."""
        if len(self._stretches) < self._count:
            return None
        lasts = sorted(last for _, _, last, _ in self._stretches)
        lows, highs = (each[1] for each in self._stretches), (each[3] for each in self._stretches)
        return Range(min(lows), lasts[len(lasts) // 2], max(highs))


class RecentPrices:
    """The sightings of all instruments and exchange rates: ``count`` of each, over at least ``time_ns``."""

    def __init__(self, count: int, time_ns: int) -> None:
        self._count, self._step_ns = count, max(1, -(-time_ns // (count - 1)))
        self._of: dict[MarkKind, dict[str, Sightings]] = {kind: {} for kind in MarkKind}

    def take(self, mark: Mark) -> None:
        """The price of a mark that was taken; one without a price says nothing."""
        if mark.price is None:
            return
        known = self._of[mark.kind]
        seen = known.get(mark.symbol)
        if seen is None:
            seen = known[mark.symbol] = Sightings(self._count, self._step_ns)
        seen.update(float(mark.price), mark.event_time_ns)

    def price(self, symbol: str) -> Range | None:
        """Of an instrument, in its currency."""
        seen = self._of[MarkKind.INSTRUMENT].get(symbol)
        return seen.range if seen is not None else None

    def rate(self, base: str, quote: str) -> Range | None:
        """Of one ``base`` in ``quote``, from the direct rate or the inverse one, the newer."""
        if base == quote:
            return exactly(1.0)
        rates = self._of[MarkKind.FX]
        direct, inverse = rates.get(f"{base}/{quote}"), rates.get(f"{quote}/{base}")
        if inverse is None or (direct is not None and direct.time_ns >= inverse.time_ns):
            return direct.range if direct is not None else None
        found = inverse.range
        return Range(1.0 / found.high, 1.0 / found.middle, 1.0 / found.low) if found is not None else None
