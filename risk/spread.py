"""The spread of an instrument: of its last quote while that is fresh, else the assumed one or a wider old one."""

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
    """An old quote says nothing good of what selling costs now, nor does one from the future: it counts only where it
    was wider than what is assumed, and for nothing where nothing is."""
    index = market.index_of(instrument.symbol)
    time_ns = int(market.quote_time_ns[index]) if index is not None else 0
    quoted = relative_spread(float(market.bid[index]), float(market.ask[index])) if index is not None else None
    if quoted is not None and time_ns and abs(now_ns - time_ns) <= age_max_ns:
        return Spread(quoted, time_ns)
    if instrument.spread_bps is None:
        return UNKNOWN
    return Spread(max(1e-4 * instrument.spread_bps, quoted or 0.0))
