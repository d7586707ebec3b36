"""Owning a partition's journal: of all who claim it and write, exactly one counts, and each writer knows whether it is
the one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
from aiokafka import AIOKafkaProducer

from riskstream.embedded.broker import EmbeddedBroker
from schemas.codec import encode
from schemas.records import Claim, Skip
from schemas.topics import DECISIONS
from streams import appender as module
from streams.appender import LostOwnership
from streams.journal import HEADER_KEY, Header, Kind, UnknownRecord, encode_header
from streams.log import Pending
from streams.reader import JournalReader
from streams.settings import StreamSettings
from streams.tail import JournalStartsLate, PartitionsChanged
from tests.streams.holder import Holder


def skips(*reasons: str) -> list[Pending]:
    """Records that are told apart by their reason."""
    return [Pending(Kind.SKIP, None, None, encode(Skip(reason=reason))) for reason in reasons]


@asynccontextmanager
async def holders(settings: StreamSettings, count: int) -> AsyncIterator[list[Holder]]:
    made = [Holder(settings) for _ in range(count)]
    try:
        yield made
    finally:
        for holder in made:
            await holder.stop()


async def effective(settings: StreamSettings) -> list[str]:
    """What counts, as an outside reader sees it."""
    async with JournalReader(settings, partitions=[0]) as reader:
        found: list[str] = []
        async for entries in reader.entries():
            found += [entry.body.reason for entry in entries if isinstance(entry.body, Skip)]
            if await reader.caught_up():
                break
    return found


async def publish(settings: StreamSettings, header: bytes, payload: bytes) -> None:
    """A record on the journal that no appender of this version wrote."""
    async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers) as producer:
        await producer.send_and_wait(settings.topic(DECISIONS), payload, partition=0, headers=[(HEADER_KEY, header)])


async def test_the_next_owner_folds_what_the_last_one_wrote(settings: StreamSettings) -> None:
    """A takeover folds every effective record in order, and goes on with the sequence."""
    async with holders(settings, 2) as (first, second):
        await first.take_over()
        await first.append(skips("a", "b"))
        await second.take_over()
        assert second.folded == ["a", "b"]
        await second.append(skips("c"))
        assert second.appender.cursor[1:] == (2, second.appender.cursor.owner, 3)
    assert await effective(settings) == ["a", "b", "c"]


async def test_a_replaced_owner_learns_it_from_its_next_append(settings: StreamSettings) -> None:
    """What it writes after another's claim is void, it is told so, and the new owner is not disturbed."""
    async with holders(settings, 2) as (first, second):
        await first.take_over()
        await second.take_over()
        with pytest.raises(LostOwnership, match="void"):
            await first.append(skips("zombie"))
        await second.append(skips("mine"))
    assert await effective(settings) == ["mine"]


async def test_an_idle_owner_notices_a_claim(settings: StreamSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """An owner that has nothing to append sees by a look at the journal that it was replaced; before, it does not."""
    monkeypatch.setattr(module, "IDLE_S", 0.0)
    async with holders(settings, 2) as (first, second):
        await first.take_over()
        await first.appender.look()
        await second.take_over()
        with pytest.raises(LostOwnership, match="another worker claimed"):
            await first.appender.look()


async def test_of_two_that_claim_at_once_one_owns(settings: StreamSettings) -> None:
    """However the race ends, exactly one of them can append."""
    async with holders(settings, 2) as both:
        await asyncio.gather(*(holder.take_over() for holder in both), return_exceptions=True)
        appends = [holder.append(skips(str(number))) for number, holder in enumerate(both)]
        wrote = await asyncio.gather(*appends, return_exceptions=True)
        assert len(await effective(settings)) == sum(not isinstance(each, BaseException) for each in wrote) == 1


async def test_void_records_between_do_no_harm(settings: StreamSettings) -> None:
    """A gap that holds nothing but a zombie's records is read over, and the owner goes on."""
    async with holders(settings, 1) as (owner,):
        await owner.take_over()
        await publish(settings, encode_header(Header(Kind.SKIP, 1, b"z" * 16, 1)), encode(Skip(reason="zombie")))
        await publish(
            settings, encode_header(Header(Kind.CLAIM, 1, b"z" * 16, 0)), encode(Claim(partitions=2, code_version=""))
        )
        await owner.append(skips("mine"))
        await owner.append(skips("mine too"))
    assert await effective(settings) == ["mine", "mine too"]


async def test_more_than_a_batch_is_split(settings: StreamSettings) -> None:
    """Records beyond the size of one RecordBatch go out in several; all count, in order."""
    reasons = [str(number) for number in range(4000)]
    padded = [record._replace(key=b"k" * 200) for record in skips(*reasons)]
    async with holders(settings, 1) as (owner,):
        await owner.take_over()
        await owner.append(padded)
    assert await effective(settings) == reasons


async def test_a_broker_that_goes_silent_costs_the_ownership(settings: StreamSettings, broker: EmbeddedBroker) -> None:
    """An append without an answer is neither repeated nor believed: its owner gives up, and the next one finds out from
    the journal what became of it."""
    async with holders(msgspec.structs.replace(settings, session_timeout_ms=300), 2) as (first, second):
        await first.take_over()
        broker.set_round_trip(2000)
        with pytest.raises(LostOwnership, match="unknown"):
            await first.append(skips("lost?"))
        broker.set_round_trip(0)
        await asyncio.wait_for(_until_owned(settings, second), 20)
        await second.append(skips("mine"))
        assert [*second.folded, "mine"] == await effective(settings)


async def _until_owned(settings: StreamSettings, holder: Holder) -> None:
    holder.renew()
    try:
        await holder.take_over()
    except LostOwnership:
        await holder.stop()
        holder.folded = []
        await _until_owned(settings, holder)


async def test_another_partition_count_is_fatal(settings: StreamSettings) -> None:
    """Accounts live elsewhere under another count, so nobody may go on in such a journal."""
    async with holders(settings, 1) as (owner,):
        await owner.take_over()
    async with holders(msgspec.structs.replace(settings, partitions=3), 1) as (other,):
        with pytest.raises(PartitionsChanged, match="for 2 partitions, the settings say 3"):
            await other.take_over()


async def test_a_record_of_a_later_version_is_fatal(settings: StreamSettings) -> None:
    """What this code does not know it does not fold."""
    await publish(settings, b"\x02" + bytes(59), b"{}")
    async with holders(settings, 1) as (owner,):
        with pytest.raises(UnknownRecord):
            await owner.take_over()


async def test_a_journal_without_its_beginning_is_fatal(settings: StreamSettings) -> None:
    """State is a fold from genesis; records that the broker deleted can't be guessed (this broker keeps 5 MiB)."""
    owner = b"o" * 16
    async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers, max_request_size=2_000_000) as producer:
        for _ in range(8):
            await producer.send_and_wait(
                settings.topic(DECISIONS),
                b" " * 900_000,
                partition=0,
                headers=[(HEADER_KEY, encode_header(Header(Kind.SKIP, 1, owner, 1)))],
            )
    async with holders(settings, 1) as (late,):
        with pytest.raises(JournalStartsLate, match="needed 0"):
            await late.take_over()
