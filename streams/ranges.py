"""All records of a topic as they are, void and poison among them: for tools that look at a log from outside."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.connections import started, stopped
from streams.journal import Cursor, Header, Reader
from streams.reader import FETCH_MAX_BYTES, IDLE_MS, header_of
from streams.settings import StreamSettings


class Range(NamedTuple):
    """The offsets that a partition has: from ``begin`` to before ``end``."""

    begin: int
    end: int


class Ranges:
    """A consumer without a group over some partitions of one topic."""

    def __init__(self, settings: StreamSettings, topic: str, partitions: Sequence[int]) -> None:
        self._places = [TopicPartition(topic, number) for number in partitions]
        self._consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=settings.bootstrap_servers,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            fetch_max_wait_ms=settings.fetch_wait_ms,
            max_partition_fetch_bytes=FETCH_MAX_BYTES,
        )

    async def __aenter__(self) -> Self:
        await started(self._consumer)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await stopped(self._consumer)

    async def now(self) -> dict[int, Range]:
        """What each partition has right now."""
        begins = await self._consumer.beginning_offsets(self._places)
        ends = await self._consumer.end_offsets(self._places)
        return {place.partition: Range(begins[place], ends[place]) for place in self._places}

    async def read(
        self, starts: Mapping[int, int], ends: Mapping[int, int] | None = None
    ) -> AsyncGenerator[list[Any], None]:
        """Records from ``starts`` to before ``ends``, in the order of each partition; without ``ends`` for ever. An
        empty list while there is nothing. Offsets that hold no record (such as a transaction's end) are passed."""
        wanted = {number for number, start in starts.items() if ends is None or start < ends[number]}
        places = {place for place in self._places if place.partition in wanted}
        self._consumer.assign(list(places))
        for place in places:
            self._consumer.seek(place, starts[place.partition])
        while places:
            polled = await self._consumer.getmany(*places, timeout_ms=IDLE_MS)
            yield [
                each
                for records in polled.values()
                for each in records
                if ends is None or each.offset < ends[each.partition]
            ]
            if ends is None:
                continue
            done = {place for place in places if await self._consumer.position(place) >= ends[place.partition]}
            self._consumer.pause(*done)
            places -= done


class Judged(NamedTuple):
    """A journal record with what the rule says about it."""

    partition: int
    offset: int
    timestamp_ms: int
    header: Header
    effective: bool
    payload: bytes


class Judge:
    """Puts raw journal records through one reader for each partition."""

    def __init__(self, cursors: Mapping[int, Cursor]) -> None:
        self.readers = {number: Reader(cursor) for number, cursor in cursors.items()}

    def judged(self, record: Any) -> Judged:
        """One record, the next of its partition.

        :raises streams.journal.UnknownRecord: no header, or one of another version.
        """
        header = header_of(record)
        effective = self.readers[record.partition].effective(record.offset, header)
        return Judged(record.partition, record.offset, record.timestamp, header, effective, record.value or b"")
