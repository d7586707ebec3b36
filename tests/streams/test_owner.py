"""The owner of a partition: when it takes over anew, and when it must not."""

from __future__ import annotations

import asyncio
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from risk.market import MarketState
from schemas.codec import encode
from schemas.topics import ORDERS
from streams.backlog import Chunk
from streams.broadcast import References
from streams.journal import Input
from streams.owner import Owner
from streams.ports import kafka_ports
from streams.processor import InputHole
from streams.publisher import Publisher
from streams.settings import StreamSettings
from tests.streams.holder import Holder
from tests.streams.test_worker import order
from tests.waiting import until


async def test_the_same_hole_twice_is_fatal(settings: StreamSettings) -> None:
    """One that is met first may be due to a hold that is void already, so the partition is taken over anew; under the
    new hold it is real, and nothing may be decided beyond it."""

    def place(topic: str, _partition: int, _offset: int) -> None:
        """The consumer has nothing but this, wherever it is sought."""
        if topic == chunk_of:
            owner.put(chunk)

    publisher, chunk_of = Publisher(settings), settings.topic(ORDERS)
    owner = Owner(settings, 0, MarketState(), References(), kafka_ports(settings, publisher, place=place))
    value = encode(order(1))
    record: Any = SimpleNamespace(
        topic=settings.topic(ORDERS), partition=0, offset=5, key=b"acc", value=value, timestamp=0
    )
    chunk = Chunk(Input.ORDERS, [record], lambda: None)
    await publisher.start()
    try:
        async with asyncio.timeout(20):
            with pytest.raises(InputHole, match="goes on at offset 5, needed 0"):
                await owner.run()
    finally:
        await publisher.stop()
    assert (owner.counts["takeovers"], owner.counts["decisions"]) == (2, 0)


async def test_who_was_replaced_claims_again_only_at_the_groups_word(settings: StreamSettings) -> None:
    """A worker that finds a foreign claim may have been asleep: until the group says that the partition is still its
    own, it leaves the journal alone."""
    publisher, asked, word = Publisher(settings), asyncio.Event(), asyncio.Event()

    async def assigned(_topic: str, _partition: int) -> bool:
        asked.set()
        return word.is_set()

    owner = Owner(settings, 0, MarketState(), References(), kafka_ports(settings, publisher, assigned=assigned))
    await publisher.start()
    running = asyncio.create_task(owner.run())

    async def owns(times: int) -> bool:
        return owner.counts["takeovers"] == times and owner.owned

    try:
        await until(partial(owns, 1), 20, "the first takeover")
        other = Holder(settings)
        await other.take_over()
        for _ in range(2):
            asked.clear()
            await asyncio.wait_for(asked.wait(), 20)
        await other.append([])
        assert owner.counts["takeovers"] == 1
        await other.stop()
        word.set()
        await until(partial(owns, 2), 20, "the second takeover")
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await publisher.stop()
