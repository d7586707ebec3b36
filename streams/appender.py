"""Writing a partition's journal as one owner: claim it, then append, and know what became of each batch."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from schemas.codec import decode_body, encode
from schemas.records import Body, Claim
from schemas.topics import DECISIONS
from streams.journal import HEADER_KEY, OWNER_BYTES, Cursor, Header, Kind, Reader, encode_header
from streams.processor import Pending
from streams.reader import IDLE_MS, header_of
from streams.settings import StreamSettings

Fold = Callable[[Header, Body], None]
BATCH_MAX_BYTES = 1_000_000
#: What a record costs in a batch beside its key, payload and headers.
RECORD_OVERHEAD_BYTES = 128


class LostOwnership(Exception):
    """Another worker owns the partition, or what became of an append is not known: discard, and take over anew."""


class JournalStartsLate(Exception):
    """The journal no longer has its beginning and there is no snapshot: fatal."""


class Appender:
    """One owner's hold on one partition: a nonce and a producer session of its own, never used again after a failure.

    The rule (see ARCHITECTURE): a batch's base offset is compared with the expected one; if someone appended in
    between, that gap is read and the rule applied; then the own records go through the same reader. Only if all are
    effective did they happen.
    """

    def __init__(self, settings: StreamSettings, partition: int) -> None:
        self._settings = settings
        self._place = TopicPartition(settings.topic(DECISIONS), partition)
        self._reader = Reader(Cursor())
        self._owner = os.urandom(OWNER_BYTES)
        self._expected = 0
        self._producer: Any = AIOKafkaProducer(
            bootstrap_servers=settings.bootstrap_servers, enable_idempotence=True, acks="all",
            max_batch_size=BATCH_MAX_BYTES, max_request_size=BATCH_MAX_BYTES + 65_536,
            request_timeout_ms=settings.session_timeout_ms,
        )

    @property
    def cursor(self) -> Cursor:
        """After the last record known to be effective."""
        return self._reader.cursor

    async def take_over(self, fold: Fold) -> None:
        """Fold the journal, claim it, fold up to the claim; afterwards this owner holds the partition.

        :raises LostOwnership: another claim won, or the claim's fate is unknown.
        :raises JournalStartsLate: the beginning of the journal is gone.
        """
        await self._producer.start()
        consumer = await self._open()
        try:
            await self._read(consumer, None, fold)
            epoch = self._reader.epoch
            body = Claim(partitions=self._settings.partitions, code_version="0.1.0")
            claim = Pending(Kind.CLAIM, None, None, encode(body))
            offset = await self._send([(claim, Header(Kind.CLAIM, epoch + 1, self._owner, epoch))])
            await self._read(consumer, offset + 1, fold)
        finally:
            await consumer.stop()
        if (self._reader.epoch, self._reader.owner) != (epoch + 1, self._owner):
            raise LostOwnership(f"the claim at {offset} of {self._place} is void: another worker was first")
        self._expected = offset + 1

    async def append(self, pending: Sequence[Pending]) -> None:
        """Write records, as few RecordBatches as they fit in; return when they are durable and effective.

        :raises LostOwnership: they are void, or it is not known whether they are.
        """
        if not pending:
            return
        records = [
            (record, Header(record.kind, self._reader.epoch, self._owner, self._reader.seq + 1 + index, record.source))
            for index, record in enumerate(pending)
        ]
        for batch in _batches(records):
            base = await self._send(batch)
            if base != self._expected:
                await self._read_gap(base)
            for index, (_, header) in enumerate(batch):
                if not self._reader.effective(base + index, header):
                    raise LostOwnership(f"own record {self._place}@{base + index} is void: this worker was replaced")
            self._expected = base + len(batch)

    async def stop(self) -> None:
        """End the producer session."""
        await self._producer.stop()

    async def _send(self, records: Sequence[tuple[Pending, Header]]) -> int:
        """One RecordBatch; gives its base offset."""
        batch = self._producer.create_batch()
        for record, header in records:
            headers = [(HEADER_KEY, encode_header(header))]
            if batch.append(timestamp=None, key=record.key, value=record.payload, headers=headers) is None:
                raise LostOwnership(f"a batch of {len(records)} records does not fit {BATCH_MAX_BYTES} bytes")
        batch.close()
        try:
            future = await self._producer.send_batch(batch, self._place.topic, partition=self._place.partition)
            async with asyncio.timeout(self._settings.session_timeout_ms / 1000):
                sent = await asyncio.shield(future)
        except (KafkaError, TimeoutError) as error:
            raise LostOwnership(f"an append to {self._place} failed or is unknown: {error!r}") from error
        if sent.offset < 0:
            raise LostOwnership(f"an append to {self._place} was answered without an offset")
        return int(sent.offset)

    async def _open(self) -> Any:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._settings.bootstrap_servers, group_id=None, enable_auto_commit=False,
            auto_offset_reset="none", fetch_max_wait_ms=self._settings.fetch_wait_ms,
        )
        await consumer.start()
        consumer.assign([self._place])
        begin = (await consumer.beginning_offsets([self._place]))[self._place]
        if begin > self._reader.offset:
            await consumer.stop()
            raise JournalStartsLate(f"{self._place} starts at {begin}, needed {self._reader.offset}")
        consumer.seek(self._place, self._reader.offset)
        return consumer

    async def _read(self, consumer: Any, until: int | None, fold: Fold | None) -> None:
        """Read up to an offset, or to the end as it is now, folding what is effective."""
        end = until if until is not None else (await consumer.end_offsets([self._place]))[self._place]
        while self._reader.offset < end:
            polled = await consumer.getmany(self._place, timeout_ms=IDLE_MS)
            for record in polled.get(self._place, ()):
                if record.offset >= end:
                    consumer.seek(self._place, end)
                    break
                self._take(record, fold)

    def _take(self, record: Any, fold: Fold | None) -> None:
        header = header_of(record)
        if self._reader.effective(record.offset, header) and header.kind is not Kind.CLAIM and fold is not None:
            fold(header, decode_body(record.value))

    async def _read_gap(self, base: int) -> None:
        """What others appended between the expected and the own offset: claims or void records, never state."""
        consumer = await self._open()
        try:
            await self._read(consumer, base, None)
        finally:
            await consumer.stop()


def _batches(records: Sequence[tuple[Pending, Header]]) -> list[list[tuple[Pending, Header]]]:
    """Split by size; any effective prefix of the records is a consistent state, so splitting is safe."""
    batches: list[list[tuple[Pending, Header]]] = [[]]
    size = 0
    for record, header in records:
        cost = len(record.payload) + len(record.key or b"") + RECORD_OVERHEAD_BYTES
        if batches[-1] and size + cost > BATCH_MAX_BYTES - 1000:
            batches.append([])
            size = 0
        batches[-1].append((record, header))
        size += cost
    return batches
