"""From ticks to marks: decode, conflate, broadcast. Poison goes to the dead letters."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from schemas.codec import BadPayload, decode
from schemas.topics import TICKS
from streams.conflate import Conflater
from streams.dead_letters import DeadLetter, bury
from streams.publisher import Publisher
from streams.settings import StreamSettings


class MarketAgent:
    """One conflater for the tick partitions of this worker."""

    def __init__(self, settings: StreamSettings, publisher: Publisher) -> None:
        self._publisher = publisher
        self._pace_s = settings.conflation_ms / 1000
        self._conflater = Conflater()

    async def take(self, records: Sequence[Any]) -> None:
        """A chunk of raw ticks. Returns when what had to go out at once is durable, so that no bar is lost."""
        letters, futures = [], []
        for record in records:
            try:
                tick = decode(TICKS, record.value)
            except BadPayload as error:
                letters.append(DeadLetter(record.topic, record.partition, record.offset, record.key, record.value,
                                          str(error)))
                continue
            futures += await self._publisher.market(self._conflater.add(tick))
        if letters:
            await bury(self._publisher.producer, letters)
        await asyncio.gather(*futures)

    async def flush_forever(self) -> None:
        """Broadcast what changed, at the pace of the settings."""
        while True:
            await asyncio.sleep(self._pace_s)
            await self._publisher.market(self._conflater.flush())
