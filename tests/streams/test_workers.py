"""Workers come and go: what they leave behind is decided by the others, and a worker that can't work says why."""

from __future__ import annotations

import asyncio
import re
import signal
import time
from collections import Counter
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from schemas.base import Side
from schemas.orders import OrderRequest
from schemas.topics import COMMANDS, DECISIONS, FILLS, ORDERS, TICKS
from streams.exits import FATAL
from streams.journal import Kind
from streams.owner import Owner
from streams.partitioning import partition_of
from streams.producer import EventProducer
from streams.reader import header_of
from streams.settings import StreamSettings
from streams.tasks import CancelledByNobody
from streams.topics import TopicMismatch
from streams.worker import NotTogether, Worker
from tests.risk.world import NOW_NS
from tests.streams.stage import WORKER, Journal, Stage
from tests.waiting import cancelled, until

ACCOUNTS = [next(f"a{n}" for n in range(1000) if partition_of(f"a{n}", 4) == partition) for partition in range(4)]
e2e = pytest.mark.e2e
#: Numbers of the Kafka protocol.
SYNC_GROUP, INVALID_REQUEST = 14, 42
OFFSET_FETCH, COORDINATOR_LOAD_IN_PROGRESS = 9, 14


def order(number: int) -> OrderRequest:
    return OrderRequest(
        order_id=f"o{number}",
        account_id=ACCOUNTS[number % 4],
        symbol="AAA",
        side=Side.BUY,
        quantity=Decimal(1),
        event_time_ns=NOW_NS + number,
    )


async def claims(settings: StreamSettings) -> Counter[int]:
    """How often each partition has been claimed so far."""
    places = [TopicPartition(settings.topic(DECISIONS), number) for number in range(settings.partitions)]
    consumer: Any = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap_servers, fetch_max_wait_ms=5, auto_offset_reset="earliest"
    )
    await consumer.start()
    consumer.assign(places)
    try:
        await consumer.seek_to_beginning()
        ends, found = await consumer.end_offsets(places), Counter[int]()
        while [place for place, end in ends.items() if await consumer.position(place) < end]:
            for records in (await consumer.getmany(timeout_ms=100)).values():
                found.update(record.partition for record in records if header_of(record).kind is Kind.CLAIM)
        return found
    finally:
        await consumer.stop()


@e2e
async def test_a_worker_joins_and_one_leaves() -> None:
    """A second worker takes partitions over while orders flow, the first one ends at SIGTERM with 0, soon and
    without a traceback, and the second finishes: every order has one decision."""
    async with Stage(accounts=ACCOUNTS) as stage, Journal(stage.settings) as journal:
        first = stage.start_worker()
        await stage.publish_market()
        await stage.market_is_known()
        await journal.knows_the_account(4)
        async with EventProducer(stage.settings) as producer:
            for number in range(100):
                await producer.send(order(number))
            await journal.has_decisions(100)
            second = stage.start_worker()

            async def shared() -> bool:
                await producer.send(order(next(numbers)))
                return (await claims(stage.settings)).total() > 4

            numbers = iter(range(100, 100_000))
            await until(shared, 30, "a claim by the second worker")
            start = time.monotonic()
            assert stage.kill(first, signal.SIGTERM) == 0, stage.log
            assert time.monotonic() - start < 10.0  # a second on a machine that does nothing else
            count = next(numbers)
            for number in range(count, count + 100):
                await producer.send(order(number))
        await journal.has_decisions(count + 100)
        assert Counter(d.order_id for d in journal.decisions) == {f"o{n}": 1 for n in range(count + 100)}
        assert stage.kill(second, signal.SIGTERM) == 0, stage.log
        assert "Traceback" not in stage.log


@e2e
async def test_a_group_that_answers_with_an_error_is_joined_again() -> None:
    """aiokafka would wait for ever until somebody asks what went wrong."""
    async with Stage() as stage, Journal(stage.settings) as journal:
        stage.broker.fail_requests(SYNC_GROUP, INVALID_REQUEST)
        worker = stage.start_worker()
        await stage.publish_market()
        await stage.market_is_known()
        await journal.knows_the_account()
        assert stage.kill(worker, signal.SIGTERM) == 0, stage.log
        assert "joining the group again after KafkaError('InvalidRequestError()')" in stage.log


@e2e
async def test_committed_offsets_that_take_long_are_asked_for_again() -> None:
    """Faust would end its work after the assignment for good, and nothing would be fetched any more."""
    impatient = "from streams import transport; transport.MARGIN_S = 5.5; "
    async with Stage() as stage, Journal(stage.settings) as journal:
        stage.settings = msgspec.structs.replace(stage.settings, rebalance_timeout_ms=1_000)
        stage.broker.fail_requests(OFFSET_FETCH, *[COORDINATOR_LOAD_IN_PROGRESS] * 150)
        worker = stage.start_worker(impatient + WORKER)
        await stage.publish_market()
        async with EventProducer(stage.settings) as producer:
            await producer.send(order(0))
            await journal.has_decisions(1)
        assert stage.kill(worker, signal.SIGTERM) == 0, stage.log
        assert "committed offsets can't be read, asking again" in stage.log


@e2e
async def test_a_worker_that_fetches_nothing_ends() -> None:
    """Whatever keeps Faust from resuming the flow: who belongs to the group and takes nothing is started over."""
    never = (
        "from streams import in_loop, transport; in_loop.WATCH_S, in_loop.STUCK_S = 0.1, 0.5; "
        "transport.Consumer.flow_active = property(lambda self: False, lambda self, value: None); "
    )
    async with Stage() as stage:
        worker = stage.start_worker(never + WORKER)
        assert await asyncio.to_thread(worker.wait, 30) == FATAL, stage.log
        assert "the worker ended: FlowStuck('this worker belongs to its group, and has fetched nothing for" in stage.log


