"""Plays the demo at a pace: market data first, orders when the worker sees the marks they are to be judged by."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from riskstream.demo.awaited import Awaited
from riskstream.demo.days import PLAY_FROM
from riskstream.demo.gateway import Gateway
from riskstream.demo.market import CLOSE_NS, Session
from riskstream.demo.reference import AGES
from riskstream.demo.script import Cast
from schemas.base import Event
from schemas.market import Bar
from streams.producer import EventProducer

#: February to April 2020 are 62 days of 4 steps: about 50 s.
STEP_S = 0.2
#: A run that is to end gets to the worst of the crash in this share of its time.
CRASH_DAYS, CRASH_SHARE = 31, 0.6


def step_s(seconds: int, steps: int = 4) -> float:
    """The pace that brings a run of so many seconds (0: without end) to the days that move breakers.

    >>> step_s(0), step_s(60), round(step_s(20), 3)
    (0.2, 0.2, 0.097)
    """
    return min(STEP_S, CRASH_SHARE * seconds / (CRASH_DAYS * steps)) if seconds else STEP_S


class Replayer:
    """Moves the events of a cast onto the topics."""

    def __init__(
        self, cast: Cast, producer: EventProducer, gateway: Gateway, awaited: Awaited, pace_s: float = STEP_S
    ) -> None:
        self._cast, self._producer, self._gateway = cast, producer, gateway
        self._awaited, self._pace_s = awaited, pace_s
        self._bars = 0
        self.playing = asyncio.Event()

    def finish(self) -> None:
        """Let :meth:`play` return after the step that is being played."""
        self._awaited.finishing = True

    async def play(self) -> None:
        """Reference data, the warm-up at full speed, then session after session until :meth:`finish`.

        :raises riskstream.demo.patience.Behind: the worker does not get on.
        """
        await self.warm_up()
        self.playing.set()
        for session in self._cast.market.sessions():
            self._gateway.meter.played(session.date)
            await self.session(session)
            if self._awaited.finishing:
                return

    async def warm_up(self) -> None:
        """Publish reference data and two years of bars; returns when every account is valued with them, and every
        symbol measured."""
        last_ns = 0
        await self._publish(self._cast.reference)
        for bars in self._cast.market.warm_up(PLAY_FROM):
            self._cast.actors.warm_up(bars)
            await self._send(bars)
            last_ns = max(bar.event_time_ns for bar in bars)
        await self._producer.flush()
        await self._awaited.bars(self._bars)
        await self._awaited.values(self._cast.account_ids, last_ns)
        await self._measures_since(last_ns)

    async def session(self, session: Session) -> None:
        """Play one day, with measures that do not grow too old before it ends."""
        await self._publish(self._cast.actors.commands(session))
        await self._measures_since(session.midnight_ns + CLOSE_NS - int(min(AGES.values())))
        for index in range(len(session.steps)):
            due_s = time.perf_counter() + self._pace_s
            await self._step(session, index)
            if self._awaited.finishing:
                return
            await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
        await self._publish(session.bars)
        await self._awaited.bars(self._bars)
        await self._publish(self._cast.actors.close(session))

    async def _step(self, session: Session, index: int) -> None:
        step, actors = session.steps[index], self._cast.actors
        await self._publish(step.events)
        await self._awaited.marks(step)
        await self._gateway.send(actors.orders(session, index))
        await self._awaited.decisions()
        await self._publish(actors.answers(session, index, self._gateway.news()))

    async def _measures_since(self, time_ns: int) -> None:
        await self._awaited.measures(len(self._cast.market.history.symbols), time_ns)

    async def _publish(self, events: Iterable[Event]) -> None:
        await self._send(events)
        await self._producer.flush()

    async def _send(self, events: Iterable[Event]) -> None:
        for event in events:
            self._bars += isinstance(event, Bar)
            await self._producer.send(event)
