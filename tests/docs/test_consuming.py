"""``riskstream.consume``: each effective decision at least once, none void, none lost, whatever stops the reader."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import riskstream
from riskstream import Cursor, FileCursors, GroupCursors, Start
from riskstream.consuming import Decided
from riskstream.cursors import BadCursors
from streams.captured import capture
from streams.kafka_snapshots import KafkaSnapshots
from streams.publisher import Publisher
from streams.reader import JournalGap
from streams.settings import StreamSettings
from streams.snapshots import SnapshotWriter
from streams.topics import TopicMismatch
from tests.streams.test_processor import HOME, ready
from tests.streams.written import Written, decided, publish
from tests.waiting import until

ORDERS = ["o0", "o1", "o2", "o3", "o4", "o5"]


class Memory:
    """Cursors of the caller's own; ``saves`` counts."""

    def __init__(self, cursors: Mapping[int, Cursor] | None = None) -> None:
        self.cursors, self.saves = dict(cursors or {}), 0

    async def load(self) -> Mapping[int, Cursor]:
        return self.cursors

    async def save(self, cursors: Mapping[int, Cursor]) -> None:
        self.cursors, self.saves = dict(cursors), self.saves + 1


async def read(
    settings: StreamSettings, store: Memory | FileCursors | GroupCursors, count: int, start: Start = Start.BEGINNING
) -> list[Decided]:
    """The next decisions; the last of them is in hand when reading ends."""
    found: list[Decided] = []
    async with asyncio.timeout(20), riskstream.consume(store, settings=settings, start=start) as decisions:
        async for each in decisions:
            found.append(each)
            if len(found) == count:
                break
    return found


def names(found: list[Decided]) -> list[str]:
    return [each.decision.order_id for each in found]


@pytest.mark.parametrize("kind", ["file", "group", "own"])
async def test_reading_goes_on_where_it_stopped(settings: StreamSettings, tmp_path: Path, kind: str) -> None:
    """Decisions come in order, no void one among them; the one in hand at the end comes again, those before do not."""
    await publish(settings, decided(6))
    made = {"file": FileCursors(tmp_path / "cursors"), "group": GroupCursors("gateway"), "own": Memory()}
    store: Memory | FileCursors | GroupCursors = made[kind]  # type: ignore[assignment]
    first, second = await read(settings, store, 3), await read(settings, store, 4)
    assert names(first) + names(second) == ["o0", "o1", "o2", "o2", "o3", "o4", "o5"]
    assert first[-1].id == second[0].id
    assert {each.partition for each in first} == {HOME}
    seqs = [each.seq for each in second]
    assert seqs == sorted(set(seqs))


async def test_a_group_that_has_no_cursors_is_told_where_to_begin(settings: StreamSettings) -> None:
    """It may have been forgotten: to act again on everything is nobody's default. With cursors, nothing is asked."""
    await publish(settings, decided(2))
    with pytest.raises(riskstream.NoCursors, match="'gateway' has no cursor of partitions"):
        await riskstream.consume(GroupCursors("gateway"), settings=settings).__aenter__()
    assert names(await read(settings, GroupCursors("gateway"), 1)) == ["o0"]
    async with asyncio.timeout(20), riskstream.consume(GroupCursors("gateway"), settings=settings) as decisions:
        assert (await anext(decisions)).decision.order_id == "o0"


