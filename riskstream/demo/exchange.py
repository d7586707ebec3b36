"""The demo's venue: what happens to approved orders. Pure, and drawn from the order's id, not from a generator.

Market orders and marketable limits fill at the price plus or minus half the spread: most at once, some in two parts,
some in part and the rest cancelled, a few not at all (rejected by the venue). Other orders rest until they are
cancelled, replaced or the session ends.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from decimal import Decimal
from itertools import count

from schemas.base import Side
from schemas.decisions import Decision, Status
from schemas.orders import CloseReason, Fill, OrderCancel, OrderClosed, OrderReplace, OrderRequest

Report = Fill | OrderClosed
_COMMISSION_PER_SHARE = Decimal("0.005")
_HALF_SPREAD = Decimal("0.01")
_GAP_NS = 1_000_000


class Exchange:
    """Resting orders, by (account, order id)."""

    def __init__(self) -> None:
        self.resting: dict[tuple[str, str], OrderRequest] = {}

    def reports(self, decisions: list[Decision], prices: dict[str, Decimal], time_ns: int) -> list[Report]:
        """Fills and closes that follow from a step's decisions, with event times from ``time_ns`` on."""
        clock = count(time_ns, _GAP_NS)
        return [report for decision in decisions for report in self._answer(decision, prices, clock)]

    def close(self, time_ns: int) -> list[Report]:
        """End of the session: every resting order expires."""
        clock = count(time_ns, _GAP_NS)
        reports: list[Report] = [_closed(order, CloseReason.EXPIRED, next(clock)) for order in self.resting.values()]
        self.resting.clear()
        return reports

    def _answer(self, decision: Decision, prices: dict[str, Decimal], clock: Iterator[int]) -> Iterator[Report]:
        if decision.status is not Status.APPROVED or decision.dry_run or decision.repeat:
            return
        order = decision.order
        if isinstance(order, OrderCancel):
            yield from self._cancel(order, clock)
        elif isinstance(order, OrderReplace):
            self._replace(order)
        elif _rests(order, prices[order.symbol]):
            self.resting[order.account_id, order.order_id] = order
        else:
            yield from _executed(order, prices[order.symbol], clock)

    def _cancel(self, cancel: OrderCancel, clock: Iterator[int]) -> Iterator[Report]:
        order = self.resting.pop((cancel.account_id, cancel.original_order_id), None)
        if order is not None:
            yield _closed(order, CloseReason.CANCELLED, next(clock))

    def _replace(self, replace: OrderReplace) -> None:
        order = self.resting.pop((replace.account_id, replace.original_order_id), None)
        if order is not None:
            self.resting[replace.account_id, replace.order_id] = _replaced(order, replace)


def _replaced(order: OrderRequest, replace: OrderReplace) -> OrderRequest:
    return OrderRequest(
        order_id=replace.order_id,
        account_id=order.account_id,
        symbol=order.symbol,
        side=order.side,
        quantity=replace.quantity,
        order_type=order.order_type,
        limit_price=replace.limit_price,
        event_time_ns=replace.event_time_ns,
    )


def _rests(order: OrderRequest, price: Decimal) -> bool:
    if order.stop_price is not None:
        return True
    if order.limit_price is None:
        return False
    return order.limit_price < price if order.side is Side.BUY else order.limit_price > price


def _executed(order: OrderRequest, price: Decimal, clock: Iterator[int]) -> Iterator[Report]:
    luck = zlib.crc32(order.order_id.encode()) % 100
    if luck < 3:
        yield _closed(order, CloseReason.REJECTED, next(clock))
        return
    at = max(price + order.side.sign * _HALF_SPREAD, _HALF_SPREAD)
    first = order.quantity if luck < 75 or order.quantity < 2 else Decimal(int(order.quantity * 6 / 10))
    yield _fill(order, "1", first, at, next(clock))
    rest = order.quantity - first
    if rest and luck < 90:
        yield _fill(order, "2", rest, at, next(clock))
    elif rest:
        yield _closed(order, CloseReason.CANCELLED, next(clock))


def _fill(order: OrderRequest, number: str, quantity: Decimal, price: Decimal, time_ns: int) -> Fill:
    return Fill(
        fill_id=f"{order.order_id}-{number}",
        order_id=order.order_id,
        account_id=order.account_id,
        symbol=order.symbol,
        side=order.side,
        quantity=quantity,
        price=price,
        commission=quantity * _COMMISSION_PER_SHARE,
        event_time_ns=time_ns,
    )


def _closed(order: OrderRequest, reason: CloseReason, time_ns: int) -> OrderClosed:
    return OrderClosed(order_id=order.order_id, account_id=order.account_id, reason=reason, event_time_ns=time_ns)
