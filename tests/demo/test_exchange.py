"""The demo's venue: reports that add up, for approved orders only."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from riskstream.demo.exchange import Exchange
from schemas.base import Side
from schemas.decisions import Decision, Status
from schemas.orders import CloseReason, Fill, OrderCancel, OrderClosed, OrderReplace, OrderRequest, OrderType
from schemas.reasons import Reason

PRICES = {"AAPL": Decimal("75.00")}


def order(order_id: str = "o-1", **fields: Any) -> OrderRequest:
    """A market order to buy 100."""
    defaults = {"account_id": "a", "symbol": "AAPL", "side": Side.BUY, "quantity": Decimal(100), "event_time_ns": 5}
    return OrderRequest(**defaults | {"order_id": order_id} | fields)


def resting(order_id: str = "o-1") -> OrderRequest:
    """A limit order below the market."""
    return order(order_id, order_type=OrderType.LIMIT, limit_price=Decimal("74.00"))


def decision(
    asked: OrderRequest | OrderReplace | OrderCancel, status: Status = Status.APPROVED, **fields: Any
) -> Decision:
    """The verdict on an order."""
    reason = Reason.APPROVED if status is Status.APPROVED else Reason.VIX_EXCEEDED
    return Decision(
        order_id=asked.order_id,
        account_id=asked.account_id,
        status=status,
        reason=reason,
        order=asked,
        decided_at_ns=6,
        **fields,
    )


def test_no_report_without_approval() -> None:
    """A rejected order, a dry run and a repeated answer lead to nothing."""
    exchange = Exchange()
    decisions = [decision(order(), Status.REJECTED), decision(order(), dry_run=True), decision(order(), repeat=True)]
    assert exchange.reports(decisions, PRICES, 10) == []
    assert not exchange.resting


@pytest.mark.parametrize("number", range(60))
def test_executions_end_the_order(number: int) -> None:
    """Fills of an order never exceed its quantity; what they leave open is closed by the venue."""
    reports = Exchange().reports([decision(order(f"o-{number}"))], PRICES, 10)
    filled = sum((report.quantity for report in reports if isinstance(report, Fill)), Decimal(0))
    closed = [report for report in reports if isinstance(report, OrderClosed)]
    assert filled <= 100
    assert bool(closed) == (filled < 100)


def test_all_kinds_of_ends_happen() -> None:
    """Over many orders there are whole, partial and no executions."""
    runs = [Exchange().reports([decision(order(f"o-{number}"))], PRICES, 10) for number in range(200)]
    ends = {report.reason for run in runs for report in run if isinstance(report, OrderClosed)}
    assert {len(run) for run in runs} == {1, 2}
    assert ends == {CloseReason.REJECTED, CloseReason.CANCELLED}


def test_buyers_pay_more_than_sellers_get() -> None:
    """A buy fills above the price and a sale below it."""
    bought = Exchange().reports([decision(order("o-1"))], PRICES, 10)[0]
    sold = Exchange().reports([decision(order("o-1", side=Side.SELL))], PRICES, 10)[0]
    assert isinstance(bought, Fill)
    assert isinstance(sold, Fill)
    assert sold.price < PRICES["AAPL"] < bought.price


def test_resting_order_expires_with_the_session() -> None:
    """A limit away from the market gets no fill, and expires when the session ends."""
    exchange = Exchange()
    assert exchange.reports([decision(resting())], PRICES, 10) == []
    (closed,) = exchange.close(20)
    assert isinstance(closed, OrderClosed)
    assert closed.reason is CloseReason.EXPIRED
    assert exchange.close(30) == []


def test_cancel_ends_a_resting_order() -> None:
    """A cancel closes the order it names; a second cancel of it does nothing."""
    exchange = Exchange()
    exchange.reports([decision(resting())], PRICES, 10)
    cancel = OrderCancel(order_id="c", original_order_id="o-1", account_id="a", event_time_ns=11)
    (closed,) = exchange.reports([decision(cancel)], PRICES, 12)
    assert isinstance(closed, OrderClosed)
    assert closed.order_id == "o-1"
    assert exchange.reports([decision(cancel)], PRICES, 13) == []


def test_replace_moves_a_resting_order() -> None:
    """A replaced order goes on under the new id."""
    exchange = Exchange()
    exchange.reports([decision(resting())], PRICES, 10)
    replace = OrderReplace(
        order_id="r",
        original_order_id="o-1",
        account_id="a",
        quantity=Decimal(50),
        limit_price=Decimal("74.10"),
        event_time_ns=11,
    )
    assert exchange.reports([decision(replace)], PRICES, 12) == []
    assert list(exchange.resting) == [("a", "r")]
    assert exchange.resting["a", "r"].quantity == 50
