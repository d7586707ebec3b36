"""Publishing: what was sent and is not durable is never said to be published."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaTimeoutError

from schemas.commands import Kill, Scope
from streams.producer import EventProducer, NotPublished
from streams.settings import StreamSettings
from tests.streams.test_worker import order

KILL = Kill(command_id="k", scope=Scope.FIRM, scope_id="*", author="m", event_time_ns=1)


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Partition 1 of the commands takes nothing."""
    real = AIOKafkaProducer.send

    async def send(self: Any, topic: str, *given: Any, partition: int, **more: Any) -> asyncio.Future[Any]:
        if (topic, partition) != ("risk.commands.v1", 1):
            return await real(self, topic, *given, partition=partition, **more)  # type: ignore[no-any-return]
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(answer.set_exception, KafkaTimeoutError())
        return answer

    monkeypatch.setattr(AIOKafkaProducer, "send", send)


@pytest.mark.usefixtures("refusing")
async def test_a_partition_that_refuses_is_named(settings: StreamSettings) -> None:
    """A firm-wide kill that is missing in one partition is no kill; what failed is told once, and the rest is there."""
    async with EventProducer(settings) as producer:
        for event in (KILL, KILL, order(1)):
            await producer.send(event)
        with pytest.raises(NotPublished, match=r"2 events .*: risk\.commands\.v1-1: KafkaTimeoutError\(\) \(2 times\)"):
            await producer.flush()
        await producer.flush()


@pytest.mark.usefixtures("refusing")
@pytest.mark.parametrize(("then", "told"), [(None, NotPublished), (ZeroDivisionError("before"), ZeroDivisionError)])
async def test_an_end_is_no_success_either(
    settings: StreamSettings, then: Exception | None, told: type[Exception]
) -> None:
    """Whoever never asked learns it at the end, unless something else went wrong before."""

    async def use() -> None:
        async with EventProducer(settings) as producer:
            await producer.send(KILL)
            if then is not None:
                raise then

    with pytest.raises(told):
        await use()
