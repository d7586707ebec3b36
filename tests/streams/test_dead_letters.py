"""Dead letters say where they come from and why, and always fit into a record."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import MessageSizeTooLargeError

from risk.market import MarketState
from schemas.topics import TICKS
from streams.broadcast import Broadcast, References
from streams.dead_letters import KEY_MAX_BYTES, PAYLOAD_MAX_BYTES, DeadLetter, bury
from streams.letters import Letter, read_letters
from streams.market_agent import MarketAgent
from streams.publisher import Publisher
from streams.settings import StreamSettings

#: As long as a record can be: the one, the other, or both are too long for a record with headers beside.
LONGEST = [(b"k" * 1_040_000, b"v"), (b"k", b"v" * 1_040_000), (b"k" * 200_000, b"v" * 840_000), (b"k" * 60_001, None)]


def letter(payload: bytes | None) -> DeadLetter:
    return DeadLetter("risk.orders.v1", 2, 77, b"acc", payload, "not JSON")


def test_headers_name_the_place_and_the_reason() -> None:
    """An operator finds the record and the cause without opening the payload, which is as it came."""
    assert dict(letter(b"{").headers) == {
        "reason": b"not JSON",
        "topic": b"risk.orders.v1",
        "partition": b"2",
        "offset": b"77",
    }
    assert letter(b"{").value == b"{"
    assert letter(None).value is None


def test_a_payload_too_long_for_a_record_is_cut() -> None:
    """The largest record there can be still goes to the dead letters, and they say that it was longer."""
    cut = letter(b"x" * 1_048_000)
    assert len(cut.value or b"") == PAYLOAD_MAX_BYTES
    assert dict(cut.headers)["cut_from_bytes"] == b"1048000"


def test_a_key_too_long_is_cut() -> None:
    """Both lengths are told, for what was cut is not what came."""
    cut = letter(b"{")._replace(key=b"k" * 1_000_000)
    assert len(cut.short_key or b"") == KEY_MAX_BYTES
    assert dict(cut.headers)["key_cut_from_bytes"] == b"1000000"
    assert "cut_from_bytes" not in dict(cut.headers)


@pytest.mark.parametrize(("key", "payload"), LONGEST)
async def test_the_longest_poison_of_an_order_is_buried(
    settings: StreamSettings, key: bytes, payload: bytes | None
) -> None:
    """Whatever a producer could write, its dead letter can be written: no record wedges its partition."""
    publisher = Publisher(settings)
    await publisher.start()
    try:
        await publisher.bury([letter(payload)._replace(partition=1, key=key)])
    finally:
        await publisher.stop()
    (found,) = await read_letters(settings)
    assert (found.source, found.reason) == (("risk.orders.v1", 1, 77), "not JSON")
    assert whole(found) == (len(key), len(payload or b""))
    assert key.startswith(found.key or b"")


def whole(found: Letter) -> tuple[int, int]:
    """The lengths that key and payload had."""
    key, payload = found.key or b"", found.payload or b""
    return found.key_cut_from_bytes or len(key), found.cut_from_bytes or len(payload)


@pytest.mark.parametrize(("key", "payload"), LONGEST)
async def test_the_longest_poison_of_a_tick_is_buried(
    settings: StreamSettings, key: bytes, payload: bytes | None
) -> None:
    """The market goes on after it."""
    publisher, acknowledged = Publisher(settings), asyncio.Event()
    broadcast = Broadcast(settings, MarketState(), References())
    broadcast.ready.set()
    agent = MarketAgent(settings, publisher, broadcast)
    record = SimpleNamespace(topic=settings.topic(TICKS), partition=0, offset=3, key=key, value=payload)
    await publisher.start()
    tasks = [asyncio.create_task(work) for work in (agent.work_forever(), agent.flush_forever())]
    try:
        agent.put([record], acknowledged.set)
        async with asyncio.timeout(20):
            await acknowledged.wait()
    finally:
        for task in tasks:
            task.cancel()
        await publisher.stop()
    (found,) = await read_letters(settings)
    assert found.source == ("risk.ticks.v1", 0, 3)
    assert whole(found) == (len(key), len(payload or b""))


class Narrow:
    """A producer to a topic whose records may have so many bytes."""

    def __init__(self, room: int) -> None:
        self._room = room
        self.taken: list[tuple[bytes | None, bytes | None, list[Any]]] = []

    async def send_and_wait(
        self, topic: str, value: bytes | None, key: bytes | None, partition: int, headers: list[Any]
    ) -> None:
        if len(value or b"") + len(key or b"") > self._room:
            raise MessageSizeTooLargeError
        self.taken.append((key, value, headers))


async def test_dead_letters_that_take_little_get_reason_and_place() -> None:
    """A topic made for short records still says what was lost, and where; its neighbours are whole."""
    narrow, long = Narrow(1000), letter(b"x" * 2000)
    await bury(narrow, [letter(b"{"), long])
    assert [each[:2] for each in narrow.taken] == [(b"acc", b"{"), (b"", b"")]
    assert dict(narrow.taken[1][2]) == dict(long.headers) | {"cut_from_bytes": b"2000", "key_cut_from_bytes": b"3"}


async def test_what_can_not_be_buried_is_not_tried_for_ever(settings: StreamSettings) -> None:
    """Where not even that fits, the worker says so and ends, instead of waiting for what never comes."""
    publisher = Publisher(settings)
    publisher.producer = Narrow(-1)
    with pytest.raises(MessageSizeTooLargeError):
        await publisher.bury([letter(b"{")])
