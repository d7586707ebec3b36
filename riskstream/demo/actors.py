"""Everyone who sends something in the demo: accounts, the venue, the risk managers. Pure: the caller moves events."""

from __future__ import annotations

from collections.abc import Iterable

from riskstream.demo.control import Control
from riskstream.demo.exchange import Exchange, Report
from riskstream.demo.flow import REPORTS_NS, Flow, Order
from riskstream.demo.market import CLOSE_NS, Session
from schemas.base import Event
from schemas.decisions import Decision
from schemas.records import Body
from schemas.reference import Account

_AFTER_CLOSE_NS = 1_000_000


class Actors:
    """The order of calls in a session: ``commands``; for each step ``orders`` and ``answers``; ``close``."""

    def __init__(self, accounts: Iterable[Account], seed: int = 1) -> None:
        self.flow, self.exchange = Flow(accounts, seed), Exchange()
        self.control = Control(self.flow.books)

    def warm_up(self, bars: Iterable[Event]) -> None:
        """Take a day's bars from before the first session."""
        self.flow.close(bars)

    def commands(self, session: Session) -> list[Event]:
        """What the risk managers order before a session."""
        return self.control.commands(session)

    def orders(self, session: Session, index: int) -> list[Order]:
        """All orders of a step, in event-time order."""
        return self.flow.orders(session, index, self.exchange.resting.values())

    def answers(self, session: Session, index: int, bodies: Iterable[Body]) -> list[Report]:
        """The venue's reports on what was decided in a step; the accounts and the risk managers learn of it too."""
        step, seen = session.steps[index], list(bodies)
        decisions = sorted((body for body in seen if isinstance(body, Decision)), key=_asked)
        self.control.moved(seen)
        self.flow.decided(decisions)
        reports = self.exchange.reports(decisions, step.prices, step.time_ns + REPORTS_NS)
        self.flow.reported(reports)
        return reports

    def close(self, session: Session) -> list[Report]:
        """After the session's bars: resting orders expire."""
        self.flow.close(session.bars)
        return self.exchange.close(session.midnight_ns + CLOSE_NS + _AFTER_CLOSE_NS)


def _asked(decision: Decision) -> tuple[int, str]:
    return decision.order.event_time_ns, decision.order_id
