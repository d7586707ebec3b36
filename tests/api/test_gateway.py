"""An order through the topics, with a producer in memory."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, Self

import msgspec
import pytest
from aiokafka.errors import KafkaTimeoutError

from api.gateway import NoAnswer, TopicGateway
from schemas.base import Event
from schemas.decisions import Decision
from schemas.orders import OrderRequest
from tests.api.world import decisions, eventually


class Outbox:
    """A producer that keeps what it is given, or refuses it."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.sent: list[Any] = []
        self._fault = fault

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to let go."""

    async def send(self, event: Event) -> list[asyncio.Future[Any]]:
        """Keep it."""
        if self._fault:
            raise self._fault
        self.sent.append(event)
        return []


def dry_order() -> OrderRequest:
    """A recorded order, asked again as a dry run."""
    order = next(each.order for each in decisions() if isinstance(each.order, OrderRequest))
    return msgspec.structs.replace(order, order_id="check-1", dry_run=True)


def decision_on(order: OrderRequest) -> Decision:
    """A decision on it."""
    return msgspec.structs.replace(decisions()[-1], order=order, order_id=order.order_id, account_id=order.account_id)


async def connected(gateway: TopicGateway) -> asyncio.Task[None]:
    """The task that holds the producer."""
    task = asyncio.create_task(gateway.producer())
    await asyncio.sleep(0)
    return task


async def test_answer_is_that_of_the_same_order() -> None:
    """The decision with the order's account and id is the answer; others are not."""
    outbox, order = Outbox(), dry_order()
    gateway = TopicGateway(lambda: outbox, 5000)
    holding, checking = await connected(gateway), asyncio.create_task(gateway.check(order))
    await eventually(lambda: outbox.sent, "the order on its way")
    gateway.settle(decision_on(msgspec.structs.replace(order, account_id="other")))
    gateway.settle(decision_on(msgspec.structs.replace(order, order_id="other")))
    gateway.settle(decision_on(order))
    gateway.settle(decision_on(order))
    assert await asyncio.wait_for(checking, 5) == decision_on(order)
    assert outbox.sent == [order]
    holding.cancel()


async def test_silence_is_no_answer() -> None:
    """When no decision comes in time there is none, and the order may be asked again."""
    gateway = TopicGateway(Outbox, 10)
    holding = await connected(gateway)
    for _ in range(2):
        with pytest.raises(NoAnswer, match="no worker answered"):
            await gateway.check(dry_order())
    holding.cancel()


async def test_one_id_is_asked_once_at_a_time() -> None:
    """A second check with the same id while the first one waits is refused, and does not disturb the first."""
    gateway, order = TopicGateway(Outbox, 5000), dry_order()
    holding, first = await connected(gateway), asyncio.create_task(gateway.check(order))
    await asyncio.sleep(0)
    with pytest.raises(NoAnswer, match="already"):
        await gateway.check(order)
    gateway.settle(decision_on(order))
    assert (await asyncio.wait_for(first, 5)).order_id == order.order_id
    holding.cancel()


async def test_no_broker_is_no_answer() -> None:
    """Without a connection, or when the broker refuses, there is no answer, and no other exception."""
    with pytest.raises(NoAnswer, match="no broker is connected"):
        await TopicGateway(Outbox, 10).check(dry_order())
    gateway = TopicGateway(lambda: Outbox(KafkaTimeoutError("away")), 1000)
    holding = await connected(gateway)
    with pytest.raises(NoAnswer, match="no broker took"):
        await gateway.check(dry_order())
    holding.cancel()
