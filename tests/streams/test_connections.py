"""What aiokafka needs to live through the loss of its broker."""

from __future__ import annotations

import asyncio
import itertools
import logging
from typing import Any

import pytest
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.conn import AIOKafkaConnection, create_conn
from aiokafka.errors import KafkaConnectionError, KafkaError
from aiokafka.protocol.metadata import MetadataRequest

from risk.market import MarketState
from schemas.topics import ORDERS
from streams.app import RiskApp
from streams.broadcast import Broadcast, References
from streams.connections import LOGGERS, harden, is_member, seldom, stopped
from streams.in_loop import InLoopConsumer
from streams.patience import patiently
from streams.publisher import Publisher
from streams.settings import StreamSettings
from streams.tasks import unbroken


async def _send_on_what_is_closed(settings: StreamSettings) -> None:
    """Write on a connection to a broker whose transport has ended."""
    host, port = settings.bootstrap_servers.split(":")
    connection = await create_conn(host, int(port))
    try:
        connection._writer.transport.abort()
        await asyncio.sleep(0)  # the transport knows, aiokafka does not yet
        await connection.send(MetadataRequest([]))
    finally:
        connection.close()


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_closed_connection_is_a_kafka_error_in_every_loop(settings: StreamSettings, new_loop: Any) -> None:
    """uvloop's RuntimeError would end aiokafka's background tasks for good."""
    harden()
    with asyncio.Runner(loop_factory=new_loop) as runner, pytest.raises(KafkaConnectionError):
        runner.run(_send_on_what_is_closed(settings))


def test_hardening_twice_is_hardening_once() -> None:
    """A second worker in the process does not wrap what is wrapped."""
    harden()
    once = AIOKafkaConnection.send
    harden()
    assert AIOKafkaConnection.send is once


def test_aiokafka_says_the_same_once_in_five_seconds(caplog: pytest.LogCaptureFixture) -> None:
    """A place in the code that repeats itself is heard once; another place is heard too."""
    logger = logging.getLogger(LOGGERS[1])
    before = list(logger.filters)
    try:
        seldom()
        for number in range(100):
            logger.error("lost %s", number)
        logger.error("something else")
    finally:
        logger.filters[:] = before
    assert [record.getMessage() for record in caplog.records] == ["lost 0", "something else"]


async def test_patience_ends_with_the_first_success_and_with_any_other_error() -> None:
    """Only a broker's errors are waited for."""
    errors = iter([KafkaError(), ValueError("nonsense")])

    async def work() -> None:
        raise next(errors)

    with pytest.raises(ValueError, match="nonsense"):
        await patiently(work, "words")


async def test_a_broker_that_is_away_when_a_worker_begins_is_waited_for(
    settings: StreamSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The producer and the market view connect once it is there; what could not start was ended."""
    away = {AIOKafkaProducer: 2, AIOKafkaConsumer: 2}

    def start(kind: type[Any]) -> Any:
        real = kind.start

        async def begin(self: Any) -> None:
            if away[kind]:
                away[kind] -= 1
                raise KafkaConnectionError
            await real(self)

        return begin

    for kind in away:
        monkeypatch.setattr(kind, "start", start(kind))
    publisher, broadcast = Publisher(settings), Broadcast(settings, MarketState(), References())
    reading = asyncio.create_task(broadcast.run())
    async with asyncio.timeout(20):
        await publisher.start()
        await broadcast.ready.wait()
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await publisher.stop()
    assert set(away.values()) == {0}


@pytest.mark.parametrize("topic", [(), (ORDERS,)])
async def test_a_consumer_that_is_ended_at_once_ends_whole(settings: StreamSettings, topic: tuple[Any, ...]) -> None:
    """Before its tasks have begun: whoever ends it goes on, and nothing of it is left."""
    consumer = AIOKafkaConsumer(*map(settings.topic, topic), bootstrap_servers=settings.bootstrap_servers)
    await consumer.start()
    await unbroken(stopped, consumer)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def _ask_until_member(consumer: Any) -> int:
    """How many answers were no."""
    for refused in itertools.count():
        if await is_member(consumer):
            return refused
        await asyncio.sleep(0.02)
    raise AssertionError


async def test_asking_for_membership_does_not_disturb_a_join(settings: StreamSettings) -> None:
    """A heartbeat waits in the broker behind the join and is refused after it, for it names no generation: the member
    stays what it became, and only asks."""
    consumer = AIOKafkaConsumer(
        settings.topic(ORDERS),
        bootstrap_servers=settings.bootstrap_servers,
        group_id="asked",
        session_timeout_ms=2_000,
        heartbeat_interval_ms=500,
        rebalance_timeout_ms=10_000,
        enable_auto_commit=False,
    )
    await consumer.start()
    coordinator = consumer._coordinator
    try:
        async with asyncio.timeout(30):
            await _ask_until_member(consumer)
            first = coordinator.generation
            coordinator.reset_generation()
            assert await _ask_until_member(consumer)
            joined = coordinator.generation, coordinator.member_id
            assert joined[0] > first
            for _ in range(20):
                assert await is_member(consumer)
                await asyncio.sleep(0.1)
            assert (coordinator.generation, coordinator.member_id) == joined
    finally:
        await consumer.stop()


async def test_the_consumer_of_an_app_waits_for_its_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that is lost while a worker starts delays the start; what could not connect is ended."""
    monkeypatch.setattr("streams.patience.BACK_OFF_S", 0.001)
    made: list[Flaky] = []

    def make(loop: Any) -> Flaky:
        made.append(Flaky(fails=len(made) < 2))
        return made[-1]

    consumer = object.__new__(InLoopConsumer)
    consumer.thread_loop = asyncio.get_running_loop()
    monkeypatch.setattr(consumer, "_create_consumer", make, raising=False)
    await consumer.on_start()
    assert [each.did for each in made] == [["start", "stop"], ["start", "stop"], ["start"]]
    assert consumer._consumer is made[-1]


class Flaky:
    """Stands for aiokafka's consumer."""

    def __init__(self, fails: bool) -> None:
        self._fails = fails
        self.did: list[str] = []

    async def start(self) -> None:
        self.did.append("start")
        if self._fails:
            raise KafkaConnectionError

    async def stop(self) -> None:
        self.did.append("stop")


def test_the_app_has_no_producer_of_its_own() -> None:
    """Nothing sends by Faust's, and one that can't connect would end the process."""
    assert list(RiskApp("x", broker="kafka://127.0.0.1:1").boot_strategy.kafka_producer()) == []
