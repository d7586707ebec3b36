"""What an order gateway publishes on the orders topic, and what the venue says of an order's end."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from schemas.base import Event, Identifier, Side, Text, TimeNs, require_positive


class OrderType(StrEnum):
    """FIX OrdType (40), the four that are supported."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"


class TimeInForce(StrEnum):
    """FIX TimeInForce (59)."""

    DAY = "day"
    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"


class CloseReason(StrEnum):
    """Why a venue ended an order."""

    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"


class OrderRequest(Event, frozen=True, kw_only=True):
    """A new order that waits for its decision. ``dry_run`` asks what would be decided and reserves nothing."""

    order_id: Identifier
    account_id: Identifier
    symbol: Identifier
    side: Side
    quantity: Decimal
    order_type: OrderType = OrderType.MARKET
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.DAY
    strategy_id: Identifier | None = None
    trader_id: Identifier | None = None
    parent_order_id: Identifier | None = None
    reduce_only: bool = False
    dry_run: bool = False
    event_time_ns: TimeNs

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive(self, "quantity")


class OrderReplace(Event, frozen=True, kw_only=True):
    """Change quantity or price of a working order; ``order_id`` is the new id, ``original_order_id`` the old one.

    ``quantity`` is the whole new quantity still to be worked.
    """

    order_id: Identifier
    original_order_id: Identifier
    account_id: Identifier
    quantity: Decimal
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    strategy_id: Identifier | None = None
    trader_id: Identifier | None = None
    event_time_ns: TimeNs

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive(self, "quantity")


class OrderCancel(Event, frozen=True, kw_only=True):
    """Ask to cancel a working order. Always approved; the reservation ends with the venue's :class:`OrderClosed`."""

    order_id: Identifier
    original_order_id: Identifier
    account_id: Identifier
    strategy_id: Identifier | None = None
    trader_id: Identifier | None = None
    event_time_ns: TimeNs


class OrderClosed(Event, frozen=True, kw_only=True):
    """The venue ended an order: what is left of its reservation is released."""

    order_id: Identifier
    account_id: Identifier
    reason: CloseReason
    text: Text = ""
    event_time_ns: TimeNs


class Fill(Event, frozen=True, kw_only=True):
    """A (partial) execution. ``price`` and ``commission`` are in the instrument's currency."""

    fill_id: Identifier
    order_id: Identifier
    account_id: Identifier
    symbol: Identifier
    side: Side
    quantity: Decimal
    price: Decimal
    commission: Decimal = Decimal(0)
    event_time_ns: TimeNs

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive(self, "quantity")
