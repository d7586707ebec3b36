"""Snapshots: whatever is torn, late or foreign, a takeover starts from a state that is the fold of its cursor."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec
import pytest

from risk.digest import state_digest
from risk.state import STATE_VERSION, PartitionState, encode_state
from schemas.decisions import Decision
from streams.captured import SLICE, Captured, capture, encoded
from streams.journal import Cursor, Input, UnknownRecord
from streams.log import LogUnavailable
from streams.snapshots import Item, Manifest, SnapshotWriter, newest
from tests.risk.world import World

A, B = b"a" * 16, b"b" * 16
VECTOR = {Input.ORDERS: 7, Input.FILLS: 2, Input.COMMANDS: 0}


class Store:
    """A compacted topic in memory; ``room`` is how many items it takes before its writer dies."""

    def __init__(self) -> None:
        self.items: dict[bytes, bytes] = {}
        self.room = 10**9

    async def read(self) -> Mapping[bytes, bytes]:
        return self.items

    async def write(self, items: Sequence[Item]) -> None:
        for key, value in items:
            if not self.room:
                raise ConnectionError("the writer is dead")
            self.room -= 1
            if value is None:
                self.items.pop(key, None)
            else:
                self.items[key] = value


def state(orders: int) -> PartitionState:
    """A state with positions, reservations and so many remembered orders."""
    world = World()
    world.fill("AAA", quantity=100)
    world.sweep()
    for number in range(orders):
        world.judge(world.order(order_id=f"o{number}"))
    return world.engine.state


def captured(orders: int) -> Captured:
    return capture(state(orders), VECTOR)


def writer(store: Store) -> SnapshotWriter:
    return SnapshotWriter(store, 3, 4, store.items.keys())


async def test_what_was_written_is_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """State bit by bit, input vector and cursor, over many chunks."""
    monkeypatch.setattr("streams.snapshots.CHUNK_BYTES", 64)
    store = Store()
    await writer(store).write(captured(9), Cursor(40, 2, A, 31))
    assert len(store.items) > 10
    found = newest(store.items, 4)
    assert found is not None
    assert (found.cursor, found.vector) == (Cursor(40, 2, A, 31), VECTOR)
    assert encode_state(found.state) == encode_state(state(9))


async def test_the_one_furthest_along_counts() -> None:
    """Whoever wrote it and in whatever order: the greatest offset, whose records are all effective."""
    store = Store()
    await writer(store).write(captured(2), Cursor(90, 3, B, 70))
    await writer(store).write(captured(1), Cursor(40, 2, A, 31))
    found = newest(store.items, 4)
    assert found is not None
    assert found.cursor.offset == 90


@pytest.mark.parametrize("room", range(8))
async def test_a_writer_that_dies_half_way_harms_nobody(room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """After any number of its records, the complete set before still counts, until the new one is complete."""
    monkeypatch.setattr("streams.snapshots.CHUNK_BYTES", 700)
    store = Store()
    mine = writer(store)
    for orders in (1, 2):
        await mine.write(captured(orders), Cursor(10 * orders, 2, A, orders))
    needed = _records(store) // 2
    store.room = room
    try:
        await mine.write(captured(1), Cursor(30, 2, A, 3))
    except ConnectionError:
        assert room < needed
    found = newest(store.items, 4)
    assert found is not None
    assert found.cursor.offset == (30 if room >= needed else 20)
    assert len(found.state.recent) == (1 if room >= needed else 2)


def _records(store: Store) -> int:
    return len(store.items)


async def test_a_zombie_overwrites_nothing() -> None:
    """Two that write at once, one of an older epoch, have keys of their own."""
    store = Store()
    zombie, owner = writer(store), writer(store)
    await owner.write(captured(3), Cursor(50, 2, B, 40))
    await zombie.write(captured(2), Cursor(30, 1, A, 20))
    await zombie.write(captured(2), Cursor(31, 1, A, 21))
    found = newest(store.items, 4)
    assert found is not None
    assert found.cursor == Cursor(50, 2, B, 40)


async def test_old_keys_go_after_two_complete_sets() -> None:
    """Of an earlier hold nothing is left, but not before there are two newer sets."""
    store = Store()
    await writer(store).write(captured(1), Cursor(10, 1, A, 5))
    old = set(store.items)
    mine = writer(store)
    await mine.write(captured(2), Cursor(20, 2, B, 9))
    assert old < set(store.items)
    await mine.write(captured(3), Cursor(30, 2, B, 12))
    assert not old & set(store.items)
    assert newest(store.items, 4) is not None


async def test_old_keys_that_stay_go_with_the_next_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deleting fails now and then: the set before it is complete all the same, and the next one tries again."""
    store = Store()
    await writer(store).write(captured(1), Cursor(10, 1, A, 5))
    old, mine = set(store.items), writer(store)
    await mine.write(captured(2), Cursor(20, 2, B, 9))
    refused = iter((True, False))
    take = store.write

    async def write(items: Sequence[Item]) -> None:
        if items[0][1] is None and next(refused):
            raise LogUnavailable("once")
        await take(items)

    monkeypatch.setattr(store, "write", write)
    await mine.write(captured(3), Cursor(30, 2, B, 12))
    assert old < set(store.items)
    await mine.write(captured(4), Cursor(40, 2, B, 15))
    assert not old & set(store.items)
    assert next(refused, None) is None


