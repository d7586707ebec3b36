"""Stress of an order: every scenario and every simulated path."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from risk.book import build_book
from risk.layers.stress import stress
from risk.proposal import propose
from schemas.base import Side
from schemas.orders import OrderRequest
from tests.bench.bench_decision import make_engine
from tests.bench.quant.timing import Case
from tests.risk.world import NOW_NS


def cases() -> Iterator[Case]:
    """The sixth layer of an order against the same after valuing twenty positions anew."""
    engine = make_engine()
    state, market, account = engine.state, engine.market, engine.state.accounts["acc"]
    order = OrderRequest(
        order_id="o", account_id="acc", symbol="S07", side=Side.BUY, quantity=Decimal(100), event_time_ns=NOW_NS
    )
    proposal = propose(order, state, market, engine.book(account), NOW_NS)

    def naive() -> float | None:
        book = build_book(account, state, market)
        return stress(propose(order, state, market, book, NOW_NS)).measure

    yield Case(
        name=f"stress of an order, {len(market.stresses)} scenarios and {len(market.simulated.returns):,} paths",
        quick=lambda: stress(proposal).measure,
        naive=naive,
        against="20 positions valued anew",
    )
