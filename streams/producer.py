"""Publishing events as an outsider does: each type on its topic, under its key, with Kafka's default partitioner."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from functools import partial
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaProducer

from schemas.base import Event
from schemas.codec import encode
from schemas.topics import INPUTS, addressed_to, concerns_all, key_of
from streams.connections import started, stopped
from streams.partitioning import partition_of
from streams.settings import StreamSettings


class NotPublished(Exception):
    """Events that were sent are not known to be durable; the message names each topic's partition."""


class EventProducer:
    """An idempotent producer of input events. ``linger_ms`` trades latency for larger batches."""

    def __init__(self, settings: StreamSettings, linger_ms: int = 0) -> None:
        self._settings = settings
        self._linger_ms = linger_ms
        self._producer: Any = None
        self._under_way: set[asyncio.Future[Any]] = set()
        self._failed: Counter[str] = Counter()

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
        await started(self._producer)
        return self

    async def send(self, event: Event) -> list[asyncio.Future[Any]]:
        """Publish an event; what concerns all accounts goes to every partition. The futures end when it is durable."""
        topic = INPUTS[type(event)]
        name, key, payload = self._settings.topic(topic), key_of(topic, event), encode(event)
        return [await self._send(name, payload, key.encode(), target) for target in self.targets(event)]

    def targets(self, event: Event) -> Sequence[int]:
        """The partitions that get a copy of an event."""
        topic, addressed = INPUTS[type(event)], addressed_to(event)
        count = self._settings.partitions_of(topic)
        if concerns_all(event):
            return range(count)
        return (partition_of(key_of(topic, event), count) if addressed is None else addressed,)

    async def flush(self) -> None:
        """Wait until all that was sent is durable.

        :raises NotPublished: some of what was sent since the last call is not.
        """
        if self._under_way:
            await asyncio.wait(self._under_way)
        failed, self._failed = self._failed, Counter()
        if failed:
            causes = ", ".join(f"{place} ({count} times)" for place, count in failed.items())
            raise NotPublished(f"{failed.total()} events are not known to be published: {causes}")

    async def stop(self) -> None:
        """Disconnect, once what was sent is settled."""
        if self._producer is not None:
            await stopped(self._producer)

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                await self.flush()
        finally:
            await self.stop()

    async def _send(self, name: str, payload: bytes, key: bytes, partition: int) -> asyncio.Future[Any]:
        sent: asyncio.Future[Any] = await self._producer.send(name, payload, key=key, partition=partition)
        self._under_way.add(sent)
        sent.add_done_callback(partial(self._settled, f"{name}-{partition}"))
        return sent

    def _settled(self, place: str, sent: asyncio.Future[Any]) -> None:
        self._under_way.discard(sent)
        error = None if sent.cancelled() else sent.exception()
        if error is not None:
            self._failed[f"{place}: {error!r}"] += 1