@e2e
async def test_the_last_line_says_what_ended_a_start() -> None:
    """Also what Faust met itself, and none of the worker's own tasks."""
    broken = "from streams.in_loop import InLoopConsumer as C; C._create_consumer = lambda *_, **__: [][0]; "
    async with Stage() as stage:
        worker = stage.start_worker(broken + WORKER)
        assert await asyncio.to_thread(worker.wait, 30) == FATAL, stage.log
        assert "the worker ended: IndexError('list index out of range')" in stage.log


@e2e
async def test_poison_among_the_ticks_is_buried() -> None:
    """A tick too large to be one, and one that is nonsense, go to the dead letters as they are; the market goes on."""
    async with Stage() as stage:
        stage.start_worker()
        payloads = [b'{"type":"trade","symbol":"AAA","price":"-1","quantity":"1","event_time_ns":1}', b"x" * 900_000]
        async with AIOKafkaProducer(bootstrap_servers=stage.settings.bootstrap_servers) as raw:
            for payload in payloads:
                await raw.send_and_wait(stage.settings.topic(TICKS), payload, key=b"AAA")
        await stage.publish_market()
        await stage.market_is_known()
        consumer = AIOKafkaConsumer(
            stage.settings.dead_letters(TICKS),
            auto_offset_reset="earliest",
            bootstrap_servers=stage.settings.bootstrap_servers,
        )
        await consumer.start()
        async with asyncio.timeout(15):
            letters = [await consumer.getone(), await consumer.getone()]
        await consumer.stop()
        assert [letter.value for letter in letters] == payloads
        assert b"`price` is -1" in dict(letters[0].headers)["reason"]
        assert b"900000 bytes" in dict(letters[1].headers)["reason"]


@e2e
async def test_a_journal_that_contradicts_the_topics_is_fatal() -> None:
    """A record of an unknown version in the journal ends the worker with 4 and its name: it never guesses."""
    async with Stage() as stage:
        async with AIOKafkaProducer(bootstrap_servers=stage.settings.bootstrap_servers) as raw:
            await raw.send_and_wait(stage.settings.topic(DECISIONS), b"{}", partition=1, headers=[("j", b"\x07")])
        worker = stage.start_worker()
        assert await asyncio.to_thread(worker.wait, 20) == 4
        assert re.search(r"UnknownRecord.*expected version 1", stage.log), stage.log


async def test_without_a_broker_a_worker_says_so() -> None:
    """Exit code 3 and the address that was tried."""
    stage = Stage()
    stage.settings = StreamSettings(bootstrap_servers="127.0.0.1:1")
    worker = stage.start_worker()
    assert await asyncio.to_thread(worker.wait, 20) == 3
    assert "no broker at 127.0.0.1:1\n" in stage.log


async def test_a_worker_that_stopped_takes_nothing_over() -> None:
    """A rebalance that ends after the stop gives it partitions: there are no owners, and nothing runs on."""
    worker = Worker(StreamSettings())
    names = [worker.settings.topic(topic) for topic in (ORDERS, FILLS, COMMANDS)]
    await worker.stop()
    await worker.assign([(name, 3) for name in names])
    assert worker.owners == {}
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_task_that_somehow_ended_is_missed(settings: StreamSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library may cancel what it waits for itself: the partition would be nobody's, and no one would know."""

    async def lost(_: Owner) -> None:
        await cancelled()

    monkeypatch.setattr(Owner, "run", lost)
    worker = Worker(settings)
    await worker.start()
    try:
        await worker.assign([(settings.topic(topic), 1) for topic in (ORDERS, FILLS, COMMANDS)])
        async with asyncio.timeout(30):
            with pytest.raises(CancelledByNobody, match=r"_own was cancelled, and nobody asked for that"):
                await worker.failure()
    finally:
        await worker.stop()


async def test_inputs_that_are_not_together_are_fatal() -> None:
    """Orders without the fills of the same accounts must never be decided."""
    worker = Worker(StreamSettings())
    names = [worker.settings.topic(topic) for topic in (ORDERS, FILLS, COMMANDS)]
    with pytest.raises(NotTogether):
        await worker.assign([(name, 0) for name in names] + [(names[0], 1)])


async def test_partitions_beyond_the_settings_are_fatal() -> None:
    """Topics that grew while workers ran: accounts live elsewhere now, so nothing may be decided any more."""
    worker = Worker(StreamSettings(partitions=4))
    names = [worker.settings.topic(topic) for topic in (ORDERS, FILLS, COMMANDS)]
    with pytest.raises(TopicMismatch, match=r"orders\.v1 and .* have partition 4, expected 4 partitions"):
        await worker.assign((name, number) for name in names for number in (0, 4))
    assert not worker.owners


async def test_a_partition_that_is_stuck_is_not_fetched() -> None:
    """A partition whose owner takes nothing is full, in all of its inputs; the others are not, nor is it once it was
    revoked."""
    worker = Worker(StreamSettings(batch_max=1))
    names = [worker.settings.topic(topic) for topic in (ORDERS, FILLS, COMMANDS)]
    await worker.assign([(name, number) for name in names for number in (2, 3)])
    message = SimpleNamespace(
        topic=names[0], partition=3, value=[SimpleNamespace(offset=0)], serialized_value_size=10, stale=False
    )
    for _ in range(2):
        assert not any(worker.full(name, 3) for name in names)
        worker.take(SimpleNamespace(message=message, ack=lambda: None))
    assert all(worker.full(name, 3) for name in names)
    assert not any(worker.full(name, 2) for name in names)
    await worker.assign([])
    assert not any(worker.full(name, 3) for name in names)
    await worker.stop()
