"""Workers on a real broker: what goes in comes out once, whoever decides it, and what can't be right is refused."""

from __future__ import annotations

import asyncio
import signal
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from confluent_kafka import ConsumerGroupState, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from schemas.base import Side
from schemas.decisions import Status
from schemas.orders import OrderRequest
from schemas.topics import COMMANDS, DECISIONS, FILLS, ORDERS, STATE
from streams.partitioning import partition_of
from streams.producer import EventProducer
from streams.settings import StreamSettings
from streams.topics import TopicMismatch, create_topics
from tests.kafka.checker import POISON, Checker
from tests.kafka.stage import QUICK, KafkaStage
from tests.risk.world import NOW_NS
from tests.streams.stage import Journal
from tests.waiting import until, wait_until

ACCOUNTS = [next(f"a{n}" for n in range(1000) if partition_of(f"a{n}", 4) == partition) for partition in range(4)]


def order(number: int, **fields: object) -> OrderRequest:
    """An order of the account of partition ``number % 4``."""
    defaults = {
        "order_id": f"o{number}",
        "account_id": ACCOUNTS[number % 4],
        "symbol": "AAA",
        "side": Side.BUY,
        "quantity": Decimal(1),
        "event_time_ns": NOW_NS + number,
    }
    return OrderRequest(**defaults | fields)  # type: ignore[arg-type]


@asynccontextmanager
async def checked(stage: KafkaStage) -> AsyncIterator[Checker]:
    """A checker of the stage's topics; at the end all must be decided, and nothing may contradict the rule."""
    checker = Checker(stage.settings.bootstrap_servers, stage.settings.prefix, stage.settings.partitions)
    await checker.start()
    try:
        yield checker

        async def complete() -> bool:
            await checker.read_all()
            return checker.is_complete

        await until(complete, 60, "the decision of all orders")
        assert checker.violations() == []
    finally:
        await checker.stop()


async def test_topics_have_the_settings_that_the_rule_asks(kafka: str, prefix: str) -> None:
    """The journal is deleted by age only and late, snapshots are compacted, no topic takes an unclean leader; a second
    run makes nothing, one with another partition count is refused."""
    settings = StreamSettings(bootstrap_servers=kafka, prefix=prefix)
    made = await create_topics(settings)
    names = [settings.topic(DECISIONS), settings.topic(STATE), settings.topic(ORDERS)]
    journal, state, orders = [await asyncio.to_thread(config_of, kafka, name) for name in names]
    assert {*names, settings.dead_letters(FILLS)} <= set(made)
    assert (journal["cleanup.policy"], journal["retention.ms"]) == ("delete", str(30 * 86_400_000))
    assert (state["cleanup.policy"], orders["cleanup.policy"]) == ("compact", "delete")
    assert {each["unclean.leader.election.enable"] for each in (journal, state, orders)} == {"false"}
    assert await create_topics(settings) == []


def config_of(servers: str, topic: str) -> dict[str, str]:
    """What the broker says of a topic."""
    resource = ConfigResource(ResourceType.TOPIC, topic)
    admin = AdminClient({"bootstrap.servers": servers})
    (found,) = admin.describe_configs([resource]).values()
    return {name: entry.value for name, entry in found.result().items()}


async def test_a_worker_decides_and_ends_at_once(kafka: str, prefix: str) -> None:
    """Orders of four partitions are approved; SIGTERM ends the worker with 0 within 5 s and without a traceback."""
    async with (
        KafkaStage(kafka, prefix, accounts=ACCOUNTS) as stage,
        checked(stage),
        Journal(stage.settings) as journal,
    ):
        worker = stage.start_worker()
        await stage.publish_market()
        await stage.market_is_known()
        await journal.knows_the_account(4)
        async with EventProducer(stage.settings) as producer:
            for number in range(40):
                await producer.send(order(number))
        await journal.has_decisions(40)
        assert {decision.status for decision in journal.decisions} == {Status.APPROVED}
        worker.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(worker.wait, 5) == 0
        assert "Traceback" not in stage.log


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_a_backlog_changes_hands_under_live_traffic(kafka: str, prefix: str, how: signal.Signals) -> None:
    """Orders lie there before the first worker starts, and go on coming while it ends in the middle of them and another
    takes over: each is decided once."""
    async with KafkaStage(kafka, prefix, accounts=ACCOUNTS) as stage, checked(stage) as checker:
        await stage.publish_market()
        async with EventProducer(stage.settings, linger_ms=5) as producer:
            for number in range(6000):
                await producer.send(order(number))
            await producer.flush()
            first = stage.start_worker()
            numbers = iter(range(6000, 100_000))

            async def decided(count: int) -> bool:
                await producer.send(order(next(numbers)))
                await checker.poll()
                return checker.decided >= count

            await until(lambda: decided(500), 60, "the first decisions")
            first.send_signal(how)
            stage.start_worker()
            count = checker.decided + 2000
            await until(lambda: decided(count), 60, "decisions of the next worker")
    assert checker.counts()["takeovers"] > 4
    assert checker.counts()["repeats"] == 0


