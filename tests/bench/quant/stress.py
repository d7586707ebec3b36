"""Stress of a whole book, and the layers of an order that go over scenarios: against valuing every position anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

import numpy as np

from risk.build_book import build_book
from risk.layers.stress import stress
from risk.layers.value_at_risk import value_at_risk
from risk.proposal import Proposal
from risk.propose import propose
from schemas.base import Side
from schemas.decisions import LayerResult
from schemas.orders import OrderRequest
from tests.bench.bench_decision import make_engine
from tests.bench.quant.timing import Case
from tests.risk.world import NOW_NS

_ANEW = "20 positions valued anew"


def cases() -> Iterator[Case]:
    """All scenarios of a book; layers 5 and 6 of an order."""
    engine = make_engine()
    state, market, account = engine.state, engine.market, engine.state.accounts["acc"]
    order = OrderRequest(
        order_id="o", account_id="acc", symbol="S07", side=Side.BUY, quantity=Decimal(100), event_time_ns=NOW_NS
    )
    proposal = propose(order, state, market, engine.book(account), NOW_NS)
    exposure, scenarios = engine.book(account).exposure, market.stresses.scenarios
    instruments = [state.instruments[symbol] for symbol in market.symbols if symbol in state.instruments]
    shocks = np.column_stack([market.stresses.shocks(each, "USD") for each in instruments])
    held = [float(exposure[market.symbols.index(each.symbol)]) for each in instruments]

    def by_position() -> float:
        return min(
            sum(x * (each.shock(what, "USD") or 0.0) for x, what in zip(held, instruments, strict=True))
            for each in scenarios
        )

    yield Case(
        name=f"full stress of a book, {len(scenarios)} scenarios, 20 positions",
        quick=lambda: float((shocks @ held).min()),
        naive=by_position,
        against="a scenario and a position at a time",
    )

    def anew(layer: Callable[[Proposal], LayerResult]) -> float | None:
        return layer(propose(order, state, market, build_book(account, state, market), NOW_NS)).measure

    yield Case(
        name=f"layer 5 of an order, {len(market.returns)} scenarios",
        quick=lambda: value_at_risk(proposal).measure,
        naive=lambda: anew(value_at_risk),
        against=_ANEW,
    )
    yield Case(
        name=f"layer 6 of an order, {len(scenarios)} scenarios and {len(market.simulated.returns):,} paths",
        quick=lambda: stress(proposal).measure,
        naive=lambda: anew(stress),
        against=_ANEW,
    )
