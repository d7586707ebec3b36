"""A real worker on the embedded broker: decides, buries poison, and decides once whatever kills it."""

from __future__ import annotations

import signal
from collections import Counter
from decimal import Decimal

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from schemas.base import Side
from schemas.decisions import Status
from schemas.orders import OrderRequest
from schemas.reasons import Reason
from schemas.topics import ORDERS
from streams.journal import Input
from streams.partitioning import partition_of
from streams.producer import EventProducer
from streams.reader import header_of
from tests.risk.world import NOW_NS
from tests.streams.stage import Journal, Stage
from tests.waiting import until

pytestmark = pytest.mark.e2e


def order(number: int, **fields: object) -> OrderRequest:
    defaults = {
        "order_id": f"o{number}",
        "account_id": "acc",
        "symbol": "AAA",
        "side": Side.BUY,
        "quantity": Decimal(1),
        "event_time_ns": NOW_NS + number,
    }
    return OrderRequest(**defaults | fields)  # type: ignore[arg-type]


async def test_orders_in_decisions_out_and_poison_aside() -> None:
    """Orders are decided with all ten layers; poison between them lands in the dead letters with its reason; a worker
    that is told to stop ends with 0."""
    async with Stage() as stage, Journal(stage.settings) as journal:
        worker = stage.start_worker()
        await stage.publish_market()
        await stage.market_is_known()
        await journal.knows_the_account()
        async with EventProducer(stage.settings) as producer:
            await producer.send(order(1))
            await producer.flush()
            raw = AIOKafkaProducer(bootstrap_servers=stage.settings.bootstrap_servers)
            await raw.start()
            await raw.send_and_wait("risk.orders.v1", b"{not json", key=b"acc", partition=partition_of("acc", 4))
            await raw.stop()
            await producer.send(order(2, symbol="ZZZ"))
            await producer.send(order(3, account_id="nobody"))
        await journal.has_decisions(3)
        answers = {decision.order_id: decision for decision in journal.decisions}
        assert answers["o1"].status is Status.APPROVED
        assert len(answers["o1"].layers) == 10
        assert answers["o2"].reason is Reason.SYMBOL_UNKNOWN
        assert answers["o3"].reason is Reason.ACCOUNT_UNKNOWN
        letters = await dead_letters(stage)
        assert [(value, headers["offset"]) for value, headers in letters] == [(b"{not json", b"1")]
        assert b"JSON" in letters[0][1]["reason"]
        assert stage.kill(worker, signal.SIGTERM) == 0, stage.log


async def dead_letters(stage: Stage) -> list[tuple[bytes, dict[str, bytes]]]:
    """All payloads in the dead letters of the orders topic, with their headers."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=stage.settings.bootstrap_servers,
        group_id=None,
        fetch_max_wait_ms=20,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    consumer.assign([TopicPartition(stage.settings.dead_letters(ORDERS), number) for number in range(4)])
    await consumer.seek_to_beginning()
    found: list[tuple[bytes, dict[str, bytes]]] = []

    async def some() -> bool:
        for records in (await consumer.getmany(timeout_ms=100)).values():
            found.extend((record.value, dict(record.headers)) for record in records)
        return bool(found)

    try:
        await until(some, what="a dead letter")
    finally:
        await consumer.stop()
    return found


async def test_kill_9_in_the_middle_of_a_run_decides_every_order_once() -> None:
    """Workers killed with SIGKILL while orders flow: afterwards every order has exactly one effective decision that is
    no repeat, and the sources of the journal cover every input offset once, without a hole."""
    count = 600
    async with Stage() as stage, Journal(stage.settings) as journal:
        worker = stage.start_worker()
        await stage.publish_market()
        await stage.market_is_known()
        await journal.knows_the_account()
        async with EventProducer(stage.settings) as producer:
            for number in range(count):
                await producer.send(order(number))
                if number in (200, 400):
                    await producer.flush()
                    await journal.has_decisions(number // 3)
                    stage.kill(worker, signal.SIGKILL)
                    worker = stage.start_worker()
        await journal.has_decisions(count, 60)
        assert Counter(decision.order_id for decision in journal.decisions) == {f"o{n}": 1 for n in range(count)}
        assert await consumed(stage, journal) == list(range(count))
        assert stage.kill(worker, signal.SIGTERM) == 0, stage.log


async def consumed(stage: Stage, journal: Journal) -> list[int]:
    """The offsets of orders that effective records name as their source, in the order of the journal."""
    place = TopicPartition("risk.decisions.v1", partition_of("acc", 4))
    effective = {entry.offset for entry in journal.entries if entry.partition == place.partition}
    consumer = AIOKafkaConsumer(bootstrap_servers=stage.settings.bootstrap_servers, group_id=None, fetch_max_wait_ms=20)
    await consumer.start()
    consumer.assign([place])
    consumer.seek(place, 0)
    offsets: list[int] = []
    try:
        while await consumer.position(place) < max(effective) + 1:
            for record in (await consumer.getmany(place, timeout_ms=100)).get(place, []):
                source = header_of(record).source
                if record.offset in effective and source is not None and source.input is Input.ORDERS:
                    offsets += range(source.first, source.last + 1)
    finally:
        await consumer.stop()
    return offsets


async def test_wrong_partition_counts_are_fatal() -> None:
    """A worker whose settings disagree with the topics does not start, and names both counts."""
    async with Stage() as stage:
        stage.settings = type(stage.settings)(bootstrap_servers=stage.settings.bootstrap_servers, partitions=8)
        worker = stage.start_worker()
        assert worker.wait(20) == 2
        assert "risk.orders.v1 has 4 partitions, expected 8" in stage.log
