"""What the demo measures, and the verdict it comes to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from riskstream.demo.meter import Meter
from riskstream.demo.verdict import Comparison, Decided, compared, complaints
from schemas.base import Side
from schemas.decisions import Decision, Status
from schemas.orders import OrderRequest
from schemas.reasons import Reason

LEDGER = {(0, 1): Decided("a", "approved", "APPROVED"), (1, 1): Decided("b", "rejected", "VIX_EXCEEDED")}


def decided(order_id: str, reason: Reason = Reason.APPROVED, **fields: Any) -> Decision:
    """A decision on an order."""
    order = OrderRequest(
        order_id=order_id, account_id="a", symbol="X", side=Side.BUY, quantity=Decimal(1), event_time_ns=1
    )
    status = Status.APPROVED if reason is Reason.APPROVED else Status.REJECTED
    return Decision(
        order_id=order_id, account_id="a", status=status, reason=reason, order=order, decided_at_ns=1, **fields
    )


def test_latency_is_from_sent_to_decided() -> None:
    """Latency is the time between sending and the decision, in milliseconds."""
    meter = Meter()
    meter.sent("a", "1", 10.0)
    meter.decided(decided("1"), 10.005)
    latency = meter.latency()
    assert latency is not None
    assert latency.p50_ms == pytest.approx(5.0)


def test_order_sent_twice_waits_for_two_decisions() -> None:
    """An order that was sent twice waits until it was answered twice."""
    meter = Meter()
    for at_s in (1.0, 2.0):
        meter.sent("a", "1", at_s)
    meter.decided(decided("1"), 3.0)
    assert meter.waiting == 1
    meter.decided(decided("1", repeat=True), 3.0)
    assert meter.waiting == 0
    assert meter.repeats == 1


def test_counts_by_reason() -> None:
    """Approvals are counted apart from rejections, and these by reason."""
    meter = Meter()
    for order_id, reason in (("1", Reason.APPROVED), ("2", Reason.VIX_EXCEEDED), ("3", Reason.VIX_EXCEEDED)):
        meter.sent("a", order_id, 0.0)
        meter.decided(decided(order_id, reason), 1.0)
    assert (meter.approved, dict(meter.rejected)) == (1, {"VIX_EXCEEDED": 2})


def test_nothing_decided_is_wrong() -> None:
    """A run without decisions is wrong."""
    assert complaints(Meter(), None) == ["no order was decided"]


def test_a_run_without_approvals_is_wrong() -> None:
    """A gate that lets nothing through shows nothing."""
    meter = Meter()
    meter.sent("a", "1", 0.0)
    meter.decided(decided("1", Reason.VIX_EXCEEDED), 1.0)
    assert complaints(meter, None) == ["none of 1 orders was approved"]


def test_missing_decision_is_wrong() -> None:
    """A run with an order that waits is wrong, and so is a decision that nobody asked for."""
    meter = Meter()
    meter.sent("a", "1", 0.0)
    meter.sent("a", "2", 0.0)
    meter.decided(decided("1"), 1.0)
    meter.decided(decided("3"), 1.0)
    assert len(complaints(meter, None)) == 2


def test_same_rows_agree() -> None:
    """Equal journal and table agree."""
    assert compared(LEDGER, dict(LEDGER)).agrees


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ({(0, 1): LEDGER[0, 1]}, Comparison(2, 1, missing=1, different=0, unknown=0)),
        (LEDGER | {(1, 1): Decided("b", "approved", "APPROVED")}, Comparison(2, 2, missing=0, different=1, unknown=0)),
        (LEDGER | {(2, 1): Decided("c", "approved", "APPROVED")}, Comparison(2, 3, missing=0, different=0, unknown=1)),
    ],
)
def test_any_difference_disagrees(rows: dict[tuple[int, int], Decided], expected: Comparison) -> None:
    """A row too few, another row or a row too many is a difference, and makes the run wrong."""
    meter = Meter()
    meter.sent("a", "1", 0.0)
    meter.decided(decided("1"), 1.0)
    result = compared(LEDGER, rows)
    assert result == expected
    assert not result.agrees
    assert len(complaints(meter, result)) == 1