async def test_poison_and_what_is_too_long_are_buried(kafka: str, prefix: str) -> None:
    """Records that are empty, no JSON, of another topic, out of range, or as long as the broker takes: each lies in the
    dead letters of its topic, and the orders around it are decided."""
    payloads = [
        b"",
        b"{not json",
        b"\xff\xfe",
        b"[]",
        b'{"type":"fill"}',
        b'{"type":"order_request"}',
        b"x" * 70_000,
        b"x" * 1_000_000,
    ]
    async with KafkaStage(kafka, prefix, accounts=ACCOUNTS) as stage, checked(stage) as checker:
        stage.start_worker()
        await stage.publish_market()
        async with AIOKafkaProducer(bootstrap_servers=kafka, max_request_size=1_048_000) as raw:
            for number, payload in enumerate(payloads):
                for topic in (ORDERS, FILLS):
                    await raw.send_and_wait(
                        stage.settings.topic(topic),
                        payload,
                        key=ACCOUNTS[0].encode(),
                        partition=0,
                        headers=[(POISON, b"")],
                    )
                await raw.send_and_wait(
                    stage.settings.topic(ORDERS),
                    msgspec.json.encode(order(4 * number)),
                    key=ACCOUNTS[0].encode(),
                    partition=0,
                )
    assert checker.counts()["poison"] == 2 * len(payloads)
    assert checker.counts()["decided"] == len(payloads)


@pytest.mark.parametrize("count", [2, 3])
async def test_what_belongs_together_is_given_to_one_worker(kafka: str, prefix: str, count: int) -> None:
    """Orders, fills and commands of a partition go to the same worker, whatever the number of workers; and each that
    joins gets its share."""
    async with KafkaStage(kafka, prefix, accounts=ACCOUNTS) as stage, checked(stage):
        await stage.publish_market()
        workers: list[Any] = []
        for number in range(1, count + 1):
            workers.append(stage.start_worker())
            given = await asyncio.to_thread(whole_assignment, kafka, stage.settings, number)
            for topics in given:
                together = [topics[stage.settings.topic(name)] for name in (ORDERS, FILLS, COMMANDS)]
                assert together == together[:1] * 3
                assert 4 // number <= len(together[0]) <= -(-4 // number), given
        async with EventProducer(stage.settings) as producer:
            for number in range(400):
                await producer.send(order(number))
    assert [worker.poll() for worker in workers] == [-9] * count, "they worked until the stage ended"


def whole_assignment(servers: str, settings: StreamSettings, count: int) -> list[dict[str, set[int]]]:
    """What each of so many workers has, once nothing is left without one."""
    found: list[dict[str, set[int]]] = []

    def is_whole() -> bool:
        found[:] = assignments(servers, settings.application)
        return len(found) == count and sum(len(topics[settings.topic(ORDERS)]) for topics in found) == 4

    wait_until(is_whole, 60, f"an assignment to {count} workers")
    return found


def assignments(servers: str, group: str) -> list[dict[str, set[int]]]:
    """The partitions of each topic that each member has; nothing while the group is not stable, or its coordinator
    is not there yet."""
    admin = AdminClient({"bootstrap.servers": servers})
    (found,) = admin.describe_consumer_groups([group]).values()
    try:
        described: Any = found.result()
    except KafkaException:
        return []
    if described.state is not ConsumerGroupState.STABLE:
        return []
    given = []
    for member in described.members:
        topics: dict[str, set[int]] = defaultdict(set)
        for place in member.assignment.topic_partitions:
            topics.setdefault(place.topic, set()).add(place.partition)
        given.append(topics)
    return given


async def test_topics_that_can_not_be_made_are_named(kafka: str, prefix: str) -> None:
    """More replicas than there are brokers: the broker refuses, and that is no success."""
    settings = StreamSettings(bootstrap_servers=kafka, prefix=prefix)
    with pytest.raises(KafkaError, match="eplication"):
        await create_topics(settings, replicas=3)


async def test_other_partition_counts_are_refused(kafka: str, prefix: str) -> None:
    """Neither `topics create` nor a worker goes on with topics that have another partition count than the settings."""
    async with KafkaStage(kafka, prefix) as stage:
        worker = stage.start_worker(partitions=8)
        assert await asyncio.to_thread(worker.wait, 30) == 2
        assert f"{prefix}.orders.v1 has 4 partitions, expected 8" in stage.log
        with pytest.raises(TopicMismatch, match="has 4 partitions, expected 8"):
            await create_topics(msgspec.structs.replace(QUICK, bootstrap_servers=kafka, prefix=prefix, partitions=8))
