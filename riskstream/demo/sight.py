"""What of the market and the sweeps has come out of the worker, which tells the replayer when to go on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable

from schemas.market import Bar, Mark
from schemas.topics import METRICS, Topic
from streams.reader import EventReader
from streams.settings import StreamSettings

MARKS_TIMEOUT_S = 10.0
WARM_UP_TIMEOUT_S = 60.0


class Behind(RuntimeError):
    """The worker did not publish what it had to in time; the message says what is missing."""


class Sight:
    """What of the market has come out of the worker: latest mark time of each symbol, and bars counted."""

    def __init__(self) -> None:
        self.mark_ns: dict[str, int] = {}
        self.bars = 0
        self._news = asyncio.Event()

    async def read(self, settings: StreamSettings, topic: Topic) -> None:
        """Read marks or bars until cancelled."""
        async with EventReader(settings, topic) as reader:
            async for entries in reader.entries():
                for entry in entries:
                    self._take(entry.event)
                self._news.set()

    async def marks_since(self, symbols: Iterable[str], time_ns: int) -> None:
        """Wait until each symbol has a mark of this event time or later.

        :raises Behind: not within ten seconds.
        """
        wanted = set(symbols)
        await self._until(
            lambda: all(self.mark_ns.get(symbol, 0) >= time_ns for symbol in wanted),
            MARKS_TIMEOUT_S,
            "marks of the latest prices",
        )

    async def bars_out(self, count: int) -> None:
        """Wait until this many bars are out.

        :raises Behind: not within a minute.
        """
        await self._until(lambda: self.bars >= count, WARM_UP_TIMEOUT_S, f"{count} bars")

    def _take(self, event: object) -> None:
        if isinstance(event, Mark):
            self.mark_ns[event.symbol] = max(event.event_time_ns, event.quote_time_ns or 0)
        elif isinstance(event, Bar):
            self.bars += 1

    async def _until(self, condition: Callable[[], bool], timeout_s: float, what: str) -> None:
        deadline = time.perf_counter() + timeout_s
        while not condition():
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), deadline - time.perf_counter())
            except TimeoutError:
                raise Behind(f"the worker did not publish {what} within {timeout_s:.0f} s") from None


async def swept_since(settings: StreamSettings, account_ids: Iterable[str], time_ns: int) -> None:
    """Wait until the worker has published metrics of each account that are of this event time or later.

    :raises Behind: not within a minute.
    """
    waiting = set(account_ids)
    try:
        async with asyncio.timeout(WARM_UP_TIMEOUT_S), EventReader(settings, METRICS, from_end=True) as reader:
            async for entries in reader.entries():
                waiting -= {entry.event.account_id for entry in entries if entry.event.event_time_ns >= time_ns}
                if not waiting:
                    return
    except TimeoutError:
        raise Behind(f"the worker published no metrics of {', '.join(sorted(waiting))} after the warm-up") from None