async def test_cursors_that_do_not_move_are_stored_again(
    settings: StreamSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a broker forgets them."""
    monkeypatch.setattr("riskstream.consumer.SAVE_AGAIN_S", 0.0)
    monkeypatch.setattr("riskstream.consumer.SAVE_S", 0.0)
    await publish(settings, decided(1))
    store = Memory()
    async with riskstream.consume(store, settings=settings) as decisions:
        await anext(decisions)
        waiting = asyncio.create_task(anext(decisions))

        async def saved_often() -> bool:
            return store.saves > 3

        await until(saved_often, 10, "cursors stored again")
        waiting.cancel()


async def test_an_error_of_the_caller_repeats_what_it_was_about(settings: StreamSettings) -> None:
    """A decision that was being handled when its handler failed comes again."""
    await publish(settings, decided(6))
    store = Memory()

    async def handle() -> None:
        async with riskstream.consume(store, settings=settings) as decisions:
            async for each in decisions:
                if each.decision.order_id == "o3":
                    raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await handle()
    assert names(await read(settings, store, 3)) == ["o3", "o4", "o5"]


async def test_commit_says_that_all_is_handled(settings: StreamSettings) -> None:
    """After ``commit`` what is in hand does not come again."""
    await publish(settings, decided(6))
    store = Memory()
    async with riskstream.consume(store, settings=settings) as decisions:
        await anext(decisions)
        await decisions.commit()
        assert store.saves == 1
    assert names(await read(settings, store, 1)) == ["o1"]


async def test_cursors_move_while_nothing_comes(settings: StreamSettings) -> None:
    """Once all was handled and nothing new comes, the cursors are stored, past records that are no decisions."""
    written, store = decided(2), Memory()
    await publish(settings, written)
    async with riskstream.consume(store, settings=settings) as decisions:
        for _ in range(2):
            await anext(decisions)
        waiting = asyncio.create_task(anext(decisions))  # type: ignore[arg-type]

        async def stored() -> bool:
            return store.cursors.get(HOME) == written.cursor

        await until(stored, 10, "the cursor after all that there is")
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        with pytest.raises(RuntimeError, match="reading was cancelled before"):
            await anext(decisions)


async def test_a_cursor_in_the_callers_transaction(settings: StreamSettings) -> None:
    """Each decision brings the cursor after it: stored with what was done, every decision is handled exactly once."""
    await publish(settings, decided(6))
    handled: list[str] = []
    own: dict[int, Cursor] = {}
    for _ in range(6):  # each run is ended right after one transaction
        (one,) = await read(settings, Memory(own), 1)
        own, handled = own | {one.partition: one.cursor}, [*handled, one.decision.order_id]
    assert handled == ORDERS


def test_it_reads_without_async(settings: StreamSettings, tmp_path: Path) -> None:
    """The same object is a plain context manager and iterator."""
    asyncio.run(publish(settings, decided(6)))
    found = []
    with riskstream.consume(FileCursors(tmp_path / "cursors"), settings=settings) as decisions:
        for each in decisions:
            found.append(each)
            if len(found) == 4:
                decisions.commit_sync()
                break
        assert decisions.lag >= 0
    assert names(found) == ORDERS[:4]
    with riskstream.consume(FileCursors(tmp_path / "cursors"), settings=settings) as decisions:
        assert next(decisions).decision.order_id == "o4"
    with pytest.raises(RuntimeError, match="not entered"):
        next(riskstream.consume(Memory(), settings=settings))


async def test_a_newcomer_may_begin_at_a_snapshot(settings: StreamSettings) -> None:
    """Without a cursor and with ``Start.SNAPSHOT``, decisions before the newest snapshot are left out."""
    written, half = decided(6), Written()
    at = next(n for n, record in enumerate(written.records) if b'"order_id":"o1"' in record.value) + 1
    half.records = written.records[:at]
    await snapshot(settings, half, Cursor(at, 1, b"a" * 16, at - 1))
    await publish(settings, written)
    assert names(await read(settings, Memory(), 4, Start.SNAPSHOT)) == ORDERS[2:]
    assert names(await read(settings, Memory(), 6)) == ORDERS


async def snapshot(settings: StreamSettings, written: Written, cursor: Cursor) -> None:
    publisher = Publisher(settings)
    await publisher.start()
    try:
        store = KafkaSnapshots(settings, written.partition, publisher)
        state = capture(ready()[0].engine.state, {})
        await SnapshotWriter(store, written.partition, 4, ()).write(state, cursor)
    finally:
        await publisher.stop()


async def test_topics_that_are_not_there(settings: StreamSettings) -> None:
    """A wrong prefix or partition is an error, and nothing is waited for."""
    with pytest.raises(TopicMismatch, match="partition 4 was asked for"):
        await riskstream.consume(Memory(), settings=settings, partitions=[4]).__aenter__()
    other = StreamSettings(bootstrap_servers=settings.bootstrap_servers, prefix="other")
    with pytest.raises(TopicMismatch, match=r"other\.decisions\.v1 does not exist"):
        await riskstream.consume(Memory(), settings=other).__aenter__()


async def test_all_partitions_are_read_whatever_the_settings_say(settings: StreamSettings) -> None:
    """The broker says how many partitions there are: a program with another count misses no account."""
    await publish(settings, decided(2))
    fewer = StreamSettings(bootstrap_servers=settings.bootstrap_servers, partitions=1, fetch_wait_ms=5)
    assert names(await read(fewer, Memory(), 2)) == ["o0", "o1"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"version":2,"cursors":{}}',
        b'{"version":1,"cursors":{"0":[1,2]}}',
        b'{"version":1,"cursors":{"0":[1,2,"zz",3]}}',
        b'{"version":1,"cursors":{"0":[1,2,"aa",3]}}',
        b'{"version":1,"cursors":{"0":[-1,0,"",0]}}',
    ],
)
async def test_a_broken_file_of_cursors_is_refused(tmp_path: Path, content: bytes) -> None:
    """What is no file of cursors is never taken for a start at the beginning."""
    path = tmp_path / "cursors"
    path.write_bytes(content)
    with pytest.raises(BadCursors, match="cursors"):
        await FileCursors(path).load()


async def test_a_file_of_cursors_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """What was saved is loaded; a save that fails leaves the one before, and a torn new file is nobody's."""
    path = tmp_path / "cursors"
    store, kept = FileCursors(path), {0: Cursor(5, 2, b"o" * 16, 3), 3: Cursor()}
    assert await store.load() == {}
    await store.save(kept)
    assert await FileCursors(path).load() == kept
    (tmp_path / "cursors.new").mkdir()
    with pytest.raises(IsADirectoryError):
        await store.save({})
    assert await FileCursors(path).load() == kept
    assert json.loads(path.read_bytes())["version"] == 1


async def test_a_gap_is_an_error(settings: StreamSettings) -> None:
    """A journal that ends before a cursor is another one: it is not read from anywhere."""
    written = decided(4)
    await publish(settings, written)
    with pytest.raises(JournalGap, match="the topic was made anew"):
        await read(settings, Memory({HOME: Cursor(len(written.records) + 5, 2, b"b" * 16, 99)}), 1)


def test_import_is_quick() -> None:
    """``import riskstream`` loads no Kafka client, and names that do not exist are errors."""
    code = (
        "import sys, riskstream; assert not {'aiokafka', 'numpy', 'msgspec'} & set(sys.modules); "
        "assert callable(riskstream.consume); import riskstream.consuming; assert callable(riskstream.consume)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], timeout=30).returncode == 0
    with pytest.raises(AttributeError, match="gossip"):
        riskstream.gossip  # type: ignore[attr-defined]  # noqa: B018
