"""What the benchmark of a decision measures is a whole one."""

from __future__ import annotations

from decimal import Decimal

from schemas.base import Side
from schemas.decisions import Decision, Status
from schemas.orders import OrderRequest
from tests.bench.bench_decision import make_engine
from tests.risk.world import NOW_NS


def test_its_order_is_approved_by_layers_that_all_computed() -> None:
    """Twenty positions, all valued: each layer has a measure, and nothing is missing."""
    engine = make_engine()
    order = OrderRequest(
        order_id="o", account_id="acc", symbol="S07", side=Side.BUY, quantity=Decimal(100), event_time_ns=NOW_NS
    )
    (decision,) = (body for body in engine.decide(order, NOW_NS) if isinstance(body, Decision))
    assert decision.status is Status.APPROVED, decision.text
    assert [layer.measure is not None for layer in decision.layers] == [True] * 10
    assert len(engine.book(engine.state.accounts["acc"]).prices) == 20
