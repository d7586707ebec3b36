"""Reading what riskstream writes: the journal by its rule, other topics as they are.

Readers belong to no group; where to go on is the caller's to keep.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.codec import BadPayload, decode, decode_body
from schemas.records import Body
from schemas.topics import DECISIONS, Topic
from streams.connections import stopped
from streams.journal import HEADER_KEY, Cursor, Header, Kind, Reader, UnknownRecord, check_schema, decode_header
from streams.settings import StreamSettings

#: An iterator yields at least this often, with nothing if there is nothing.
IDLE_MS = 250
FETCH_MAX_BYTES = 4 * 1024 * 1024


class JournalGap(Exception):
    """The journal no longer has what the cursor needs next: records were deleted before they were read."""


class Entry(NamedTuple):
    """One effective record. (partition, seq) is its id; ``cursor`` is the position after it."""

    partition: int
    offset: int
    seq: int
    timestamp_ms: int
    body: Body
    payload: bytes
    cursor: Cursor


def header_of(record: Any) -> Header:
    """The journal header of a Kafka record.

    :raises UnknownRecord: it has none, or one of another version.
    """
    for key, value in record.headers:
        if key == HEADER_KEY:
            return decode_header(value)
    raise UnknownRecord(f"record {record.topic}-{record.partition}@{record.offset} has no header {HEADER_KEY!r}")


class _Assigned:
    """A consumer without a group over given partitions."""

    def __init__(
        self, settings: StreamSettings, positions: Mapping[TopicPartition, int | None], when_gone: str = "none"
    ) -> None:
        self._positions = dict(positions)
        #: The next offset of each partition, ``None`` start positions counting from the end.
        self.read: dict[TopicPartition, int] = {partition: offset or 0 for partition, offset in positions.items()}
        self._consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=settings.bootstrap_servers,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset=when_gone,
            fetch_max_wait_ms=settings.fetch_wait_ms,
            max_partition_fetch_bytes=FETCH_MAX_BYTES,
        )

    async def start(self) -> None:
        try:
            await self._place()
        except BaseException:  # nobody will stop what did not start
            await stopped(self._consumer)
            raise

    async def _place(self) -> None:
        consumer, partitions = self._consumer, list(self._positions)
        await consumer.start()
        consumer.assign(partitions)
        for partition, offset in self._positions.items():
            if offset is None:
                await consumer.seek_to_end(partition)
                self.read[partition] = await consumer.position(partition)
            else:
                consumer.seek(partition, offset)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self._consumer.seek(partition, offset)
        self.read[partition] = offset

    async def poll(self) -> dict[TopicPartition, list[Any]]:
        polled: dict[TopicPartition, list[Any]] = await self._consumer.getmany(timeout_ms=IDLE_MS)
        for partition, records in polled.items():
            self.read[partition] = records[-1].offset + 1
        return polled

    async def caught_up(self) -> bool:
        """Whether all there is right now has been read."""
        ends = await self.ends()
        return all(self.read[partition] >= end for partition, end in ends.items())

    def lag(self) -> int:
        """Records between the positions and the ends, as far as the last fetch knew."""
        return sum(self._behind(partition, offset) for partition, offset in self.read.items())

    def _behind(self, partition: TopicPartition, offset: int) -> int:
        end = self._consumer.highwater(partition)
        return max(0, end - offset) if end is not None else 0

    async def ends(self) -> dict[TopicPartition, int]:
        offsets: dict[TopicPartition, int] = await self._consumer.end_offsets(list(self._positions))
        return offsets

    async def begin(self) -> dict[TopicPartition, int]:
        offsets: dict[TopicPartition, int] = await self._consumer.beginning_offsets(list(self._positions))
        return offsets

    async def stop(self) -> None:
        await stopped(self._consumer)


class JournalReader:
    """The effective records of the decisions topic, of the given kinds, from given cursors or from genesis.

    :raises JournalGap: on entering, if the journal starts after a cursor.
    """

    def __init__(
        self,
        settings: StreamSettings,
        cursors: Mapping[int, Cursor] | None = None,
        partitions: Sequence[int] | None = None,
        kinds: Collection[Kind] = tuple(Kind),
    ) -> None:
        self._topic = settings.topic(DECISIONS)
        self._kinds = set(kinds) - {Kind.CLAIM}
        numbers = range(settings.partitions) if partitions is None else partitions
        known = cursors or {}
        self._readers = {number: Reader(known.get(number, Cursor())) for number in numbers}
        positions = {TopicPartition(self._topic, number): reader.offset for number, reader in self._readers.items()}
        self._assigned = _Assigned(settings, positions)

    async def __aenter__(self) -> Self:
        await self._assigned.start()
        for partition, begin in (await self._assigned.begin()).items():
            if begin > self._readers[partition.partition].offset:
                await self._assigned.stop()
                needed = self._readers[partition.partition].offset
                raise JournalGap(f"{self._topic}-{partition.partition} starts at {begin}, needed {needed}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._assigned.stop()

    @property
    def cursors(self) -> dict[int, Cursor]:
        """Where each partition's reader is."""
        return {number: reader.cursor for number, reader in self._readers.items()}

    async def entries(self) -> AsyncGenerator[list[Entry], None]:
        """Effective records as they come, in the order of each partition; an empty list when there is nothing.

        :raises JournalGap: records were deleted before they were read.
        :raises UnknownRecord: a record of another version, or a claim by code that writes bodies of a later one.
        """
        while True:
            yield await self.poll()

    async def poll(self) -> list[Entry]:
        """The next portion of :meth:`entries`."""
        polled = await self._assigned.poll()
        return [entry for records in polled.values() for entry in self._effective(records)]

    def leap(self, partition: int, cursor: Cursor) -> None:
        """Go on at a later position, which is known to be one of effective records."""
        self._readers[partition] = Reader(cursor)
        self._assigned.seek(TopicPartition(self._topic, partition), cursor.offset)

    def _effective(self, records: Sequence[Any]) -> list[Entry]:
        entries = []
        for record in records:
            reader = self._readers[record.partition]
            if record.offset > reader.offset:
                raise JournalGap(f"{self._topic}-{record.partition} goes on at {record.offset}, needed {reader.offset}")
            header = header_of(record)
            if not reader.effective(record.offset, header):
                continue
            if header.kind is Kind.CLAIM:
                check_schema(decode_body(record.value).schema_version, f"{self._topic}-{record.partition}")
            elif header.kind in self._kinds:
                entries.append(
                    Entry(
                        record.partition,
                        record.offset,
                        header.seq,
                        record.timestamp,
                        decode_body(record.value),
                        record.value,
                        reader.cursor,
                    )
                )
        return entries

    def lag(self) -> int:
        """Records that are not read yet, as far as the last fetch knew."""
        return self._assigned.lag()

    async def caught_up(self) -> bool:
        """Whether all there is right now has been read; asks the broker."""
        return await self._assigned.caught_up()


