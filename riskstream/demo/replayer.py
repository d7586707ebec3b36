"""Plays the demo at a pace: market data first, orders when the marks they are to be judged by are out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from datetime import date

from riskstream.demo.days import PLAY_FROM
from riskstream.demo.gateway import Gateway
from riskstream.demo.market import Session
from riskstream.demo.script import Cast
from riskstream.demo.sight import Sight, swept_since
from schemas.base import Event
from schemas.market import Bar
from streams.producer import EventProducer
from streams.settings import StreamSettings

#: February to April 2020 are 62 days of 4 steps: about 50 s.
STEP_S = 0.2
DECISION_TIMEOUT_S = 10.0
#: From seeing a mark oneself to every worker having it: both read the same topic in the same way.
_SETTLE_S = 0.02


class Replayer:
    """Moves the events of a cast onto the topics. ``day`` is the day that is being played."""

    def __init__(
        self,
        settings: StreamSettings,
        cast: Cast,
        producer: EventProducer,
        gateway: Gateway,
        sight: Sight,
        step_s: float = STEP_S,
    ) -> None:
        self._cast, self._producer, self._gateway, self._sight = cast, producer, gateway, sight
        self._settings, self._step_s = settings, step_s
        self._bars = 0
        self._finishing = False
        self.day: date | None = None
        self.playing = asyncio.Event()

    def finish(self) -> None:
        """Let :meth:`play` return after the step that is being played."""
        self._finishing = True

    async def play(self) -> None:
        """Reference data, the warm-up at full speed, then session after session until :meth:`finish`.

        :raises Behind: the worker does not keep up.
        """
        await self.warm_up()
        self.playing.set()
        for session in self._cast.market.sessions():
            self.day = session.date
            await self.session(session)
            if self._finishing:
                return

    async def warm_up(self) -> None:
        """Publish reference data and two years of bars; returns when every account is valued with them."""
        last_ns = 0
        await self._publish(self._cast.reference)
        for bars in self._cast.market.warm_up(PLAY_FROM):
            self._cast.actors.warm_up(bars)
            await self._send(bars)
            last_ns = max(bar.event_time_ns for bar in bars)
        await self._producer.flush()
        await self._sight.bars_out(self._bars)
        await swept_since(self._settings, self._cast.account_ids, last_ns)

    async def session(self, session: Session) -> None:
        """Play one day."""
        await self._publish(self._cast.actors.commands(session))
        for index in range(len(session.steps)):
            due_s = time.perf_counter() + self._step_s
            await self._step(session, index)
            if self._finishing:
                return
            await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
        await self._publish(session.bars)
        await self._sight.bars_out(self._bars)
        await self._publish(self._cast.actors.close(session))

    async def _step(self, session: Session, index: int) -> None:
        step, actors = session.steps[index], self._cast.actors
        await self._publish(step.events)
        await self._sight.marks_since(step.prices, step.time_ns)
        await asyncio.sleep(_SETTLE_S)
        await self._gateway.send(actors.orders(session, index))
        bodies = await self._gateway.answered(DECISION_TIMEOUT_S)
        await self._publish(actors.answers(session, index, bodies))

    async def _publish(self, events: Iterable[Event]) -> None:
        await self._send(events)
        await self._producer.flush()

    async def _send(self, events: Iterable[Event]) -> None:
        for event in events:
            self._bars += isinstance(event, Bar)
            await self._producer.send(event)
