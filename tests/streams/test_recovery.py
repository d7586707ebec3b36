"""When the beginning of the journal is gone: a worker, the projector and readers start from the newest snapshot."""

from __future__ import annotations

import signal

import msgspec
import pytest
from aiokafka import AIOKafkaProducer

from riskstream.evidence import from_journal
from schemas.commands import Kill, Scope
from schemas.reasons import Reason
from schemas.topics import DECISIONS
from streams.journal import HEADER_KEY, Header, Kind, encode_header
from streams.partitioning import partition_of
from streams.producer import EventProducer
from streams.reader import JournalGap
from streams.settings import StreamSettings
from streams.starts import snapshots_to_start_from
from tests.streams.holder import Holder
from tests.streams.stage import Journal, Stage
from tests.streams.test_worker import order
from tests.waiting import until

HOME = partition_of("acc", 4)
MEGABYTES = 900_000


async def push_out(settings: StreamSettings, partition: int, records: int) -> None:
    """Void records, so long that the broker deletes what was before them (it keeps 5 MiB)."""
    header = encode_header(Header(Kind.SKIP, 99, b"z" * 16, 1))
    async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers, max_request_size=2_000_000) as producer:
        for _ in range(records):
            await producer.send_and_wait(
                settings.topic(DECISIONS), b" " * MEGABYTES, partition=partition, headers=[(HEADER_KEY, header)]
            )


@pytest.mark.e2e
async def test_a_worker_starts_from_a_snapshot() -> None:
    """Killed after its journal's beginning was deleted, its successor knows what was decided and what was ordered: a
    repeated id gets the same answer, a kill switch still holds, the sequence goes on."""
    async with Stage() as stage, Journal(stage.settings) as journal:
        stage.settings = msgspec.structs.replace(stage.settings, snapshot_ms=300)
        worker = stage.start_worker()
        await stage.publish_market()
        await stage.market_is_known()
        await journal.knows_the_account()
        async with EventProducer(stage.settings) as producer:
            await producer.send(order(1))
            await journal.has_decisions(1)
            for number in (2, 3, 4):  # in portions that the worker can read over before they are deleted
                await push_out(stage.settings, HOME, 3)
                await producer.send(order(number))
                await journal.has_decisions(number)
            await producer.send(Kill(command_id="k", scope=Scope.ACCOUNT, scope_id="acc", author="m", event_time_ns=1))
            await journal.has_facts()
            await producer.send(order(5))
            await journal.has_decisions(5)
            last = journal.entries[-1]
            await until_a_snapshot_covers(stage.settings, last.seq)
            assert HOME in await snapshots_to_start_from(stage.settings, {}, [HOME]), "the beginning is still there"
            stage.kill(worker, signal.SIGKILL)
            worker = stage.start_worker()
            await producer.send(order(1))
            await producer.send(order(6))
            await journal.has_decisions(7)
        assert (await from_journal(stage.settings, "o7")).findings == [], "what comes after a snapshot can be looked up"
        again, after = journal.decisions[-2:]
        assert (again.order_id, again.repeat, again.reason) == ("o1", True, Reason.APPROVED)
        assert (after.order_id, after.reason) == ("o6", Reason.KILL_SWITCH_ACTIVE)
        assert [entry.seq for entry in journal.entries if entry.partition == HOME] == list(range(1, last.seq + 3))
        assert stage.kill(worker, signal.SIGTERM) == 0, stage.log


async def until_a_snapshot_covers(settings: StreamSettings, seq: int) -> None:
    """Wait for a snapshot at or after an effective record."""

    async def covered() -> bool:
        try:
            found = await snapshots_to_start_from(settings, {}, [HOME], records_max=0)
        except JournalGap:  # until the next one
            return False
        return HOME in found and found[HOME].cursor.seq >= seq

    await until(covered, 30, "a snapshot")


async def test_without_a_snapshot_a_lost_beginning_is_a_gap(settings: StreamSettings) -> None:
    """Nothing is guessed: what can't be read on from where it should is an error that says what is needed."""
    await push_out(settings, 0, 8)
    with pytest.raises(JournalGap, match=r"starts at \d, needed 0, and the newest snapshot goes to None"):
        await snapshots_to_start_from(settings, {}, [0])
    assert await snapshots_to_start_from(settings, {}, [1]) == {}


async def test_an_owner_behind_a_lost_beginning_takes_the_cursor_of_a_snapshot(settings: StreamSettings) -> None:
    """A claim from a cursor in the middle of the journal is as good as one from genesis."""
    first = Holder(settings)
    await first.take_over()
    await first.stop()
    second = Holder(settings)
    second.renew(first.appender.cursor)
    await second.take_over()
    await second.stop()
    assert second.appender.cursor.epoch == first.appender.cursor.epoch + 1
