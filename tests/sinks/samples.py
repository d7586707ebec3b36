"""Items as the topics give them, the decision's evidence in its real size."""

from __future__ import annotations

from decimal import Decimal

from schemas import codec
from schemas.base import Event, Side
from schemas.decisions import Check, Decision, LayerResult, MarkUsed, Reservation, Status, Verdict
from schemas.orders import Fill, OrderRequest, OrderType
from schemas.outputs import Exposure, RiskMetrics
from schemas.reasons import Reason
from schemas.records import Facts
from sinks.base import Cursor, Item

JOURNAL = "risk.decisions.v1"
OWNER = bytes(range(16))
START_NS = 1_583_020_800_123_456_789


def item(event: Event, offset: int = 0, topic: str = "risk.metrics.v1", partition: int = 0) -> Item:
    """A record of a plain topic."""
    return Item(topic, partition, offset, event, codec.encode(event), (offset + 1, 0, b"", 0))


def journaled(body: Event, seq: int, partition: int = 0) -> Item:
    """An effective record of the journal; its offset is one more than its id, because a claim came first."""
    cursor: Cursor = (seq + 2, 1, OWNER, seq + 1)
    return Item(JOURNAL, partition, seq + 1, body, codec.encode(body), cursor, seq)


def layers(count: int = 10, checks: int = 2) -> tuple[LayerResult, ...]:
    """Layer results with numbers that need all their digits."""
    return tuple(
        LayerResult(
            layer=number,
            name=f"layer_{number}",
            measure=number / 7,
            limit=number / 3,
            unit="fraction of equity",
            headroom=1 - 3 / 7,
            input_age_ns=1_234_567 * number,
            verdict=Verdict.PASS,
            checks=tuple(
                Check(
                    name=f"check_{number}_{place}", measure=place / 7, limit=place / 3, unit="fraction", headroom=4 / 7
                )
                for place in range(checks)
            ),
        )
        for number in range(1, count + 1)
    )


def order(number: int, **fields: object) -> OrderRequest:
    """A limit order with a quantity and a price that no float holds exactly."""
    values: dict[str, object] = {
        "order_id": f"order-{number}",
        "account_id": "alpha",
        "symbol": "AAPL",
        "side": Side.BUY,
        "quantity": Decimal("100.000000000001"),
        "order_type": OrderType.LIMIT,
        "limit_price": Decimal("73.13"),
        "strategy_id": "momentum",
        "trader_id": "t1",
        "event_time_ns": START_NS + number * 1_000_000 - 777,
    }
    return OrderRequest(**(values | fields))  # type: ignore[arg-type]


def decision(number: int, **fields: object) -> Decision:
    """An approval with all its evidence, about 3 kB as JSON."""
    request = order(number, **{name: fields[name] for name in ("order_id", "account_id", "dry_run") if name in fields})
    values: dict[str, object] = {
        "order_id": request.order_id,
        "account_id": request.account_id,
        "status": Status.APPROVED,
        "reason": Reason.APPROVED,
        "text": "approved",
        "score": 61.25,
        "max_quantity": request.quantity,
        "layers": layers(),
        "order": request,
        "preset": "standard",
        "limits_version": 3,
        "market_version": number,
        "reservation": Reservation(order_id=request.order_id, symbol="AAPL", side=Side.BUY, quantity=request.quantity),
        "marks": tuple(
            MarkUsed(symbol=symbol, price=100 / 3, event_time_ns=START_NS, version=number)
            for symbol in ("AAPL", "MSFT", "XOM", "VIX")
        ),
        "decided_at_ns": START_NS + number * 1_000_000,
    }
    return Decision(**(values | fields))  # type: ignore[arg-type]


def decisions(count: int, first: int = 0, partition: int = 0) -> list[Item]:
    """``count`` journal records with the ids ``first``, ``first`` + 1, ..."""
    return [journaled(decision(seq), seq, partition) for seq in range(first, first + count)]


def fill(number: int, **fields: object) -> Fill:
    """A part of an order that was executed."""
    values: dict[str, object] = {
        "fill_id": f"fill-{number}",
        "order_id": f"order-{number}",
        "account_id": "alpha",
        "symbol": "AAPL",
        "side": Side.BUY,
        "quantity": Decimal("0.000000000001"),
        "price": Decimal("999999999999999.123456789012"),
        "commission": Decimal("0.35"),
        "event_time_ns": START_NS + 5,
    }
    return Fill(**(values | fields))  # type: ignore[arg-type]


def facts(*events: Event) -> Facts:
    """A run of facts as the journal holds it."""
    return Facts(facts=events, applied_at_ns=START_NS + 9)  # type: ignore[arg-type]


def metrics(account_id: str = "alpha", time_ns: int = START_NS, **fields: object) -> RiskMetrics:
    """The state of an account, with values that are awkward as floats."""
    values: dict[str, object] = {
        "account_id": account_id,
        "equity": 1_000_000.1,
        "cash": -0.1 - 0.2,
        "gross_exposure": 1e15 / 3,
        "net_exposure": 1 / 3,
        "leverage": 1.1,
        "realised_pnl": 0.0,
        "unrealised_pnl": -1e-9,
        "start_of_day_equity": 1e6,
        "peak_equity": 1.1e6,
        "daily_loss": 0.01,
        "drawdown": 0.09,
        "var_parametric": 12345.678901234567,
        "volatility": 0.31,
        "breakers": {"drawdown": "normal"},
        "exposures": (Exposure(symbol="AAPL", quantity=100.0, value=7313.0, unrealised_pnl=-2.5),),
        "event_time_ns": time_ns,
    }
    return RiskMetrics(**(values | fields))  # type: ignore[arg-type]
