"""What the API answers with, apart from the events themselves. Times are ns since 1970 UTC, money in base currency."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec

from schemas.commands import BreakerKind, BreakerLevel
from schemas.decisions import Decision, Status
from schemas.orders import OrderCancel, OrderReplace, OrderRequest
from schemas.outputs import Alert, RiskMetrics
from schemas.reasons import Reason
from schemas.reference import Account


class View(msgspec.Struct, frozen=True, kw_only=True):
    """An answer; all fields are always there."""


class DecisionLine(View, frozen=True, kw_only=True):
    """One line in a list of decisions; (``partition``, ``seq``) is its id."""

    partition: int
    seq: int
    order_id: str
    account_id: str
    action: str
    symbol: str | None
    side: str | None
    quantity: Decimal | None
    status: Status
    reason: Reason
    text: str
    score: float
    max_quantity: Decimal
    reducing: bool
    dry_run: bool
    repeat: bool
    decided_at_ns: int


_ACTIONS: dict[type, str] = {OrderRequest: "new", OrderReplace: "replace", OrderCancel: "cancel"}


def line_of(partition: int, seq: int, decision: Decision) -> DecisionLine:
    """The line of a decision. A replace names no symbol; its reservation does, where it has one."""
    order, held = decision.order, decision.reservation
    symbol = order.symbol if isinstance(order, OrderRequest) else held.symbol if held else None
    side = order.side if isinstance(order, OrderRequest) else held.side if held else None
    return DecisionLine(
        partition=partition,
        seq=seq,
        order_id=decision.order_id,
        account_id=decision.account_id,
        action=_ACTIONS[type(order)],
        symbol=symbol,
        side=side,
        quantity=getattr(order, "quantity", None),
        status=decision.status,
        reason=decision.reason,
        text=decision.text,
        score=decision.score,
        max_quantity=decision.max_quantity,
        reducing=decision.reducing,
        dry_run=decision.dry_run,
        repeat=decision.repeat,
        decided_at_ns=decision.decided_at_ns,
    )


class BreakerState(View, frozen=True, kw_only=True):
    """A breaker and the last move of it that was seen; ``measure`` and ``limit`` are fractions of equity."""

    account_id: str
    breaker: BreakerKind
    level: BreakerLevel
    trigger: str = ""
    measure: float | None = None
    limit: float | None = None
    moved_at_ns: int | None = None


class KillSwitch(View, frozen=True, kw_only=True):
    """A kill switch that is on."""

    scope: str
    scope_id: str
    author: str
    reason: str
    since_ns: int


class ReasonCount(View, frozen=True, kw_only=True):
    """How many orders were refused for a reason."""

    reason: Reason
    layer: int
    count: int
    text: str


class Points(View, frozen=True, kw_only=True):
    """Columns of an account's charts, oldest first; ``pnl`` is that of the day, VaR and ES are positive losses."""

    time_ns: list[int] = []
    equity: list[float] = []
    pnl: list[float] = []
    var_parametric: list[float | None] = []
    var_historical: list[float | None] = []
    expected_shortfall: list[float | None] = []
    var_limit: list[float | None] = []


class HealthState(StrEnum):
    """``down`` also answers with HTTP 503."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


class Health(View, frozen=True, kw_only=True):
    """Whether what the API shows can be relied on, and if not, why."""

    status: HealthState
    reasons: list[str] = []


class Summary(View, frozen=True, kw_only=True):
    """The strip at the top: pace, latency, the state of the feed and of the market.

    Latency is from the order's record to its decision's record, over the last orders. ``now_ns`` is the latest event
    time known, ``heard_ms`` the wall-clock time of the last record of a worker.
    """

    now_ns: int
    heard_ms: int | None
    orders_per_s: float
    approved: int
    rejected: int
    checks: int
    repeats: int
    latency_p50_ms: float | None
    latency_p99_ms: float | None
    lag: int
    caught_up: bool
    breaker_level: BreakerLevel
    vix: float | None
    turbulence: float | None
    reasons: list[ReasonCount]
    health: Health


class AccountPlace(View, frozen=True, kw_only=True):
    """Where an account belongs; ``preset`` is ``custom`` for limits of its own."""

    account_id: str
    desk_id: str = ""
    preset: str = ""
    base_currency: str = ""


def place_of(account: Account) -> AccountPlace:
    """What reference data says of an account."""
    return AccountPlace(
        account_id=account.account_id,
        desk_id=account.desk_id,
        base_currency=account.base_currency,
        preset="custom" if account.limits else account.preset,
    )


class AccountView(AccountPlace, frozen=True, kw_only=True):
    """An account: its place, and its metrics once there are any."""

    metrics: RiskMetrics | None
    stress: dict[str, float]


class Dashboard(View, frozen=True, kw_only=True):
    """Everything the page needs. ``cursor`` is where the stream goes on after this picture."""

    title: str
    cursor: str
    summary: Summary
    account_id: str | None
    accounts: list[AccountView]
    history: Points
    breakers: list[BreakerState]
    kill_switches: list[KillSwitch]
    decisions: list[DecisionLine]
    alerts: list[Alert]
