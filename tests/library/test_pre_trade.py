"""A check of an order says what the risk engine would, and changes nothing."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from riskstream.library import PortfolioData, RiskEngine, RiskLibrary, portfolio_data
from riskstream.library.feed import events
from riskstream.offline import Offline
from schemas.base import Side
from schemas.decisions import Decision
from schemas.orders import OrderRequest
from schemas.reasons import Reason

SMALL = {"symbol": "AAPL", "side": "buy", "quantity": 100}
LARGE = {"symbol": "AAPL", "side": "buy", "quantity": 20_000}


@pytest.fixture(scope="module")
def engine(own: PortfolioData) -> RiskEngine:
    """Over the small portfolio."""
    return RiskEngine(own)


@pytest.mark.parametrize("order", [SMALL, LARGE])
async def test_the_answer_is_the_engines(demo: RiskLibrary, order: dict[str, object]) -> None:
    """Coroutine, twin and a fresh offline engine give the same decision: ten layers, reason, score, advice."""
    approved, report = await demo.risk_engine.check_pre_trade_risk(order)
    assert demo.risk_engine.check_pre_trade_risk_sync(order) == (approved, report)
    offline = Offline()
    for event in events(demo.data):
        offline.feed(event)
    request = OrderRequest(
        order_id="check",
        account_id=demo.data.account_id,
        symbol="AAPL",
        side=Side.BUY,
        quantity=Decimal(str(order["quantity"])),
        dry_run=True,
        event_time_ns=offline.market.now_ns,
    )
    (decision,) = (body for body in offline.feed(request) if isinstance(body, Decision))
    assert report.decision == decision
    assert approved == (decision.reason is Reason.APPROVED)
    assert (report.risk_score, report.layers, report.recommendations) == (
        decision.score,
        decision.layers,
        decision.recommendations,
    )
    assert [layer.layer for layer in report.layers] == list(range(1, 11))


def test_a_refusal_names_every_check_that_refuses(demo: RiskLibrary) -> None:
    """The first rejection is the decision's reason; each has measure beyond limit, and the advice holds."""
    approved, report = demo.risk_engine.check_pre_trade_risk_sync(LARGE)
    assert not approved
    assert report.rejections[0].reason is report.decision.reason
    refusing = [check for layer in report.layers for check in layer.checks if check.verdict.rejects]
    assert [(each.check, each.measure, each.limit) for each in report.rejections] == [
        (check.name, check.measure, check.limit) for check in refusing
    ]
    largest = report.decision.max_quantity
    assert report.recommendations == (f"reduce the quantity to {largest} or less",)
    assert demo.risk_engine.check_pre_trade_risk_sync(LARGE | {"quantity": largest})[0]


def test_a_check_reserves_nothing(engine: RiskEngine) -> None:
    """However often it is asked, the answer and the engine's state stay as they are."""
    order = {"symbol": "AAA", "side": "buy", "quantity": 150}
    before = engine._offline.engine.digest()
    first = engine.check_pre_trade_risk_sync(order)
    assert first[0]
    assert all(engine.check_pre_trade_risk_sync(order) == first for _ in range(50))
    assert engine._offline.engine.digest() == before


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"symbol": "ZZZ"}, Reason.SYMBOL_UNKNOWN),
        ({"account_id": "nobody"}, Reason.ACCOUNT_UNKNOWN),
        ({"quantity": 1.5}, Reason.ORDER_LOT_INVALID),
        ({"quantity": 4000}, Reason.ORDER_VALUE_EXCEEDED),
        ({"event_time_ns": 2**62}, Reason.FEED_STALE),
    ],
)
def test_what_is_unknown_is_refused(engine: RiskEngine, order: dict[str, object], reason: Reason) -> None:
    """Fail closed: a rejection with its reason, neither a pass nor an exception."""
    approved, report = engine.check_pre_trade_risk_sync({"symbol": "AAA", "side": "buy", "quantity": 1} | order)
    assert not approved
    assert report.rejections[0].reason is reason
    assert report.recommendations


def test_missing_vix_is_refused(own: PortfolioData) -> None:
    """Data without a VIX gives no approval, and says so."""
    without = portfolio_data(own.prices, own.positions, cash=own.cash, instruments=own.instruments.values())
    approved, report = RiskEngine(without).check_pre_trade_risk_sync({"symbol": "AAA", "side": "buy", "quantity": 1})
    assert not approved
    assert report.rejections[0].reason is Reason.VIX_MISSING


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ({"symbol": "AAA", "side": "buy"}, "`quantity` is missing, expected a decimal such as 12.5"),
        ({"symbol": "AAA", "side": "hold", "quantity": 1}, '`side` is "hold", expected one of buy, sell, sell_short'),
        ({"symbol": "AAA", "side": "buy", "quantity": "many"}, '`quantity` is "many", expected a decimal such as 12.5'),
        ({"symbol": "AAA", "side": "buy", "quantity": -1}, "`quantity` is -1, expected more than 0"),
        ({"symbol": "AAA", "side": "buy", "quantity": float("nan")}, "`quantity` is NaN, expected a finite number"),
        (
            {"symbol": "AAA", "side": "buy", "quantity": 1, "price": 3},
            "`order` has 'price', expected fields of order_id",
        ),
    ],
)
def test_no_valid_order_is_an_error(engine: RiskEngine, order: dict[str, object], message: str) -> None:
    """The message names the field, its value and what was expected."""
    with pytest.raises(ValueError, match=message):
        engine.check_pre_trade_risk_sync(order)


@pytest.mark.parametrize("quantity", [10, 10.0, "10", Decimal(10), np.int64(10), np.float64(10.0)])
def test_numbers_of_all_kinds(engine: RiskEngine, quantity: object) -> None:
    """A quantity is read exactly, whatever kind of number it comes as."""
    _, report = engine.check_pre_trade_risk_sync({"symbol": "AAA", "side": "buy", "quantity": quantity})
    assert isinstance(report.decision.order, OrderRequest)
    assert report.decision.order.quantity == 10


def test_a_bar_that_is_refused_is_an_error(own: PortfolioData) -> None:
    """A jump as of a split is not silently left out of the history."""
    prices = own.prices.copy()
    prices.iloc[200:, 0] *= 0.5
    split = portfolio_data(prices, own.positions, cash=own.cash, instruments=own.instruments.values())
    with pytest.raises(ValueError, match="`prices` has bars that are refused"):
        RiskEngine(split)
