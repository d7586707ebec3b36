"""What outsiders read and write: events on their partitions, topics as they are, and the journal from a cursor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

import msgspec
import pytest
from aiokafka import AIOKafkaProducer

from riskstream.embedded.broker import EmbeddedBroker
from schemas.codec import encode
from schemas.commands import Kill, Scope
from schemas.orders import Fill
from schemas.records import Claim, Skip
from schemas.topics import COMMANDS, DECISIONS, FILLS, ORDERS, Topic
from streams.journal import HEADER_KEY, SCHEMA_VERSION, Header, Kind, UnknownRecord, encode_header
from streams.log import Pending
from streams.partitioning import partition_of
from streams.producer import EventProducer
from streams.reader import Entry, EventEntry, EventReader, JournalGap, JournalReader
from streams.settings import StreamSettings
from streams.topics import TopicMismatch, check_partitions, config_of, list_topics, required_topics
from tests.streams.holder import Holder


def fill(number: int, account_id: str = "acc") -> Fill:
    return msgspec.convert(
        {
            "type": "fill",
            "fill_id": f"f{number}",
            "order_id": "o",
            "account_id": account_id,
            "symbol": "AAA",
            "side": "buy",
            "quantity": "1",
            "price": "10",
            "event_time_ns": 1,
        },
        Fill,
    )


async def all_of(settings: StreamSettings, topic: Topic, refused: int = 0) -> list[EventEntry]:
    """Every event that is on a topic, which holds so much that is none."""
    found: list[EventEntry] = []
    async with EventReader(settings, topic) as reader:
        async for entries in reader.entries():
            found += entries
            if await reader.caught_up():
                assert reader.refused == refused
                return found
    raise AssertionError("a reader never ends")


async def test_events_of_an_account_meet_in_its_partition(settings: StreamSettings) -> None:
    """The producer puts a key where Kafka's default partitioner does, in the order of sending."""
    names = [f"acc{number}" for number in range(8)]
    async with EventProducer(settings) as producer:
        for number in range(40):
            await producer.send(fill(number, names[number % 8]))
    entries = await all_of(settings, FILLS)
    assert {entry.event.account_id: entry.partition for entry in entries} == {n: partition_of(n, 2) for n in names}
    for name in names:
        numbers = [int(entry.event.fill_id[1:]) for entry in entries if entry.event.account_id == name]
        assert numbers == sorted(numbers)
        assert len(numbers) == 5


@pytest.mark.parametrize(("scope", "copies"), [(Scope.ACCOUNT, 1), (Scope.FIRM, 2), (Scope.DESK, 2)])
async def test_what_concerns_all_goes_everywhere(settings: StreamSettings, scope: Scope, copies: int) -> None:
    """A firm-wide command is copied into each partition; an account's goes to its own."""
    async with EventProducer(settings) as producer:
        await producer.send(Kill(command_id="k", scope=scope, scope_id="acc", author="me", event_time_ns=1))
    assert len({entry.partition for entry in await all_of(settings, COMMANDS)}) == copies


async def test_a_reader_of_events_passes_poison(settings: StreamSettings) -> None:
    """What is no event of the topic is counted, and its neighbours in the same batch arrive."""
    payloads: list[bytes | None] = [encode(fill(1)), b"{", None, encode(fill(2))]
    async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers) as producer:
        for payload in payloads:
            await producer.send(settings.topic(FILLS), payload, partition=0, key=b"acc")
    assert [entry.event.fill_id for entry in await all_of(settings, FILLS, refused=2)] == ["f1", "f2"]


async def test_a_journal_reader_goes_on_from_any_cursor(settings: StreamSettings) -> None:
    """From the cursor of any entry, a new reader yields exactly the entries after it, under the same ids."""
    async with JournalReader(settings, partitions=[0]) as reader:
        holder = Holder(settings)
        await holder.take_over()
        await holder.append([Pending(Kind.SKIP, None, None, encode(Skip(reason=str(n)))) for n in range(6)])
        await holder.stop()
        entries = [entry async for entry in _first(reader, 6)]
    for place, entry in enumerate(entries[:-1]):
        async with JournalReader(settings, {0: entry.cursor}, [0]) as later:
            rest = [each async for each in _first(later, 5 - place)]
        assert [(each.seq, each.body, each.cursor) for each in rest] == [
            (each.seq, each.body, each.cursor) for each in entries[place + 1 :]
        ]


async def _first(reader: JournalReader, count: int) -> AsyncIterator[Entry]:
    async for entries in reader.entries():
        for entry in entries:
            yield entry
            count -= 1
        if not count:
            return


async def test_a_journal_that_starts_late_is_refused(settings: StreamSettings) -> None:
    """A reader whose next record was deleted says so instead of skipping (this broker keeps 5 MiB)."""
    async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers, max_request_size=2_000_000) as producer:
        for _ in range(8):
            await producer.send_and_wait(settings.topic(DECISIONS), b" " * 900_000, partition=1)
    with pytest.raises(JournalGap, match="needed 0"):
        async with JournalReader(settings):
            pass


async def test_a_claim_of_a_later_schema_stops_a_reader(settings: StreamSettings) -> None:
    """Bodies that follow it can't be known; a claim that lost says nothing."""
    body = {"partitions": 2, "code_version": "9", "schema_version": SCHEMA_VERSION + 1}
    lost, won = Header(Kind.CLAIM, 9, b"b" * 16, 8), Header(Kind.CLAIM, 1, b"a" * 16, 0)
    async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers) as producer:
        for header in (lost, won):
            await producer.send_and_wait(
                settings.topic(DECISIONS),
                encode(Claim(**body)),  # type: ignore[arg-type]
                partition=0,
                headers=[(HEADER_KEY, encode_header(header))],
            )
    async with JournalReader(settings, partitions=[0]) as reader, aclosing(reader.entries()) as entries:
        with pytest.raises(UnknownRecord, match=r"decisions\.v1-0 has schema version 2, known is 1"):
            await _exhaust(entries)


async def _exhaust(entries: AsyncIterator[list[Entry]]) -> None:
    async for _ in entries:
        pass


async def test_topics_are_listed_as_they_are(settings: StreamSettings, broker: EmbeddedBroker) -> None:
    """Every topic is shown beside its expected count; what is missing has none, and nothing is made by looking."""
    await check_partitions(settings)
    other = msgspec.structs.replace(settings, prefix="other")
    assert {info.partitions for info in await list_topics(other)} == {None}
    broker.create_topic("other.orders.v1", 3)
    with pytest.raises(TopicMismatch, match=r"orders\.v1 has 3 partitions, expected 2; other\.orders\.v1\.dlq has no"):
        await check_partitions(other)


def test_the_journal_is_never_compacted() -> None:
    """Compaction would remove claims; reference data and marks are compacted; dead letters mirror their topic."""
    assert config_of(DECISIONS, 3)["cleanup.policy"] == "delete"
    assert config_of(DECISIONS, 3)["min.insync.replicas"] == "2"
    assert int(config_of(DECISIONS)["retention.ms"]) >= 7 * 86_400_000
    wanted = required_topics(StreamSettings(partitions=8))
    assert wanted["risk.orders.v1.dlq"] == wanted[StreamSettings().topic(ORDERS)] == 8
    assert wanted["risk.marks.v1"] == 1
