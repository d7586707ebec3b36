"""What only a real broker does to a journal: transactions, and records that are deleted."""

from __future__ import annotations

import asyncio
import time

import pytest
from aiokafka import AIOKafkaProducer
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

import riskstream
from risk.digest import state_digest
from schemas.topics import DECISIONS
from streams.auditing import Unreadable, audit
from streams.captured import capture
from streams.folding import fold
from streams.journal import Cursor, Input
from streams.kafka_snapshots import KafkaSnapshots
from streams.publisher import Publisher
from streams.reader import JournalGap
from streams.settings import StreamSettings
from streams.snapshots import SnapshotWriter
from streams.topics import create_topics
from tests.risk.world import DAY_NS
from tests.streams.test_processor import HOME, orders, ready
from tests.streams.written import Written, decided, publish


async def deployed(kafka: str, prefix: str) -> StreamSettings:
    """Topics of its own."""
    settings = StreamSettings(bootstrap_servers=kafka, prefix=prefix)
    await create_topics(settings)
    return settings


@pytest.mark.parametrize("at", [0.5, 1.0])
async def test_a_transaction_on_the_journal_is_found(kafka: str, prefix: str, at: float) -> None:
    """The end of a transaction takes an offset: the hole is named, in the middle or at the end, and reading ends."""
    settings, written = await deployed(kafka, prefix), decided(4)
    cut = int(at * len(written.records))
    first, rest = Written(), Written()
    first.records, rest.records = written.records[:cut], written.records[cut:]
    await publish(settings, first, inputs=4)
    void = written.records[1]  # it is there already
    async with AIOKafkaProducer(bootstrap_servers=kafka, transactional_id=prefix) as producer, producer.transaction():
        await producer.send(settings.topic(DECISIONS), void.value, partition=HOME, headers=list(void.headers))
    await publish(settings, rest)
    (found,) = await audit(settings, [HOME])
    assert [each.rule for each in found.findings] == ["dense"]
    assert found.counts["records"] == len(written.records) + 1


async def test_a_journal_whose_beginning_is_gone(kafka: str, prefix: str) -> None:
    """Old records deleted: without a snapshot nothing can be judged, with one all goes on from there; a reader with
    an older cursor is told that decisions are lost."""
    settings, written = await deployed(kafka, prefix), decided(6)
    await publish(settings, written, inputs=6)
    cut = 1 + next(at for at, record in enumerate(written.records) if b'"order_id":"o1"' in record.value)
    await asyncio.to_thread(delete, settings, cut)
    (blind,) = await audit(settings, [HOME])
    assert [each.rule for each in blind.findings] == ["readable"]
    with pytest.raises(Unreadable, match="no snapshot goes that far"):
        await fold(settings, [HOME])
    await snapshot(settings, Cursor(cut, 1, b"a" * 16, cut - 1))
    (seeing,) = await audit(settings, [HOME])
    assert (seeing.findings, seeing.counts["decision"]) == ([], 4)
    (folded,) = await fold(settings, [HOME])
    processor, _ = ready()
    processor.take(Input.ORDERS, orders(6))
    assert (folded.findings, folded.digest) == ([], state_digest(processor.engine.state))
    with pytest.raises(JournalGap):
        await riskstream.consume(Kept(), settings=settings).__aenter__()
    async with riskstream.consume(Kept(), settings=settings, start=riskstream.Start.SNAPSHOT) as decisions:
        assert (await anext(decisions)).decision.order_id == "o2"


@pytest.mark.parametrize(("days", "rules"), [(14, []), (16, ["snapshot"])])
async def test_a_snapshot_older_than_half_the_retention_is_found(
    kafka: str, prefix: str, days: int, rules: list[str]
) -> None:
    """The journal keeps 30 days: once they have passed since the newest snapshot, nobody could take over."""
    settings = await deployed(kafka, prefix)
    await publish(settings, decided(6), inputs=6)
    await snapshot(settings, Cursor(4, 1, b"a" * 16, 3), time.time_ns() - days * DAY_NS)
    (found,) = await audit(settings, [HOME])
    assert [each.rule for each in found.findings] == rules


class Kept:
    """No cursors yet."""

    async def load(self) -> dict[int, Cursor]:
        return {}

    async def save(self, cursors: object) -> None:
        """Nothing."""


def delete(settings: StreamSettings, before: int) -> None:
    """What retention does in the end."""
    admin = AdminClient({"bootstrap.servers": settings.bootstrap_servers})
    place = TopicPartition(settings.topic(DECISIONS), HOME, before)
    admin.delete_records([place])[place].result(20)


async def snapshot(settings: StreamSettings, cursor: Cursor, taken_ns: int = 0) -> None:
    """Of the state after the first two orders."""
    processor, _ = ready()
    processor.take(Input.ORDERS, orders(2))
    publisher = Publisher(settings)
    await publisher.start()
    try:
        store = KafkaSnapshots(settings, HOME, publisher)
        cut = capture(processor.engine.state, processor.vector, taken_ns)
        await SnapshotWriter(store, HOME, 4, ()).write(cut, cursor)
    finally:
        await publisher.stop()
