"""The journal on Kafka: a session leaves nothing behind, reading ends, and what no broker takes is said to be that."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import MessageSizeTooLargeError

from riskstream.embedded.broker import EmbeddedBroker
from schemas.codec import encode
from schemas.records import Skip
from streams.appender import JournalBroken
from streams.journal import HEADER_KEY, Cursor, Header, Kind, encode_header
from streams.kafka_log import KafkaLog
from streams.log import BATCH_MAX_BYTES, Pending, Record, RecordTooLong
from streams.settings import StreamSettings
from streams.tail import JournalStartsLate, JournalTail
from tests.streams.holder import Holder

OWNER = b"o" * 16


def record(seq: int, payload: bytes = b"{}") -> Record:
    return Record(Header(Kind.SKIP, 1, OWNER, seq), None, payload)


async def test_a_session_whose_append_has_no_answer_leaves_nothing(
    broker: EmbeddedBroker, settings: StreamSettings, caplog: pytest.LogCaptureFixture
) -> None:
    """Each takeover after an unknown fate begins a session: tasks or connections that stay would pile up."""
    before = asyncio.all_tasks()  # this one is among them
    log = KafkaLog(settings, 0)
    await log.start()
    await (await log.append([record(1)]))
    broker.set_round_trip(60_000)
    answer = await log.append([record(2)])
    done, _ = await asyncio.wait([answer], timeout=0.3)
    assert not done
    answer.cancel()
    await log.stop()
    left = asyncio.all_tasks() - before
    assert not left or not (await asyncio.wait(left, timeout=10))[1]
    assert "ERROR" not in caplog.text


async def test_a_batch_that_the_broker_finds_too_large_is_not_unavailability(
    settings: StreamSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taking the partition over again would not make it shorter: the owner is told that the journal takes no such
    batch, which is fatal."""
    holder = Holder(settings)
    await holder.take_over()
    answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    answer.set_exception(MessageSizeTooLargeError())

    async def refused(*_: object, **__: object) -> asyncio.Future[Any]:
        return answer

    monkeypatch.setattr(AIOKafkaProducer, "send_batch", refused)
    with pytest.raises(JournalBroken, match=r"takes no such batch: .*MessageSizeTooLarge"):
        await holder.append([Pending(Kind.SKIP, None, None, encode(Skip(reason="x")))])
    await holder.stop()


async def test_a_record_that_fits_into_no_batch_is_not_sent(settings: StreamSettings) -> None:
    """Nor is the log used up by it."""
    log = KafkaLog(settings, 0)
    await log.start()
    with pytest.raises(RecordTooLong, match="do not fit into"):
        await log.append([record(1, b"x" * BATCH_MAX_BYTES)])
    assert await (await log.append([record(1)])) == 0
    await log.stop()


class Hollow:
    """A consumer whose broker has a record and, behind it, an offset that holds none: a transaction's end."""

    def __init__(self) -> None:
        self._position = 0

    def seek(self, _: TopicPartition, offset: int) -> None:
        self._position = offset

    def resume(self, _: TopicPartition) -> None:
        """Nothing is paused."""

    pause = resume

    async def getmany(self, place: TopicPartition, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
        before, self._position = self._position, 2
        headers = [(HEADER_KEY, encode_header(record(1).header))]
        return {place: [SimpleNamespace(offset=0, headers=headers, value=b"{}")]} if before == 0 else {}

    async def position(self, _: TopicPartition) -> int:
        return self._position


async def test_reading_ends_where_the_end_holds_no_record(settings: StreamSettings) -> None:
    """There is nothing to wait for; who reads sees that an offset is missing, and takes that for what it is."""
    log = KafkaLog(settings, 0)
    vars(log)["_consumer"] = Hollow()
    async with asyncio.timeout(10):
        assert [stored.offset async for part in log.read(0, 2) for stored in part] == [0]
        tail = JournalTail(log, settings.partitions, Cursor())
        with pytest.raises(JournalStartsLate, match="has nothing from 1 to 2"):
            await tail.read(2)
