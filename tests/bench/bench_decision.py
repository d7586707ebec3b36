"""Microseconds for one ten-layer decision with 20 positions and 500 return scenarios, and where they go.

    python -m tests.bench.bench_decision

Prints JSON. What layers share counts in each of those that need it, and once in ``ten_layers``. ``book_rebuild`` is
what the first order after a new mark pays; ``against_naive`` is the cost of revaluing the whole book for each order
over that of the incremental checks, both in this run.
"""

from __future__ import annotations

import json
import sys
import timeit
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np

from risk.background import Inline
from risk.build_book import build_book
from risk.decide import decide_order
from risk.engine import RiskEngine
from risk.layers import LAYERS, assessment, evaluate
from risk.market import MarketState
from risk.proposal import NOT_ASKED, Proposal
from risk.propose import propose
from risk.scheduled import scheduled_measures
from risk.state import PartitionState
from schemas.base import Side
from schemas.codec import encode
from schemas.market import MarkKind
from schemas.orders import Fill, OrderRequest
from schemas.reference import Account
from tests.risk.world import DAY_NS, LOOSE, NOW_NS, START_NS, bar, instrument, mark

SYMBOLS = [f"S{number:02d}" for number in range(20)]
SCENARIOS = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 500
REPEATS = 2000


def make_engine() -> RiskEngine:
    """Twenty positions of 1,000 shares in a market of twenty symbols with 500 returns."""
    market, random = MarketState(), np.random.default_rng(1)
    closes = dict.fromkeys(SYMBOLS, 100.0)
    first = NOW_NS - (SCENARIOS + 1) * DAY_NS
    for day in range(SCENARIOS + 1):
        for symbol in SYMBOLS:
            closes[symbol] *= 1.0 + 0.01 * float(random.standard_normal())
            market.apply_bar(bar(symbol, closes[symbol], max(1, first + day * DAY_NS - START_NS % 2)))
    for symbol in SYMBOLS:
        market.apply_mark(mark(symbol, round(closes[symbol], 2)))
    market.apply_mark(mark("VIX", 15.0, kind=MarkKind.INDEX))
    Inline(scheduled_measures(garch_symbols_max=None), market).run(NOW_NS)
    engine = RiskEngine(PartitionState(), market)
    for symbol in SYMBOLS:
        for body in engine.define(instrument(symbol, sector="technology")):
            engine.apply(body)
    for body in engine.define(Account(account_id="acc", cash={"USD": Decimal(10_000_000)}, limits=LOOSE)):
        engine.apply(body)
    for number, symbol in enumerate(SYMBOLS):
        engine.step(
            Fill(
                fill_id=str(number),
                order_id="-",
                account_id="acc",
                symbol=symbol,
                side=Side.BUY,
                quantity=Decimal(1000),
                price=Decimal(100),
                event_time_ns=NOW_NS,
            ),
            NOW_NS,
        )
    return engine


def microseconds(call: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Median of seven rounds."""
    rounds = timeit.repeat(call, number=repeats // 7, repeat=7)
    return round(sorted(rounds)[3] / (repeats // 7) * 1e6, 2)


def anew(proposal: Proposal) -> Proposal:
    """The proposal as it is before any layer has asked for what layers share."""
    object.__setattr__(proposal, "_tail", NOT_ASKED)
    return proposal


def measure() -> dict[str, Any]:
    """All figures, in microseconds."""
    engine = make_engine()
    account = engine.state.accounts["acc"]
    order = OrderRequest(
        order_id="o", account_id="acc", symbol="S07", side=Side.BUY, quantity=Decimal(100), event_time_ns=NOW_NS
    )
    book = engine.book(account)
    proposal = propose(order, engine.state, engine.market, book, NOW_NS)
    nine = [layer(proposal) for layer in LAYERS]
    decision = decide_order(proposal)
    layers = {layer.__name__: microseconds(lambda layer=layer: layer(anew(proposal))) for layer in LAYERS}
    layers["assessment"] = microseconds(lambda: assessment(nine, proposal.limits, proposal.preset, False))
    rebuild = microseconds(lambda: build_book(account, engine.state, engine.market), 700)
    ten = microseconds(lambda: evaluate(anew(proposal)))
    return {
        "positions": len(SYMBOLS),
        "scenarios": len(engine.market.returns),
        "decide": microseconds(lambda: engine.decide(order, NOW_NS)),
        "propose": microseconds(lambda: propose(order, engine.state, engine.market, book, NOW_NS)),
        "ten_layers": ten,
        "layers": layers,
        "encode": microseconds(lambda: encode(decision)),
        "encoded_bytes": len(encode(decision)),
        "book_rebuild": rebuild,
        "against_naive": round((rebuild + ten) / ten, 2),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(), indent=2) + "\n")