async def test_a_state_in_slices_is_the_state() -> None:
    """Whatever is decided while a cut is being encoded: the bytes are those of the state at the cut."""
    made = state(3)
    made.recent |= {f"acc\n{number}": next(iter(made.recent.values())) for number in range(2 * SLICE + 1)}
    (account,) = made.accounts.values()
    account.fills_seen |= {f'"fill" {number}': True for number in range(SLICE)}
    before = encode_state(made)
    cut = capture(made, VECTOR)
    encoding = asyncio.ensure_future(encoded(cut))
    await asyncio.sleep(0)
    assert not encoding.done()
    account.fills_seen.clear()
    account.cash["USD"] = Decimal(0)
    made.recent.clear()
    assert b"".join(await encoding) == before


async def test_a_state_that_is_not_what_its_manifest_says_is_not_used() -> None:
    """The digest of the state must be that of the manifest; else the older set counts."""
    store = Store()
    await writer(store).write(captured(1), Cursor(10, 1, A, 5))
    await writer(store).write(captured(2)._replace(digest=captured(3).digest), Cursor(20, 2, B, 9))
    found = newest(store.items, 4)
    assert found is not None
    assert found.cursor.offset == 10


async def test_a_later_version_and_another_partition_count_are_not_read() -> None:
    """What this code does not know it does not load."""
    store = Store()
    await writer(store).write(captured(1), Cursor(10, 1, A, 5))
    assert newest(store.items, 8) is None
    key = next(key for key in store.items if key.endswith(b"manifest"))
    manifest = msgspec.msgpack.decode(store.items[key], type=Manifest)
    store.items[key] = msgspec.msgpack.encode(msgspec.structs.replace(manifest, schema_version=99))
    with pytest.raises(UnknownRecord, match="schema version 99"):
        newest(store.items, 4)


@pytest.mark.parametrize("version", [STATE_VERSION - 1, STATE_VERSION + 1])
async def test_a_state_of_another_version(version: int) -> None:
    """One of an earlier version is loaded, though its digest says nothing here; one of a later version may hold what
    would be lost, and ends the worker."""
    store, digest = Store(), version.to_bytes(2) + b"others"
    await writer(store).write(captured(1)._replace(digest=digest), Cursor(10, 1, A, 5))
    if version > STATE_VERSION:
        with pytest.raises(UnknownRecord, match=f"state version {version}, known is {STATE_VERSION}"):
            newest(store.items, 4)
    else:
        found = newest(store.items, 4)
        assert found is not None
        assert found.state == state(1)


def test_the_digest_sees_what_the_windows_held() -> None:
    """Two states whose windows have the same length but other content, or that differ in one reservation, differ in
    their digest; a state that went through bytes does not."""
    world, other = World(), World()
    for each, order_id in ((world, "a"), (other, "b")):
        each.judge(each.order("ZZZ", order_id=order_id))
    assert state_digest(world.engine.state) != state_digest(other.engine.state)
    again = World()
    again.judge(again.order("ZZZ", order_id="a"))
    assert state_digest(again.engine.state) == state_digest(world.engine.state)
    decision = world.judge(world.order(order_id="c"))
    assert isinstance(decision, Decision)
    assert state_digest(again.engine.state) != state_digest(world.engine.state)
