"""An owner of partition 0 for tests: takes over, appends, and waits until what it appended is effective."""

from __future__ import annotations

import asyncio
import os

from schemas.records import Body, Skip
from streams.appender import Appender
from streams.journal import Cursor, Header
from streams.kafka_log import KafkaLog
from streams.log import Pending
from streams.settings import StreamSettings
from streams.tasks import first_to_end


class Holder:
    """An appender and what its takeover folded: the reasons of skips."""

    def __init__(self, settings: StreamSettings) -> None:
        self.settings = settings
        self.folded: list[str] = []
        self.renew()

    def renew(self, cursor: Cursor = Cursor()) -> None:  # noqa: B008
        """A new owner with a session of its own."""
        self.appender = Appender(self.settings, KafkaLog(self.settings, 0), os.urandom(16), cursor)

    def fold(self, header: Header, body: Body) -> None:
        if isinstance(body, Skip):
            self.folded.append(body.reason)

    async def take_over(self) -> None:
        """Become the owner. :raises streams.appender.LostOwnership: another was first."""
        await self.appender.take_over(self.fold)

    async def append(self, pending: list[Pending]) -> None:
        """Submit, and wait until all of it is effective."""
        effective = asyncio.Event()

        async def submit() -> None:
            await self.appender.submit(pending, effective.set)
            await effective.wait()

        await first_to_end(submit(), self.appender.confirm_forever())

    async def stop(self) -> None:
        """End the session."""
        await self.appender.stop()
