"""The answer to an order: one explained decision, with all ten layers and everything it was decided on."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import msgspec

from schemas.base import Count, Event, Identifier, Label, Part, Side, Text, TimeNs, Version
from schemas.orders import OrderCancel, OrderReplace, OrderRequest, OrderType, TimeInForce
from schemas.reasons import Reason


class Status(StrEnum):
    """The verdict on an order."""

    APPROVED = "approved"
    REJECTED = "rejected"


class Verdict(StrEnum):
    """What a check says. ``unavailable`` (an input is missing or stale) rejects like ``fail``; ``exempt``: the measure
    is beyond its limit or unknown, and the order passes because it only reduces risk; ``skipped``: the order came too
    late to be approved, whatever this layer would say."""

    PASS = "pass"  # noqa: S105
    WARN = "warn"
    FAIL = "fail"
    UNAVAILABLE = "unavailable"
    EXEMPT = "exempt"
    SKIPPED = "skipped"

    @property
    def rejects(self) -> bool:
        """Whether an order with this verdict is refused."""
        return self is Verdict.FAIL or self is Verdict.UNAVAILABLE


class Check(Part, frozen=True, kw_only=True, gc=False):
    """One measure against one limit. ``headroom`` is the unused share of it: 1 untouched, 0 at it, below 0 beyond."""

    name: Label
    measure: float | None = None
    limit: float | None = None
    unit: Label = ""
    headroom: float | None = None
    verdict: Verdict = Verdict.PASS
    reason: Reason | None = None


class LayerResult(Part, frozen=True, kw_only=True, gc=False):
    """What one layer says. Measure, limit, unit, headroom and reason are those of its binding check: the first that
    rejects, else the one with the least headroom. ``input_age_ns`` is the age of the oldest input it used."""

    layer: Annotated[int, msgspec.Meta(ge=1, le=10)]
    name: Label
    measure: float | None = None
    limit: float | None = None
    unit: Label = ""
    headroom: float | None = None
    input_age_ns: int | None = None
    verdict: Verdict = Verdict.PASS
    reason: Reason | None = None
    checks: tuple[Check, ...] = ()


class MarkUsed(Part, frozen=True, kw_only=True, gc=False):
    """A market input of a decision, by value."""

    symbol: Identifier
    price: float
    event_time_ns: TimeNs
    version: Version


class Terms(Part, frozen=True, kw_only=True, gc=False):
    """What an order was approved with, beside its quantity: a replace that does not change it keeps it."""

    order_type: OrderType = OrderType.MARKET
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.DAY
    strategy_id: Identifier | None = None
    trader_id: Identifier | None = None
    reduce_only: bool = False


class Reservation(Part, frozen=True, kw_only=True, gc=False):
    """Exposure that an approval holds from now on, until fills convert it or a close releases it.

    ``replaces`` names the order whose reservation this one takes over; ``excess`` is what is held only as that one may
    still be live, being larger.
    """

    order_id: Identifier
    symbol: Identifier
    side: Side
    quantity: Decimal
    replaces: Identifier | None = None
    excess: Decimal = Decimal(0)
    terms: Terms | None = None


class Decision(Event, frozen=True, kw_only=True):
    """One order, decided once. ``repeat`` marks the same answer given again to the same order id.

    ``max_quantity`` is the largest approvable part of the quantity asked for, found to a lot or a 1024th of itself: all
    of it when approved. ``marks`` are those of the order's own symbol; ``book_prices`` what every position, currency
    and so ``equity`` (in base currency) was valued at. ``crisis``: the preset's tighter limits held too.
    ``received_at_ns``: when the broker took the order; it had to be decided before ``deadline_ns`` (both on the wall
    clock, whatever clock ``decided_at_ns`` is on).
    """

    order_id: Identifier
    account_id: Identifier
    status: Status
    reason: Reason
    fix_ord_rej_reason: Count | None = None
    text: Text = ""
    score: Annotated[float, msgspec.Meta(ge=0, le=100)] = 0.0
    max_quantity: Decimal = Decimal(0)
    recommendations: tuple[Text, ...] = ()
    layers: tuple[LayerResult, ...] = ()
    reducing: bool = False
    dry_run: bool = False
    repeat: bool = False
    order: OrderRequest | OrderReplace | OrderCancel
    reservation: Reservation | None = None
    preset: Label = ""
    limits_version: Version = 0
    crisis: bool = False
    marks: tuple[MarkUsed, ...] = ()
    equity: float | None = None
    book_prices: dict[Identifier, float] = {}
    market_version: Version = 0
    received_at_ns: TimeNs | None = None
    deadline_ns: TimeNs | None = None
    decided_at_ns: TimeNs
