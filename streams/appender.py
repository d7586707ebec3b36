"""Writing a partition's journal as one owner: claim it, then append, and know what became of each batch."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.codec import encode
from schemas.records import Claim
from streams.journal import HEADER_KEY, OWNER_BYTES, SCHEMA_VERSION, Cursor, Header, Kind, encode_header
from streams.processor import Pending
from streams.settings import StreamSettings
from streams.tail import Fold, JournalTail

BATCH_MAX_BYTES = 1_000_000
#: What a record costs in a batch beside its key, payload and headers.
RECORD_OVERHEAD_BYTES = 128
#: Ending a producer whose batch the broker never answered would wait for ever.
STOP_TIMEOUT_S = 1.0
#: An owner that appended nothing for so long looks whether someone else did.
IDLE_S = 1.0
Numbered = tuple[Pending, Header]


class LostOwnership(Exception):
    """Another worker owns the partition, or what became of an append is not known: discard, and take over anew."""


class JournalBroken(Exception):
    """The journal contradicts the rule, or a record can't be written: fatal."""


class Appender:
    """One owner's hold on one partition: a nonce and a producer session of its own, never used again after a failure.

    A batch's base offset is compared with the expected one; if someone appended in between, that gap is read by the
    rule; then the own records go through the same reader. Only if all are effective did they happen.
    """

    def __init__(self, settings: StreamSettings, partition: int) -> None:
        self._settings = settings
        self._tail = JournalTail(settings, partition)
        self._place, self._reader = self._tail.place, self._tail.reader
        self._owner = os.urandom(OWNER_BYTES)
        self._expected = 0
        self._used_at = 0.0
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

        :raises LostOwnership: another claim won, the claim's fate is unknown, or the broker is away.
        :raises streams.tail.JournalStartsLate: the beginning of the journal is gone.
        """
        try:
            await self._tail.start()
            await self._producer.start()
            await self._tail.read(await self._tail.end(), fold)
            epoch = self._reader.epoch
            offset = await self._claim(epoch)
            await self._tail.read(offset + 1, fold)
        except KafkaError as error:
            raise LostOwnership(f"{self._place} could not be taken over: {error!r}") from error
        if (self._reader.epoch, self._reader.owner) != (epoch + 1, self._owner):
            raise LostOwnership(f"the claim at {offset} of {self._place} is void: another worker was first")
        self._expected, self._used_at = offset + 1, time.monotonic()

    async def append(self, pending: Sequence[Pending]) -> None:
        """Write records, as few RecordBatches as they fit in; return when they are durable and effective.

        Splitting is safe: any effective prefix of the records is a consistent state.

        :raises LostOwnership: they are void, or it is not known whether they are.
        :raises JournalBroken: fatal.
        """
        for batch in _batches(self._numbered(pending)):
            base = await self._send(batch)
            foreign = base != self._expected
            if base < self._expected:
                raise JournalBroken(f"{self._place} gave offset {base}, but {self._expected} records were durable")
            await self._read_foreign(base)
            for index, (_, header) in enumerate(batch):
                self._confirm(base + index, header, foreign)
            self._expected, self._used_at = base + len(batch), time.monotonic()

    async def look(self) -> None:
        """After a while without an append, see whether another worker has claimed the partition.

        :raises LostOwnership: one has.
        """
        if time.monotonic() - self._used_at < IDLE_S:
            return
        try:
            await self._read_foreign(await self._tail.end())
        except KafkaError as error:
            raise LostOwnership(f"{self._place} can't be read: {error!r}") from error
        if self._reader.owner != self._owner:
            raise LostOwnership(f"another worker claimed {self._place}")
        self._used_at = time.monotonic()

    async def stop(self) -> None:
        """End the producer session and the reader; what is still under way has the fate that the journal shows."""
        with contextlib.suppress(TimeoutError, KafkaError):
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await self._producer.stop()
        with contextlib.suppress(KafkaError):
            await self._tail.stop()

    async def _claim(self, epoch: int) -> int:
        body = Claim(partitions=self._settings.partitions, code_version=_code_version(), schema_version=SCHEMA_VERSION)
        claim = Pending(Kind.CLAIM, None, None, encode(body))
        return await self._send([(claim, Header(Kind.CLAIM, epoch + 1, self._owner, epoch))])

    def _numbered(self, pending: Sequence[Pending]) -> list[Numbered]:
        epoch, first = self._reader.epoch, self._reader.seq + 1
        return [(record, Header(record.kind, epoch, self._owner, first + index, record.source))
                for index, record in enumerate(pending)]

    async def _read_foreign(self, until: int) -> None:
        """What others appended: claims or void records, never state."""
        await self._tail.read(until)
        self._expected = max(self._expected, until)

    def _confirm(self, offset: int, header: Header, foreign: bool) -> None:
        if self._reader.effective(offset, header):
            return
        if not foreign:
            raise JournalBroken(f"own record {self._place}@{offset} is void, though nobody else appended")
        raise LostOwnership(f"own record {self._place}@{offset} is void: this worker was replaced")

    async def _send(self, records: Sequence[Numbered]) -> int:
        """One RecordBatch; gives its base offset."""
        batch = self._producer.create_batch()
        for record, header in records:
            headers = [(HEADER_KEY, encode_header(header))]
            if batch.append(timestamp=None, key=record.key, value=record.payload, headers=headers) is None:
                raise JournalBroken(f"{len(records)} records do not fit into {BATCH_MAX_BYTES} bytes")
        batch.close()
        try:
            async with asyncio.timeout(self._settings.session_timeout_ms / 1000):
                future = await self._producer.send_batch(batch, self._place.topic, partition=self._place.partition)
                sent = await asyncio.shield(future)
        except (KafkaError, TimeoutError) as error:
            raise LostOwnership(f"an append to {self._place} failed or is unknown: {error!r}") from error
        if sent.offset < 0:  # DuplicateSequenceNumber is answered as a success without an offset
            raise LostOwnership(f"an append to {self._place} was answered without an offset")
        return int(sent.offset)


def _batches(records: Sequence[Numbered]) -> list[list[Numbered]]:
    """Split by size."""
    batches: list[list[Numbered]] = []
    size = BATCH_MAX_BYTES
    for record, header in records:
        cost = len(record.payload) + len(record.key or b"") + RECORD_OVERHEAD_BYTES
        if size + cost > BATCH_MAX_BYTES - 1000:
            batches.append([])
            size = 0
        batches[-1].append((record, header))
        size += cost
    return batches


def _code_version() -> str:
    try:
        return version("riskstream")
    except PackageNotFoundError:  # run from a checkout
        return "unknown"
