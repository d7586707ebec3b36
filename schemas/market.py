"""Market data: what feeds publish on the ticks topic, and what the market agent makes of it.

Prices may be of either sign here: whether an instrument's may, its reference data says, and whoever reads prices asks.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import msgspec

from schemas.base import Currency, Event, Identifier, TimeNs, Version, require_positive


class Trade(Event, frozen=True, kw_only=True):
    """One trade print."""

    symbol: Identifier
    price: Decimal
    quantity: Decimal
    event_time_ns: TimeNs

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive(self, "quantity")


class Quote(Event, frozen=True, kw_only=True):
    """Best bid and ask."""

    symbol: Identifier
    bid: Decimal
    ask: Decimal
    event_time_ns: TimeNs

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.ask < self.bid:
            raise ValueError(f"`ask` is {self.ask}, expected at least the bid {self.bid}")


class Bar(Event, frozen=True, kw_only=True):
    """One closed bar of event time; returns are sampled on these, never on ticks. ``event_time_ns`` is its end."""

    symbol: Identifier
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal = Decimal(0)
    period_ns: Annotated[int, msgspec.Meta(gt=0, le=2**63 - 1)]
    event_time_ns: TimeNs

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.low <= min(self.open, self.close) <= max(self.open, self.close) <= self.high:
            raise ValueError(f"`high` is {self.high} and `low` {self.low}, expected them around open and close")
        if self.volume < 0:
            raise ValueError(f"`volume` is {self.volume}, expected at least 0")


class IndexLevel(Event, frozen=True, kw_only=True):
    """Level of an index that is not traded itself, such as ``VIX`` or ``SPX``."""

    symbol: Identifier
    level: Decimal
    event_time_ns: TimeNs

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive(self, "level")


class FxRate(Event, frozen=True, kw_only=True):
    """Price of one unit of ``base`` in ``quote`` currency."""

    base: Currency
    quote: Currency
    rate: Decimal
    event_time_ns: TimeNs

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive(self, "rate")
        if self.base == self.quote:
            raise ValueError(f"`quote` is {self.quote}, expected another currency than the base")

    @property
    def symbol(self) -> str:
        """The key under which the rate travels and is stored, such as ``EUR/USD``."""
        return f"{self.base}/{self.quote}"


class MarkKind(StrEnum):
    """What a mark is the mark of."""

    INSTRUMENT = "instrument"
    INDEX = "index"
    FX = "fx"


class Mark(Event, frozen=True, kw_only=True):
    """Conflated market state of one symbol, broadcast to every worker.

    ``volume`` is what was traded since the last closed bar. ``event_time_ns`` is the time of the last price,
    ``quote_time_ns`` that of bid and ask. ``version`` counts up per symbol.
    """

    symbol: Identifier
    kind: MarkKind = MarkKind.INSTRUMENT
    price: Decimal | None = None
    bid: Decimal | None = None
    ask: Decimal | None = None
    volume: Decimal = Decimal(0)
    event_time_ns: TimeNs
    quote_time_ns: TimeNs | None = None
    version: Version

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.version < 0:
            raise ValueError(f"`version` is {self.version}, expected at least 0")
