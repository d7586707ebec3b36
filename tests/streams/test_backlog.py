"""What waits for an owner: bounded, together, and let go of when the partition leaves."""

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
        await backlog.put(each)
    assert await backlog.take(0) == chunks
    assert await backlog.take(0) == []


async def test_a_batch_is_bounded() -> None:
    """No chunk is added to a batch that is full."""
    backlog, chunks = Backlog(4), [chunk(3), chunk(3)]
    for each in chunks:
        await backlog.put(each)
    waiting = asyncio.create_task(backlog.put(chunk(3)))
    assert await backlog.take(0) == chunks
    await waiting
    assert len(await backlog.take(0)) == 1


async def test_a_full_backlog_holds_its_sender() -> None:
    """The sender waits until the owner has taken something: that is the back-pressure."""
    backlog = Backlog(2)
    await backlog.put(chunk(2))
    waiting = asyncio.create_task(backlog.put(chunk(1)))
    done, _ = await asyncio.wait([waiting], timeout=0.05)
    assert not done
    await backlog.take(0)
    await asyncio.wait_for(waiting, 5)


async def test_closing_lets_go_of_a_sender() -> None:
    """A sender that waits for a partition which was revoked would hold up every other partition."""
    backlog = Backlog(2)
    await backlog.put(chunk(2))
    waiting = asyncio.create_task(backlog.put(chunk(1)))
    await asyncio.wait([waiting], timeout=0.05)
    backlog.close()
    await asyncio.wait_for(waiting, 5)
    assert await backlog.take(0) == []


async def test_taking_waits_for_what_comes() -> None:
    """Within its patience, an owner gets a chunk the moment it is there."""
    backlog = Backlog(2)
    taking = asyncio.create_task(backlog.take(30))
    await asyncio.wait([taking], timeout=0.05)
    await backlog.put(chunk(1))
    assert len(await asyncio.wait_for(taking, 5)) == 1
