"""A worker goes on where the journal ends, wherever the group's committed offsets are."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from functools import partial
from typing import Any
from urllib.request import urlopen

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from schemas.topics import ORDERS
from streams.partitioning import partition_of
from streams.producer import EventProducer
from streams.settings import StreamSettings
from tests.streams.stage import Journal, Stage
from tests.streams.test_worker import order
from tests.waiting import until

pytestmark = pytest.mark.e2e


def place(settings: StreamSettings) -> TopicPartition:
    """The orders of the one account."""
    return TopicPartition(settings.topic(ORDERS), partition_of("acc", settings.partitions))


async def commit(settings: StreamSettings, offset: int) -> None:
    """Set the group's offset by hand, as its only member: this broker takes it from no other."""
    consumer: Any = AIOKafkaConsumer(
        settings.topic(ORDERS),
        bootstrap_servers=settings.bootstrap_servers,
        group_id=settings.application,
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        await consumer.commit({place(settings): offset})
    finally:
        await consumer.stop()


async def committed(settings: StreamSettings) -> int:
    """What the group has."""
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await admin.start()
    try:
        stored = await admin.list_consumer_group_offsets(settings.application, partitions=[place(settings)])
    finally:
        await admin.close()
    return int(stored[place(settings)].offset)


async def has_no_lag(stage: Stage, port: int) -> bool:
    """Whether the worker that answers there says that all orders are finished."""
    topic, partition = place(stage.settings)
    with await asyncio.to_thread(urlopen, f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return f'riskstream_lag{{partition="{partition}",topic="{topic}"}} 0.0' in answer.read().decode()


@pytest.mark.parametrize("by_hand", [0, 30], ids=["behind", "beyond"])
async def test_every_order_is_decided_once_wherever_the_group_is(by_hand: int) -> None:
    """Committed offsets that were reset, or that lie beyond what was decided, are put right: nothing is lost, nothing
    is decided twice, and the worker does not end."""
    async with Stage() as stage, Journal(stage.settings) as journal:
        worker = stage.start_worker()
        await stage.publish_market()
        await stage.market_is_known()
        await journal.knows_the_account()
        async with EventProducer(stage.settings) as producer:
            for number in range(20):
                await producer.send(order(number))
            await journal.has_decisions(20)
            assert stage.kill(worker, signal.SIGTERM) == 0, stage.log
            for number in range(20, 30):
                await producer.send(order(number))
        await commit(stage.settings, by_hand)
        worker = stage.start_worker()
        await journal.has_decisions(30)

        async def put_right() -> bool:
            return await committed(stage.settings) == 30

        await until(put_right, 20, "the committed offset")
        await until(partial(has_no_lag, stage, stage.ports[worker]), 20, "no lag in the worker's metrics")
        assert Counter(decision.order_id for decision in journal.decisions) == {f"o{n}": 1 for n in range(30)}
        assert "taking over anew" not in stage.log
        assert stage.kill(worker, signal.SIGTERM) == 0, stage.log
