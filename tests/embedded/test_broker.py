"""The embedded broker does what the rest of the tests rely on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from riskstream.embedded.broker import EmbeddedBroker, EmbeddedBrokerError

GROUP = {
    "session_timeout_ms": 6000,
    "heartbeat_interval_ms": 500,
    "rebalance_timeout_ms": 3000,
    "auto_offset_reset": "earliest",
    "fetch_max_wait_ms": 20,
}


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker({"orders": 4, "journal": 1}) as running:
        yield running


async def producer(broker: EmbeddedBroker) -> Any:
    made = AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers, enable_idempotence=True, acks="all")
    await made.start()
    return made


async def test_a_batch_has_one_base_offset_and_keeps_headers(broker: EmbeddedBroker) -> None:
    """An idempotent ``send_batch`` tells the batch's base offset; keys, values and headers come back as sent."""
    sender = await producer(broker)
    bases = []
    for start in (0, 3):
        batch = sender.create_batch()
        for number in range(start, start + 3):
            batch.append(timestamp=None, key=b"k", value=str(number).encode(), headers=[("j", bytes([number]))])
        batch.close()
        bases.append((await (await sender.send_batch(batch, "journal", partition=0))).offset)
    await sender.stop()
    assert bases == [0, 3]
    reader = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap_servers, group_id=None, fetch_max_wait_ms=20)
    await reader.start()
    place = TopicPartition("journal", 0)
    reader.assign([place])
    reader.seek(place, 0)
    records = []
    async with asyncio.timeout(5):
        while len(records) < 6:
            records += (await reader.getmany(place, timeout_ms=100)).get(place, [])
    await reader.stop()
    assert [(r.offset, r.value, r.headers) for r in records] == [
        (n, str(n).encode(), (("j", bytes([n])),)) for n in range(6)
    ]


async def test_a_group_member_goes_on_where_the_last_one_committed(broker: EmbeddedBroker) -> None:
    """Join, commit, leave; the next member of the group gets all partitions and the committed offset."""
    sender = await producer(broker)
    for number in range(4):
        await sender.send_and_wait("orders", b"x", partition=number)
    await sender.stop()
    seen = []
    for _ in range(2):
        member = AIOKafkaConsumer("orders", bootstrap_servers=broker.bootstrap_servers, group_id="g", **GROUP)
        async with asyncio.timeout(20):
            await member.start()
            records = await member.getmany(timeout_ms=1000)
            seen.append(sum(map(len, records.values())))
            while seen[0] < 4:
                seen[0] += sum(map(len, (await member.getmany(timeout_ms=200)).values()))
            assert len(member.assignment()) == 4
            await member.commit()
            await member.stop()
    assert seen == [4, 0]


async def test_a_broker_that_is_down_comes_back(broker: EmbeddedBroker) -> None:
    """What was sent while the broker was down arrives when it is up again."""
    sender = await producer(broker)
    await sender.send_and_wait("orders", b"1", partition=0)
    broker.set_down()
    waiting = await sender.send("orders", b"2", partition=0)
    broker.set_up()
    async with asyncio.timeout(20):
        assert (await waiting).offset == 1
    await sender.stop()


def test_errors_are_named() -> None:
    """Using a broker that is not running, or an impossible topic, is a clear error."""
    broker = EmbeddedBroker()
    with pytest.raises(EmbeddedBrokerError, match="not running"):
        broker.create_topic("t", 1)
    with EmbeddedBroker({"t": 1}) as running, pytest.raises(EmbeddedBrokerError, match="creating topic 't' with 2"):
        running.create_topic("t", 2)


def test_it_can_be_stopped_twice() -> None:
    """A second stop does nothing."""
    broker = EmbeddedBroker({"t": 1}).start()
    broker.stop()
    broker.stop()
