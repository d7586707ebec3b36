"""The demo without a broker: every event of it in event-time order, with the decisions that the engine makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from riskstream.demo import history, reference
from riskstream.demo.actors import Actors
from riskstream.demo.market import Market, Session
from riskstream.offline import Offline
from schemas.base import Event
from schemas.records import Body

Outcome = tuple[Event, tuple[Body, ...]]
#: February to April 2020.
WINDOW_DAYS = 62


class Cast(NamedTuple):
    """What a run of the demo is made of."""

    market: Market
    actors: Actors
    reference: tuple[Event, ...]

    @property
    def account_ids(self) -> list[str]:
        """The accounts that trade."""
        return list(self.actors.flow.books)


def cast(seed: int = 1, steps: int = 4) -> Cast:
    """Market and actors of a seed, and the reference data to send first."""
    instruments, accounts = reference.instruments(), reference.accounts()
    return Cast(Market(history.load(), instruments, seed, steps), Actors(accounts, seed), (*instruments, *accounts))


def play(seed: int = 1, sessions: int = WINDOW_DAYS, steps: int = 4) -> Iterator[Outcome]:
    """Reference data, warm-up and ``sessions`` days, each event with what it led to.

    Orders depend on fills and on decisions, so this runs the engine; the events alone can be fed to it again and lead
    to the same decisions.
    """
    market, actors, definitions = cast(seed, steps)
    offline = Offline()
    yield from offline.run(definitions)
    for bars in market.warm_up():
        actors.warm_up(bars)
        yield from offline.run(bars)
    for session in islice(market.sessions(), sessions):
        yield from _session(offline, actors, session)


def _session(offline: Offline, actors: Actors, session: Session) -> Iterator[Outcome]:
    yield from offline.run(actors.commands(session))
    for index, step in enumerate(session.steps):
        yield from offline.run(step.events)
        orders = list(offline.run(actors.orders(session, index)))
        yield from orders
        yield from offline.run(actors.answers(session, index, _bodies(orders)))
    yield from offline.run(session.bars)
    yield from offline.run(actors.close(session))


def _bodies(outcomes: Iterable[Outcome]) -> Iterator[Body]:
    return (body for _, bodies in outcomes for body in bodies)
