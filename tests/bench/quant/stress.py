"""Stress of a whole book with an order, and the layers of an order that go over scenarios: against valuing every
position anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from math import sqrt
from typing import Any

import numpy as np

from risk.build_book import build_book
from risk.engine import RiskEngine
from risk.layers.stress import outcomes_after, stress
from risk.layers.value_at_risk import value_at_risk
from risk.measures.var import normal_quantile
from risk.proposal import Proposal
from risk.propose import propose
from risk.stress.scenario import IMPACT
from risk.unit_value import average_volume
from schemas.base import Side
from schemas.decisions import LayerResult
from schemas.orders import OrderRequest
from tests.bench.bench_decision import anew, make_engine
from tests.bench.quant.timing import Case
from tests.risk.world import NOW_NS

ORDER = OrderRequest(
    order_id="o", account_id="acc", symbol="S07", side=Side.BUY, quantity=Decimal(100), event_time_ns=NOW_NS
)


def cases() -> Iterator[Case]:
    """All scenarios of a book; layers 5 and 6 of an order."""
    engine = make_engine()
    market = engine.market
    scenarios, paths = len(market.stresses), len(market.simulated.returns)
    yield revaluation(engine)
    yield layer_of(engine, value_at_risk, f"layer 5 of an order, {len(market.returns)} scenarios")
    yield layer_of(engine, stress, f"layer 6 of an order, {scenarios} scenarios and {paths:,} paths")


def revaluation(engine: RiskEngine) -> Case:
    """P&L of all positions and the order in every scenario, with the cost of selling and what volatility adds; anew by
    arrays [K, N] of shocks and of costs."""
    market, proposal = engine.market, _proposal(engine)
    book, index = proposal.book, proposal.index
    assert book is not None
    assert index is not None
    instruments = [engine.state.instruments[symbol] for symbol in market.symbols if symbol in engine.state.instruments]
    places = [market.symbols.index(each.symbol) for each in instruments]
    scenarios, own = market.stresses.scenarios, places.index(index)
    shocks = np.array([[each.shock(what, "USD") for what in instruments] for each in scenarios], dtype=np.float64)
    costly = np.array([float(each.costs) for each in scenarios])[:, None]
    spreads = costly * np.array([each.spread_multiple for each in scenarios])[:, None]
    impacts = costly * np.array([IMPACT / sqrt(each.volume_share) for each in scenarios])[:, None]
    tails = np.array([each.volatility_multiple for each in scenarios])
    correlated = np.array([each.correlation_one for each in scenarios])
    z, covariance = normal_quantile(proposal.limits.var_confidence_min), market.covariance[np.ix_(places, places)]
    half = np.array([book.spread(each, market).half for each in instruments])
    held, deviations = book.exposure[places], np.sqrt(np.diagonal(covariance))
    daily = np.array([average_volume(each, market) for each in instruments]) * market.price[places]

    def naive() -> Any:
        after = held.copy()
        after[own] += proposal.filled
        size = np.abs(after)
        costs = (spreads * half + impacts * np.sqrt(size / daily)) @ size
        sigma = np.where(correlated, size @ deviations, sqrt(after @ covariance @ after))
        return shocks @ after - costs - z * tails * sigma

    return Case(
        name=f"full stress of a book, {len(scenarios)} scenarios, {len(places)} positions",
        quick=lambda: outcomes_after(proposal, book, index),
        naive=naive,
        against="all positions in all scenarios, in arrays",
    )


def layer_of(engine: RiskEngine, layer: Callable[[Proposal], LayerResult], name: str) -> Case:
    """A layer's figures from the book as it is kept; anew from positions and marks."""
    proposal, account = _proposal(engine), engine.state.accounts["acc"]

    def figures(of: Proposal) -> list[float]:
        return [check.measure for check in layer(of).checks if check.measure is not None]

    def naive() -> list[float]:
        book = build_book(account, engine.state, engine.market)
        return figures(propose(ORDER, engine.state, engine.market, book, NOW_NS))

    return Case(
        name=name,
        quick=lambda: layer(anew(proposal)),
        naive=naive,
        answer=lambda: figures(anew(proposal)),
        against="positions and marks valued anew",
    )


def _proposal(engine: RiskEngine) -> Proposal:
    return propose(ORDER, engine.state, engine.market, engine.book(engine.state.accounts["acc"]), NOW_NS)