class EventEntry(NamedTuple):
    """One event of a plain topic."""

    partition: int
    offset: int
    timestamp_ms: int
    event: Any
    payload: bytes


class EventReader:
    """The events of a plain topic, from given offsets (partition -> offset), else from the beginning or the end.

    ``refused`` counts what is no event of the topic: outsiders may write to it, and its neighbours must not suffer.
    """

    def __init__(
        self, settings: StreamSettings, topic: Topic, offsets: Mapping[int, int] | None = None, from_end: bool = False
    ) -> None:
        self._topic, known, start = topic, offsets or {}, None if from_end else 0
        self.refused = 0
        self._assigned = _Assigned(
            settings,
            {
                TopicPartition(settings.topic(topic), number): known.get(number, start)
                for number in range(settings.partitions_of(topic))
            },
            when_gone="earliest",
        )

    async def __aenter__(self) -> Self:
        await self._assigned.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._assigned.stop()

    async def entries(self) -> AsyncGenerator[list[EventEntry], None]:
        """Events as they come; an empty list when there is nothing. What is no event is counted and left out."""
        while True:
            polled = await self._assigned.poll()
            decoded = [self._entry(record) for records in polled.values() for record in records]
            yield [entry for entry in decoded if entry is not None]

    def _entry(self, record: Any) -> EventEntry | None:
        try:
            event = decode(self._topic, record.value)
        except BadPayload:
            self.refused += 1
            return None
        return EventEntry(record.partition, record.offset, record.timestamp, event, record.value)

    def lag(self) -> int:
        """Records that are not read yet, as far as the last fetch knew."""
        return self._assigned.lag()

    async def caught_up(self) -> bool:
        """Whether all there is right now has been read; asks the broker."""
        return await self._assigned.caught_up()
