"""The spread of an instrument: of its last quote while that is fresh, else the assumed one."""

from __future__ import annotations

from typing import NamedTuple

from risk.market import MarketState
from risk.measures.liquidity import relative_spread
from schemas.reference import Instrument


class Spread(NamedTuple):
    """``relative`` to the mid, nan if unknown; ``quoted_ns`` is the time of the quote, ``None``: it is assumed."""

    relative: float = float("nan")
    quoted_ns: int | None = None

    @property
    def half(self) -> float:
        """What crossing it once costs, a fraction."""
        return 0.5 * self.relative


UNKNOWN = Spread()


def spread_of(instrument: Instrument, market: MarketState, now_ns: int, age_max_ns: float) -> Spread:
    """An old quote says nothing of what selling costs now; nor does one from the future."""
    index = market.index_of(instrument.symbol)
    time_ns = int(market.quote_time_ns[index]) if index is not None else 0
    if index is not None and time_ns and abs(now_ns - time_ns) <= age_max_ns:
        quoted = relative_spread(float(market.bid[index]), float(market.ask[index]))
        if quoted is not None:
            return Spread(quoted, time_ns)
    return Spread(1e-4 * instrument.spread_bps) if instrument.spread_bps is not None else UNKNOWN
