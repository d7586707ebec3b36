"""The worker's producer for everything but the journal: marks, metrics, breaker events, alerts, dead letters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.base import Event
from schemas.codec import encode
from schemas.market import Bar, Mark
from schemas.topics import BARS, MARKS, METRICS, Topic
from streams.dead_letters import DeadLetter, bury
from streams.log import LogUnavailable
from streams.partitioning import partition_of
from streams.settings import StreamSettings

LINGER_MS = 2


class Publisher:
    """An idempotent producer; nothing that it sends can delay or change a decision."""

    def __init__(self, settings: StreamSettings) -> None:
        self._settings = settings
        self.producer: Any = None

    async def start(self) -> None:
        """Connect."""
        self.producer = AIOKafkaProducer(
            bootstrap_servers=self._settings.bootstrap_servers,
            enable_idempotence=True,
            acks="all",
            linger_ms=LINGER_MS,
            max_batch_size=262_144,
        )
        await self.producer.start()

    async def stop(self) -> None:
        """Flush and disconnect."""
        if self.producer is not None:
            await self.producer.stop()

    async def market(self, out: Iterable[Mark | Bar]) -> list[Any]:
        """Broadcast marks and bars; the futures end when they are durable."""
        return [
            await self.producer.send(
                self._settings.topic(BARS if isinstance(event, Bar) else MARKS),
                encode(event),
                key=event.symbol.encode(),
                partition=0,
            )
            for event in out
        ]

    async def bury(self, letters: Sequence[DeadLetter]) -> None:
        """Dead letters; returns when they are durable."""
        try:
            await bury(self.producer, letters)
        except KafkaError as error:
            raise LogUnavailable(f"dead letters can't be written: {error!r}") from error

    async def metrics(self, events: Iterable[Event]) -> None:
        """Metrics of accounts; one lost to a crash is replaced by the next second's."""
        try:
            for event in events:
                await self.send(METRICS, event)
        except KafkaError as error:
            raise LogUnavailable(f"metrics can't be sent: {error!r}") from error

    async def send(self, topic: Topic, event: Event) -> Any:
        """One event of an account on an output topic; the future ends when it is durable."""
        key: str = event.account_id  # type: ignore[attr-defined]
        partition = partition_of(key, self._settings.partitions)
        return await self.producer.send(
            self._settings.topic(topic), encode(event), key=key.encode(), partition=partition
        )
