"""The read model: what the journal and the output topics say, folded for the page. Pure, in memory, no clock.

Whoever follows the topics calls :meth:`ReadModel.journal` and :meth:`ReadModel.event`; ``timestamp_ms`` is the time of
the record, ``now_ms`` the wall-clock time at which it came in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any, Protocol

import msgspec

from api.breakers import Breakers, KillSwitches
from api.history import History, point_of
from api.recent import Known, Recent
from api.settings import ApiSettings
from api.tally import Latency, Pace, Tally
from api.views import AccountPlace, line_of, place_of
from api.window import Window
from api.wire import full_json
from risk.state import PartitionState
from schemas.base import Event
from schemas.decisions import Decision
from schemas.orders import OrderCancel, OrderReplace, OrderRequest
from schemas.outputs import Alert, BreakerEvent, RiskMetrics, StressResult
from schemas.records import AccountDefined, BreakerMoved, Facts
from schemas.reference import Account

ALERTS = 100


class Effective(Protocol):
    """An effective record of the journal (``streams.reader.Entry`` is one)."""

    @property
    def partition(self) -> int: ...
    @property
    def seq(self) -> int: ...
    @property
    def timestamp_ms(self) -> int: ...
    @property
    def body(self) -> Any: ...


class FeedState(msgspec.Struct):
    """How the following goes: records still to read, whether the present was reached, what broke (by topic)."""

    lag: int = 0
    caught_up: bool = False
    faults: dict[str, str] = {}
    heard_ms: int | None = None


class ReadModel:
    """The latest of everything. Single-threaded: fed and read on one event loop."""

    def __init__(self, settings: ApiSettings, boot: str = "0") -> None:
        self.settings = settings
        self.state = FeedState()
        self.window = Window(settings.window, boot)
        self.recent = Recent(settings.recent)
        self.tally, self.pace, self.latency = Tally(), Pace(), Latency()
        self.breakers, self.kills = Breakers(), KillSwitches()
        self.accounts: dict[str, AccountPlace] = {}
        self.metrics: dict[str, RiskMetrics] = {}
        self.stress: dict[str, dict[str, float]] = {}
        self.histories: dict[str, History] = {}
        self.alerts: deque[Alert] = deque(maxlen=ALERTS)
        self.now_ns = 0

    def journal(self, entries: Iterable[Effective], now_ms: int) -> None:
        """Take effective records of the journal, in their order."""
        for entry in entries:
            self.state.heard_ms = max(self.state.heard_ms or 0, min(entry.timestamp_ms, now_ms))
            self._record(entry)

    def resume(self, state: PartitionState) -> None:
        """Take a partition's state as it was at a snapshot: accounts, breakers and kill switches."""
        for account in state.accounts.values():
            self._defined(account.definition)
            for kind, breaker in account.breakers.items():
                self.breakers.known(account.definition.account_id, kind, breaker.level)
        self.kills.known(state.kills)

    def _record(self, entry: Effective) -> None:
        match entry.body:
            case Decision() as decision:
                self._decided(entry, decision)
            case Facts() as facts:
                self.advance(facts.applied_at_ns)
                if self.kills.take(facts.facts):
                    self._tell("kills", self.kills.states(), key="kills")
            case AccountDefined() as defined:
                self._defined(defined.account)
            case BreakerMoved() as moved:
                self._moved(moved)

    def _defined(self, account: Account) -> None:
        place = self.accounts[account.account_id] = place_of(account)
        self._tell("accounts", place, key=account.account_id)

    def _decided(self, entry: Effective, decision: Decision) -> None:
        line = line_of(entry.partition, entry.seq, decision)
        self.recent.add(Known(line, decision))
        self.tally.add(decision)
        self.pace.add(entry.timestamp_ms)
        self.latency.decided(decision.account_id, decision.order_id, entry.timestamp_ms)
        self.advance(decision.decided_at_ns)
        self._tell("decisions", line)

    def event(self, event: Event, timestamp_ms: int, now_ms: int) -> None:
        """Take an event of an output topic. One that was written long ago is no sign of life."""
        self.state.heard_ms = max(self.state.heard_ms or 0, min(timestamp_ms, now_ms))
        match event:
            case RiskMetrics():
                self._measured(event)
            case StressResult():
                self._stressed(event)
            case BreakerEvent():
                self._moved(event)
            case Alert() if event not in self.alerts:  # of a kill switch every partition has one, the same
                self.alerts.appendleft(event)
                self._tell("alerts", event)

    def ordered(self, order: Event, timestamp_ms: int) -> None:
        """An order was published; its latency begins."""
        if isinstance(order, OrderRequest | OrderReplace | OrderCancel):
            self.latency.ordered(order.account_id, order.order_id, timestamp_ms)

    def advance(self, time_ns: int) -> None:
        """The event clock never goes back."""
        self.now_ns = max(self.now_ns, time_ns)

    def _measured(self, metrics: RiskMetrics) -> None:
        self.metrics[metrics.account_id] = metrics
        history = self.histories.setdefault(metrics.account_id, History(self.settings.history))
        history.add(point_of(metrics))
        self.breakers.seen(metrics)
        self.advance(metrics.event_time_ns)
        self._tell("metrics", metrics, key=metrics.account_id)

    def _stressed(self, result: StressResult) -> None:
        pnl = self.stress.setdefault(result.account_id, {})
        pnl[result.scenario] = result.pnl
        self._tell("stress", {"account_id": result.account_id, "stress": pnl}, key=result.account_id)

    def _moved(self, moved: BreakerMoved | BreakerEvent) -> None:
        state = self.breakers.moved(moved)
        if state is not None:
            self.advance(moved.event_time_ns)
            self._tell("breakers", state, key=f"{state.account_id}/{state.breaker}")

    def _tell(self, kind: str, news: Any, key: str = "") -> None:
        """Clients get news only; what was before is in the dashboard."""
        if self.state.caught_up:
            self.window.put(kind, full_json(news), key)
