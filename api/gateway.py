"""An order in, its decision out: through the orders topic and the journal, as any order gateway would do it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Protocol

from aiokafka.errors import KafkaError

from schemas.base import Event
from schemas.decisions import Decision
from schemas.orders import OrderRequest


class NoAnswer(Exception):
    """No worker decided the order in time: its fate is unknown, and unknown is not approved."""


class Gateway(Protocol):
    """Whatever gets an order decided."""

    async def check(self, order: OrderRequest) -> Decision:
        """The decision on a dry-run order.

        :raises NoAnswer: there was none in time.
        """


class Producer(Protocol):
    """What is needed of ``streams.producer.EventProducer``."""

    async def __aenter__(self) -> Any:
        """Connect."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Any:
        """Disconnect."""

    async def send(self, event: Event) -> Sequence[asyncio.Future[Any]]:
        """Publish an event on its topic."""


class TopicGateway:
    """Publishes to the orders topic and waits for the journal; :meth:`settle` is told of every decision."""

    def __init__(self, producer: Callable[[], Producer], timeout_ms: int) -> None:
        self._make = producer
        self._producer: Producer | None = None
        self._timeout_s = timeout_ms / 1000
        self._waiting: dict[tuple[str, str], asyncio.Future[Decision]] = {}

    async def producer(self) -> None:
        """Hold a producer until cancelled.

        :raises aiokafka.errors.KafkaConnectionError: no broker answers.
        """
        async with self._make() as producer:
            self._producer = producer
            try:
                await asyncio.Event().wait()
            finally:
                self._producer = None

    async def check(self, order: OrderRequest) -> Decision:
        """Publish and wait.

        :raises NoAnswer: no broker took the order, or no worker decided it in time.
        """
        key = (order.account_id, order.order_id)
        if key in self._waiting:
            raise NoAnswer(f"order {order.order_id} is being checked already")
        answer: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        self._waiting[key] = answer
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._publish(order)
                return await answer
        except TimeoutError:
            raise NoAnswer(f"no worker answered within {self._timeout_s:g} s") from None
        finally:
            del self._waiting[key]

    async def _publish(self, order: OrderRequest) -> None:
        if self._producer is None:
            raise NoAnswer("no broker is connected")
        try:
            sent = await self._producer.send(order)
        except (KafkaError, OSError) as error:
            raise NoAnswer(f"no broker took the order: {error}") from error
        for future in sent:
            future.add_done_callback(_look)

    def settle(self, decision: Decision) -> None:
        """A decision came: hand it to whoever waits for it."""
        answer = self._waiting.get((decision.account_id, decision.order_id))
        if answer is not None and not answer.done():
            answer.set_result(decision)


def _look(sent: asyncio.Future[Any]) -> None:
    """A lost order shows as a missing decision; its exception needs no second report."""
    if not sent.cancelled():
        sent.exception()
