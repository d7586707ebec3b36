"""The journal on Kafka: one consumer that fetches on demand, and one idempotent producer that sends whole batches."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from schemas.topics import DECISIONS
from streams.connections import abandon, stopped
from streams.journal import HEADER_KEY, encode_header
from streams.log import BATCH_MAX_BYTES, LogUnavailable, Record, RecordTooLong, Stored
from streams.patience import TOO_LARGE
from streams.reader import IDLE_MS, header_of
from streams.settings import StreamSettings

#: Ending a producer whose batch the broker never answered would wait for ever.
STOP_TIMEOUT_S = 1.0


class KafkaLog:
    """A :class:`streams.log.Log` of the decisions topic: a producer session of its own, one RecordBatch a batch."""

    def __init__(self, settings: StreamSettings, partition: int) -> None:
        self._place = TopicPartition(settings.topic(DECISIONS), partition)
        self._consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=settings.bootstrap_servers,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            fetch_max_wait_ms=settings.fetch_wait_ms,
        )
        self._producer: Any = AIOKafkaProducer(
            bootstrap_servers=settings.bootstrap_servers,
            enable_idempotence=True,
            acks="all",
            max_batch_size=BATCH_MAX_BYTES,
            max_request_size=BATCH_MAX_BYTES + 65_536,
            request_timeout_ms=settings.session_timeout_ms,
        )

    @property
    def name(self) -> str:
        """Topic and partition."""
        return f"{self._place.topic}-{self._place.partition}"

    async def start(self) -> None:
        """Connect both."""
        with _unavailable("can't be reached"):
            await self._consumer.start()
            self._consumer.assign([self._place])
            self._consumer.pause(self._place)
            await self._producer.start()

    async def begin(self) -> int:
        """As the broker says."""
        with _unavailable("can't be read"):
            return int((await self._consumer.beginning_offsets([self._place]))[self._place])

    async def end(self) -> int:
        """As the broker says."""
        with _unavailable("can't be read"):
            return int((await self._consumer.end_offsets([self._place]))[self._place])

    async def read(self, offset: int, until: int) -> AsyncIterator[Sequence[Stored]]:
        """Fetch until there, over offsets that hold no record; the consumer is paused again afterwards."""
        self._consumer.seek(self._place, offset)
        self._consumer.resume(self._place)
        try:
            while offset < until:
                with _unavailable("can't be read"):
                    polled = await self._consumer.getmany(self._place, timeout_ms=IDLE_MS)
                    offset = await self._consumer.position(self._place)
                records = [record for record in polled.get(self._place, ()) if record.offset < until]
                if records:
                    yield [Stored(record.offset, header_of(record), record.value) for record in records]
        finally:
            self._consumer.pause(self._place)

    async def append(self, records: Sequence[Record]) -> asyncio.Future[int]:
        """One RecordBatch; the client lets the one before leave first."""
        batch = self._producer.create_batch()
        for record in records:
            headers = [(HEADER_KEY, encode_header(record.header))]
            added = batch.append(timestamp=None, key=record.key, value=record.payload, headers=headers)
            if added is None or record.size > BATCH_MAX_BYTES:  # the first one it takes, however long
                raise RecordTooLong(f"{len(records)} records for {self.name} do not fit into {BATCH_MAX_BYTES} bytes")
        batch.close()
        with _unavailable("failed to append"):
            sent = await self._producer.send_batch(batch, self._place.topic, partition=self._place.partition)
        return asyncio.ensure_future(self._base_offset(sent))

    async def stop(self) -> None:
        """Disconnect both, whatever the producer still waits for."""
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await stopped(self._producer)
        except (TimeoutError, KafkaError):
            with contextlib.suppress(TimeoutError, KafkaError):
                async with asyncio.timeout(STOP_TIMEOUT_S):
                    await abandon(self._producer)
        with contextlib.suppress(KafkaError):
            await stopped(self._consumer)

    async def _base_offset(self, sent: Awaitable[Any]) -> int:
        with _unavailable("failed to append, or nobody knows"):
            return int((await sent).offset)


@contextmanager
def _unavailable(what: str) -> Iterator[None]:
    try:
        yield
    except TOO_LARGE as error:
        raise RecordTooLong(f"{what}: {error!r}") from error
    except KafkaError as error:
        raise LogUnavailable(f"{what}: {error!r}") from error
