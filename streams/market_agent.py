"""From ticks to marks: decode, conflate, broadcast. Poison goes to the dead letters."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Any

from risk.estimators.time_guard import TimeGuard
from schemas.codec import BadPayload, decode
from schemas.market import Bar, Mark
from schemas.topics import TICKS
from streams.broadcast import Broadcast
from streams.conflate import Conflater, Tick
from streams.dead_letters import DeadLetter, bury
from streams.patience import patiently
from streams.publisher import Publisher
from streams.settings import Clock, StreamSettings
from streams.tick_check import TickCheck

MILLISECOND_NS = 1_000_000
#: Chunks that are held, waiting or not yet acknowledged, before no more are fetched.
CHUNKS_MAX = 64


class MarketAgent:
    """One conflater for the tick partitions of this worker; it goes on where the broadcast marks end."""

    def __init__(self, settings: StreamSettings, publisher: Publisher, broadcast: Broadcast) -> None:
        self._publisher, self._ready = publisher, broadcast.ready
        self._pace_s = settings.conflation_ms / 1000
        self._waiting: deque[tuple[Sequence[Any], Callable[[], None]]] = deque()
        self._arrived = asyncio.Event()
        self._taken: list[Callable[[], None]] = []
        config, replays = settings.market, settings.clock is Clock.EVENT
        guard = TimeGuard[Tick](config.time_jump_max_ns, config.mark_confirmations) if replays else None
        self.check = TickCheck(config.future_max_ns, None if replays else time.time_ns, broadcast.may_be_negative)
        self.conflater = Conflater(settings.bar_period_ms * MILLISECOND_NS, broadcast.marks, guard)

    @property
    def refused(self) -> Counter[str]:
        """Ticks that are in no mark, by reason."""
        return self.check.refused + self.conflater.refused

    @property
    def full(self) -> bool:
        """Whether the broker keeps it waiting, so that no more ticks should be fetched."""
        return len(self._waiting) + len(self._taken) >= CHUNKS_MAX

    def put(self, records: Sequence[Any], done: Callable[[], None]) -> None:
        """Hand over a chunk of raw ticks; ``done`` acknowledges it once all that it led to is durable."""
        self._waiting.append((records, done))
        self._arrived.set()

    async def work_forever(self) -> None:
        """Take what was handed over, once it is known where the broadcast marks end."""
        await self._ready.wait()
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                await self._take(*self._waiting[0])
                self._waiting.popleft()
                await asyncio.sleep(0)  # others have their turn between two chunks

    async def flush_forever(self) -> None:
        """Broadcast what changed, at the pace of the settings."""
        while True:
            await asyncio.sleep(self._pace_s)
            taken, self._taken = self._taken, []
            await self._publisher.broadcast(self.conflater.flush())
            for done in taken:
                done()

    async def _take(self, records: Sequence[Any], done: Callable[[], None]) -> None:
        """Bars and dead letters are durable when this returns, marks with the next flush."""
        letters, closed = list[DeadLetter](), list[Mark | Bar]()
        for record in records:
            try:
                closed += self.conflater.add(self._checked(record))
            except BadPayload as error:
                letters.append(
                    DeadLetter(record.topic, record.partition, record.offset, record.key, record.value, str(error))
                )
        if letters:
            await patiently(lambda: bury(self._publisher.producer, letters), "dead letters")
        await self._publisher.broadcast(closed)
        self._taken.append(done)

    def _checked(self, record: Any) -> Tick:
        tick: Tick = decode(TICKS, record.value)
        refusal = self.check.refusal(tick)
        if refusal is not None:
            raise BadPayload(refusal)
        return tick
