"""The worker's producer for everything but the journal: marks, metrics, breaker events, alerts, dead letters."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.base import Event
from schemas.codec import encode
from schemas.market import Bar, Mark
from schemas.outputs import Alert
from schemas.topics import ALERTS, BARS, MARKS, METRICS, Topic
from streams.connections import started, stopped
from streams.dead_letters import DeadLetter, bury
from streams.log import LogUnavailable
from streams.partitioning import partition_of
from streams.patience import TOO_LARGE, patiently
from streams.settings import StreamSettings

LINGER_MS = 2


class Publisher:
    """A producer of what may be said twice; nothing that it sends can delay or change a decision.

    Not idempotent: such a producer is dead after one batch that expired while the broker was away.
    """

    def __init__(self, settings: StreamSettings) -> None:
        self._settings = settings
        self.producer: Any = None

    async def start(self) -> None:
        """Connect, however long the broker is away."""
        self.producer = await patiently(self._connected, "a producer")

    async def stop(self) -> None:
        """Flush and disconnect."""
        if self.producer is not None:
            await stopped(self.producer)

    async def broadcast(self, out: Sequence[Mark | Bar]) -> None:
        """Marks and bars to every worker; returns when they are durable, however long the broker is away. Said twice, a
        mark is the same mark, and a bar is refused as repeated."""
        await patiently(
            lambda: self._durable((BARS if isinstance(event, Bar) else MARKS, event, event.symbol, 0) for event in out),
            "marks",
        )

    async def events(self, out: Sequence[tuple[Topic, Event]]) -> None:
        """Events of accounts on output topics; returns when they are durable, however long the broker is away."""
        await patiently(lambda: self._durable((topic, event, *self._place(event)) for topic, event in out), "events")

    async def bury(self, letters: Sequence[DeadLetter]) -> None:
        """Dead letters; returns when they are durable.

        :raises aiokafka.errors.KafkaError: not even reason and place of one fit into its topic: fatal.
        """
        try:
            await bury(self.producer, letters)
        except TOO_LARGE:
            raise
        except KafkaError as error:
            raise LogUnavailable(f"dead letters can't be written: {error!r}") from error

    async def metrics(self, events: Iterable[Event]) -> None:
        """Metrics of accounts; one lost to a crash is replaced by the next second's."""
        try:
            for event in events:
                await self._send(METRICS, event, *self._place(event))
        except KafkaError as error:
            raise LogUnavailable(f"metrics can't be sent: {error!r}") from error

    async def alert(self, alert: Alert) -> None:
        """An alert about the worker itself, durable when this returns."""
        try:
            await self._durable([(ALERTS, alert, *self._place(alert))])
        except KafkaError as error:
            raise LogUnavailable(f"an alert can't be sent: {error!r}") from error

    async def _connected(self) -> Any:
        servers = self._settings.bootstrap_servers
        return await started(
            AIOKafkaProducer(bootstrap_servers=servers, acks="all", linger_ms=LINGER_MS, max_batch_size=262_144)
        )

    async def _durable(self, out: Iterable[tuple[Topic, Event, str, int]]) -> None:
        await asyncio.gather(*[await self._send(*each) for each in out])

    async def _send(self, topic: Topic, event: Event, key: str, partition: int) -> Any:
        return await self.producer.send(
            self._settings.topic(topic), encode(event), key=key.encode(), partition=partition
        )

    def _place(self, event: Event) -> tuple[str, int]:
        key: str = event.account_id  # type: ignore[attr-defined]
        return key, partition_of(key, self._settings.partitions)
