"""An order before it is sent: what the ten layers would say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from threading import Lock

from riskstream.library.data import PortfolioData
from riskstream.library.feed import DAYS, events
from riskstream.library.position_size import PositionRisk
from riskstream.library.returns import split_warnings
from riskstream.offline import Offline
from schemas.codec import decode_input
from schemas.decisions import Check, Decision, LayerResult, Status
from schemas.orders import OrderRequest
from schemas.reasons import EXPLANATIONS, Reason

_FIELDS = OrderRequest.__struct_fields__


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """One check that refuses: the layer it belongs to, what it saw and what it allows."""

    layer: int
    check: str
    reason: Reason
    text: str
    measure: float | None
    limit: float | None
    unit: str


@dataclass(frozen=True, kw_only=True)
class PreTradeReport:
    """What one order would be answered, from its :class:`schemas.decisions.Decision`."""

    decision: Decision

    @property
    def approved(self) -> bool:
        """Whether all ten layers pass."""
        return self.decision.status is Status.APPROVED

    @property
    def risk_score(self) -> float:
        """0 to 100, the room that is left under all limits: 100 untouched; below ``score_min`` the order is refused."""
        return self.decision.score

    @property
    def layers(self) -> tuple[LayerResult, ...]:
        """All ten, each with its checks."""
        return self.decision.layers

    @property
    def recommendations(self) -> tuple[str, ...]:
        """What could be done about a refusal."""
        return self.decision.recommendations

    @cached_property
    def rejections(self) -> tuple[Rejection, ...]:
        """Every check that refuses, in order of layers; empty for an approval."""
        if self.approved:
            return ()
        found = tuple(
            _rejection(layer.layer, check)
            for layer in self.layers
            for check in layer.checks
            if check.verdict.rejects and check.reason is not None
        )
        return found or (_plain(self.decision),)


class RiskEngine:
    """The ten layers over one account, as they stand where its data ends. A check reserves nothing: asking twice gives
    the same answer, and orders that were asked about take no room of each other.

    A check takes some milliseconds at most, so the coroutine makes it at once. Safe to share between threads.

    :raises ValueError: data of which the engine refuses a bar, naming why.
    """

    def __init__(self, data: PortfolioData) -> None:
        self.data = data
        #: Position sizes that all ten layers would approve.
        self.position_risk = PositionRisk(data, self._largest)
        self._lock = Lock()
        self._offline = Offline()
        for event in events(data):
            self._offline.feed(event)
        refused = self._offline.market.refused
        if refused:
            named = "".join(f"; {warning}" for warning in split_warnings(data.returns.iloc[-DAYS:]))
            raise ValueError(
                f"`prices` has bars that are refused ({dict(refused)}), expected daily closes without "
                f"splits or gaps in the last {DAYS} days{named}"
            )
        self.now_ns = self._offline.market.now_ns

    async def check_pre_trade_risk(self, order: Mapping[str, object]) -> tuple[bool, PreTradeReport]:
        """:meth:`check_pre_trade_risk_sync` for a coroutine."""
        return self.check_pre_trade_risk_sync(order)

    def check_pre_trade_risk_sync(self, order: Mapping[str, object]) -> tuple[bool, PreTradeReport]:
        """Whether the order would be approved, and the report.

        ``order`` has the fields of :class:`schemas.orders.OrderRequest`; ``symbol``, ``side`` and ``quantity`` must be
        there. The account is the data's and the time where the data ends, unless the order says otherwise. What is
        unknown to the risk engine (a symbol, an account, a price) is a rejection, not an error.

        :raises ValueError: no valid order; the message names the field, its value and what was expected.
        """
        request = self._request(order)
        now_ns = max(self.now_ns, request.event_time_ns)
        with self._lock:
            (decision,) = self._offline.engine.decide(request, now_ns)
        assert isinstance(decision, Decision), "an order is answered with a decision"
        report = PreTradeReport(decision=decision)
        return report.approved, report

    def _largest(self, symbol: str, side: str, quantity: Decimal) -> tuple[Decimal, str]:
        """The largest part of a market order that would be approved, and the reason why no more."""
        _, report = self.check_pre_trade_risk_sync({"symbol": symbol, "side": side, "quantity": quantity})
        return report.decision.max_quantity, report.decision.reason.value

    def _request(self, order: Mapping[str, object]) -> OrderRequest:
        unknown = sorted(map(str, order.keys() - set(_FIELDS) - {"type"}))
        if unknown:
            raise ValueError(f"`order` has {unknown[0]!r}, expected fields of {', '.join(_FIELDS)}")
        given = {"order_id": "check", "account_id": self.data.account_id, "event_time_ns": self.now_ns, **order}
        named = {name: _plain_value(value) for name, value in given.items() if value is not None}
        request: OrderRequest = decode_input(
            json.dumps(named | {"type": "order_request", "dry_run": True}, default=str).encode()
        )
        return request


def _plain_value(value: object) -> object:
    """Numbers that are no integers travel as text, which keeps their decimals as they are written."""
    item = getattr(value, "item", None)  # a scalar of numpy
    plain = item() if callable(item) else value
    return repr(plain) if isinstance(plain, float) else plain


def _rejection(layer: int, check: Check) -> Rejection:
    assert check.reason is not None
    return Rejection(
        layer=layer,
        check=check.name,
        reason=check.reason,
        text=EXPLANATIONS[check.reason].text,
        measure=check.measure,
        limit=check.limit,
        unit=check.unit,
    )


def _plain(decision: Decision) -> Rejection:
    """A refusal without layers, such as that of an order that could not be judged."""
    return Rejection(
        layer=EXPLANATIONS[decision.reason].layer,
        check="decision",
        reason=decision.reason,
        text=decision.text,
        measure=None,
        limit=None,
        unit="",
    )
