"""Publishing events as an outsider does: each type on its topic, under its key, with Kafka's default partitioner."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaProducer

from schemas.base import Event
from schemas.codec import encode
from schemas.topics import INPUTS, addressed_to, concerns_all, key_of
from streams.partitioning import partition_of
from streams.settings import StreamSettings


class EventProducer:
    """An idempotent producer of input events. ``linger_ms`` trades latency for larger batches."""

    def __init__(self, settings: StreamSettings, linger_ms: int = 0) -> None:
        self._settings = settings
        self._linger_ms = linger_ms
        self._producer: Any = None

    async def start(self) -> Self:
        """Connect.

        :raises aiokafka.errors.KafkaConnectionError: no broker answers.
        """
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._settings.bootstrap_servers,
            enable_idempotence=True,
            acks="all",
            linger_ms=self._linger_ms,
            max_batch_size=262_144,
        )
        try:
            await self._producer.start()
        except BaseException:  # nobody will stop what did not start
            await self._producer.stop()
            raise
        return self

    async def send(self, event: Event) -> list[asyncio.Future[Any]]:
        """Publish an event; what concerns all accounts goes to every partition. The futures end when it is durable."""
        topic = INPUTS[type(event)]
        name, key, payload = self._settings.topic(topic), key_of(topic, event), encode(event)
        count = self._settings.partitions_of(topic)
        addressed = addressed_to(event)
        home = addressed if addressed is not None else partition_of(key, count)
        targets = range(count) if concerns_all(event) else (home,)
        return [await self._producer.send(name, payload, key=key.encode(), partition=target) for target in targets]

    async def flush(self) -> None:
        """Wait until all that was sent is durable."""
        await self._producer.flush()

    async def stop(self) -> None:
        """Flush and disconnect."""
        if self._producer is not None:
            await self._producer.stop()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
