"""What waits for an owner: bounded, together, and dropped when the partition leaves."""

from __future__ import annotations

import asyncio
from typing import Any

from streams.backlog import Backlog, Chunk
from streams.journal import Input


def chunk(size: int) -> Chunk:
    records: list[Any] = list(range(size))
    return Chunk(Input.ORDERS, records, lambda: None)


async def test_what_waits_is_taken_together() -> None:
    """Small chunks pile up into one batch, in the order they came."""
    backlog, chunks = Backlog(500), [chunk(size) for size in (1, 2, 3)]
    for each in chunks:
        backlog.put(each)
    assert await backlog.take(0) == chunks
    assert await backlog.take(0) == []


async def test_a_batch_is_bounded() -> None:
    """No chunk is added to a batch that is full."""
    backlog, chunks = Backlog(4), [chunk(3), chunk(3)]
    for each in chunks:
        backlog.put(each)
    backlog.put(chunk(3))
    assert await backlog.take(0) == chunks
    assert len(await backlog.take(0)) == 1


async def test_a_backlog_is_full_and_has_room_again() -> None:
    """Two batches may wait, by records or by bytes; from then on nothing should be fetched, until some are taken. What
    was fetched already is queued all the same, and nobody waits."""
    backlog = Backlog(2, 100)
    backlog.put(chunk(3))
    assert not backlog.full
    backlog.put(chunk(1))
    backlog.put(chunk(1))
    assert backlog.full
    assert [len(each.records) for each in await backlog.take(0)] == [3]
    assert not backlog.full
    backlog.put(chunk(1)._replace(size_bytes=200))
    assert backlog.full
    await backlog.take(0)
    await backlog.take(0)
    assert (len(backlog), backlog.full) == (0, False)


async def test_a_closed_backlog_takes_nothing() -> None:
    """A partition that was revoked is read again by its next owner; what still comes of it here is dropped, and is no
    reason to fetch nothing, should it come back."""
    backlog = Backlog(2)
    backlog.put(chunk(4))
    backlog.close()
    backlog.put(chunk(4))
    assert await backlog.take(0) == []
    assert not backlog.full


async def test_taking_waits_for_what_comes() -> None:
    """Within its patience, an owner gets a chunk the moment it is there."""
    backlog = Backlog(2)
    taking = asyncio.create_task(backlog.take(30))
    await asyncio.wait([taking], timeout=0.05)
    backlog.put(chunk(1))
    assert len(await asyncio.wait_for(taking, 5)) == 1
