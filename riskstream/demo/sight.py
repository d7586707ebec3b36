"""What of the market and of the accounts has come out of the worker."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.market import Bar, Mark
from schemas.outputs import RiskMetrics
from schemas.topics import Topic
from streams.reader import EventReader
from streams.settings import StreamSettings


class Sight:
    """Latest mark time of each symbol, latest time that each account was valued at, and bars counted."""

    def __init__(self) -> None:
        self.mark_ns: dict[str, int] = {}
        self.valued_ns: dict[str, int] = {}
        self.bars = 0

    async def read(self, settings: StreamSettings, topic: Topic) -> None:
        """Read marks, bars or metrics until cancelled."""
        async with EventReader(settings, topic) as reader:
            async for entries in reader.entries():
                for entry in entries:
                    self._take(entry.event)

    @property
    def newest(self) -> tuple[int, int, int]:
        """Changes with whatever gets on."""
        return self.bars, sum(self.mark_ns.values()), sum(self.valued_ns.values())

    def marked(self, symbols: Iterable[str], time_ns: int) -> bool:
        """Whether each symbol has a mark of this event time or later."""
        return all(self.mark_ns.get(symbol, 0) >= time_ns for symbol in symbols)

    def unvalued(self, account_ids: Iterable[str], time_ns: int) -> list[str]:
        """The accounts without metrics of this event time or later."""
        return [each for each in account_ids if self.valued_ns.get(each, 0) < time_ns]

    def _take(self, event: object) -> None:
        match event:
            case Mark():
                self.mark_ns[event.symbol] = max(event.event_time_ns, event.quote_time_ns or 0)
            case RiskMetrics():
                self.valued_ns[event.account_id] = event.event_time_ns
            case Bar():
                self.bars += 1
