"""Reference data: instruments and accounts. What of it feeds a decision enters the journal with its version."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import msgspec

from schemas.base import (
    Currency,
    Event,
    Identifier,
    Part,
    Text,
    TimeNs,
    Version,
    check_decimal,
    require_positive,
    shown,
)
from schemas.limits import LimitSet

#: Bid and ask are two mid prices apart at most, the bid being 0 then.
SpreadBps = Annotated[float, msgspec.Meta(gt=0, le=20_000)]


class AssetClass(StrEnum):
    """Classes for which stress shocks are defined."""

    EQUITY = "equity"
    INDEX = "index"
    FX = "fx"
    BOND = "bond"
    COMMODITY = "commodity"
    CRYPTO = "crypto"


class Instrument(Event, frozen=True, kw_only=True):
    """A tradable instrument. ``adv`` is the average daily volume in units, ``spread_bps`` the assumed full spread;
    ``negative_prices``: they may be zero or below, as those of futures."""

    symbol: Identifier
    asset_class: AssetClass = AssetClass.EQUITY
    sector: Identifier = "unclassified"
    currency: Currency = "USD"
    tick_size: Decimal = Decimal("0.01")
    lot_size: Decimal = Decimal(1)
    multiplier: Decimal = Decimal(1)
    adv: Decimal | None = None
    spread_bps: SpreadBps | None = None
    restricted: bool = False
    negative_prices: bool = False
    note: Text = ""
    version: Version = 1
    event_time_ns: TimeNs = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive(self, "tick_size", "lot_size", "multiplier", "adv", "spread_bps")


class OpeningPosition(Part, frozen=True, kw_only=True):
    """A position that an account starts with; ``price`` is its average cost per unit."""

    symbol: Identifier
    quantity: Decimal
    price: Decimal

    def __post_init__(self) -> None:
        check_decimal("quantity", self.quantity)
        check_decimal("price", self.price)


class Account(Event, frozen=True, kw_only=True):
    """An account, its place in the firm and what it starts with.

    ``preset`` names one that ships with the product or that the workers were given; ``limits`` replaces its limits as a
    whole.
    ``version`` must grow with every change; cash and positions of later versions are ignored (fills rule them).
    """

    account_id: Identifier
    desk_id: Identifier = "main"
    firm_id: Identifier = "firm"
    base_currency: Currency = "USD"
    cash: dict[Currency, Decimal] = {}
    positions: tuple[OpeningPosition, ...] = ()
    preset: Identifier = "standard"
    limits: LimitSet | None = None
    symbols_allowed: tuple[Identifier, ...] | None = None
    short_allowed: bool = True
    version: Version = 1
    event_time_ns: TimeNs = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        for currency, amount in self.cash.items():
            check_decimal(f"cash.{shown(currency)}", amount)
        symbols = [position.symbol for position in self.positions]
        twice = next((symbol for symbol in symbols if symbols.count(symbol) > 1), None)
        if twice is not None:
            raise ValueError(
                f"`positions` has {shown(twice)!r} {symbols.count(twice)} times, expected each symbol once"
            )
