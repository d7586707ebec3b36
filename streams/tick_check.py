"""Which ticks are none: what a feed can't have meant goes to the dead letters before it is in any mark. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from schemas.market import Bar, Quote, Trade
from streams.conflate import Tick

MILLISECOND_NS = 1_000_000
FUTURE = "in the future"
PRICE = "price_invalid"
#: Of prices of instruments the one that none is below; those of indices and rates are positive by their schema.
_LOWEST: dict[type, str] = {Trade: "price", Quote: "bid", Bar: "low"}


class TickCheck:
    """Prices that are not positive, but of symbols whose prices may be ``negative``; and times that are more than
    ``future_max_ns`` ahead of the clock (``None``: there is none to hold them against). ``refused`` counts."""

    def __init__(self, future_max_ns: int, clock_ns: Callable[[], int] | None, negative: Callable[[str], bool]) -> None:
        self._future_max_ns, self._clock_ns, self._negative = future_max_ns, clock_ns, negative
        self.refused: Counter[str] = Counter()

    def refusal(self, tick: Tick) -> str | None:
        """Why a tick is not taken, or ``None``."""
        name = _LOWEST.get(type(tick))
        if name is not None and getattr(tick, name) <= 0 and not self._negative(tick.symbol):
            self.refused[PRICE] += 1
            return f"`{name}` is {getattr(tick, name)}, expected more than 0: {PRICE}"
        if self._clock_ns is None:
            return None
        ahead_ns = tick.event_time_ns - self._clock_ns()
        if ahead_ns <= self._future_max_ns:
            return None
        self.refused[FUTURE] += 1
        return (
            f"`event_time_ns` is {tick.event_time_ns}, {ahead_ns // MILLISECOND_NS} ms ahead of the clock, "
            f"expected at most {self._future_max_ns // MILLISECOND_NS} ms"
        )
