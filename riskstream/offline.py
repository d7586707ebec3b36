"""Events through the engine in one thread: no broker, no worker, no wall clock. What ``riskstream check`` runs on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from risk.background import Inline, Notice
from risk.engine import RiskEngine
from risk.market import MarketConfig, MarketState
from risk.scheduled import scheduled_measures
from risk.state import PartitionState
from risk.stress.scenario_set import SHIPPED, ScenarioSet
from schemas.base import Event
from schemas.commands import Command
from schemas.market import Bar, Mark
from schemas.orders import Fill, OrderCancel, OrderClosed, OrderReplace, OrderRequest
from schemas.presets import PRESETS, Preset
from schemas.records import Body
from schemas.reference import Account, Instrument
from streams.conflate import Conflater, Tick

#: What the engine answers: with a decision, or with facts.
Decided = OrderRequest | OrderReplace | OrderCancel | OrderClosed | Fill | Command


class Offline:
    """One engine over one partition that holds every account; "now" is the latest event time seen."""

    def __init__(
        self,
        stresses: ScenarioSet = SHIPPED,
        presets: Mapping[str, Preset] = PRESETS,
        market: MarketConfig | None = None,
    ) -> None:
        self.market = MarketState(market, stresses)
        self.state = PartitionState()
        self.engine = RiskEngine(self.state, self.market, presets)
        self._conflater = Conflater()
        self._background = Inline(scheduled_measures(garch_symbols_max=None), self.market)
        #: What went wrong in the measures that are taken beside the decisions.
        self.notices: list[Notice] = []

    def feed(self, event: Event) -> tuple[Body, ...]:
        """Take one input event; what it led to, in order, already part of the state. Market data leads to nothing
        by itself: what it changed is recorded with the next event of an account.

        :raises TypeError: an event that is no input.
        """
        if isinstance(event, Decided):
            self._take(self._conflater.flush())
            now_ns = self.market.clock_ns(event.event_time_ns)
            self.notices += self._background.run(now_ns)
            return self.engine.step(event, now_ns)
        if isinstance(event, Account | Instrument):
            return self._define(event)
        if not isinstance(event, Tick):
            raise TypeError(f"{type(event).__name__} is no input event")
        self._take(self._conflater.add(event))
        return ()

    def _take(self, news: Iterable[Mark | Bar]) -> None:
        for each in news:
            if isinstance(each, Bar):
                self.market.apply_bar(each)
            else:
                self.market.apply_mark(each)

    def _define(self, event: Account | Instrument) -> tuple[Body, ...]:
        if isinstance(event, Instrument):
            self.market.define(event)
        bodies = self.engine.define(event)
        for body in bodies:
            self.engine.apply(body)
        return bodies

    def run(self, events: Iterable[Event]) -> Iterator[tuple[Event, tuple[Body, ...]]]:
        """Each event with what it led to."""
        for event in events:
            yield event, self.feed(event)
