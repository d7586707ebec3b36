"""Offsets that hold no record are covered by a skip if the broker or an operator says so, never passed otherwise."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from schemas.codec import decode_body, encode
from schemas.commands import InputTopic, SkipInputs
from schemas.records import Skip
from streams.backlog import Chunk
from streams.gaps import Gap, bridged, missing
from streams.journal import Input, Kind, Source
from streams.kafka_inputs import KafkaInputs, always, nowhere
from streams.log import Pending
from streams.processor import InputHole, Pace, Processor
from streams.producer import EventProducer
from streams.publisher import Publisher
from streams.settings import StreamSettings
from tests.streams.test_failures import BrokenEngine

ORDERS = Input.ORDERS


def poison(*offsets: int) -> list[Any]:
    """Records that lead to a skip each."""
    return [
        SimpleNamespace(topic="risk.orders.v1", partition=0, offset=offset, key=None, value=b"{", timestamp=0)
        for offset in offsets
    ]


def processor() -> Processor:
    return Processor(BrokenEngine(), 0, Pace(1), lambda event_ns: event_ns, lambda: 0)


def skips(records: list[Pending]) -> list[tuple[Source | None, str, str]]:
    """Source, reason and author of each."""
    assert {record.kind for record in records} == {Kind.SKIP}
    bodies = [decode_body(record.payload) for record in records]
    assert all(isinstance(body, Skip) for body in bodies)
    return [(record.source, body.reason[:9], body.author) for record, body in zip(records, bodies, strict=True)]


@pytest.mark.parametrize(
    ("offsets", "needed", "expected"),
    [
        ((5, 6, 7), 5, []),
        ((5, 6, 7), 7, []),
        ((5, 6, 7), 3, [(3, 4)]),
        ((5, 8, 9), 5, [(6, 7)]),
        ((5, 8, 9), 7, [(7, 7)]),
        ((5, 8, 9), 9, []),
        ((5, 7, 9), 2, [(2, 4), (6, 6), (8, 8)]),
    ],
)
def test_what_is_missing(offsets: tuple[int, ...], needed: int, expected: list[tuple[int, int]]) -> None:
    """Each run of offsets that a chunk leaves out, from the one that is needed next."""
    assert missing(poison(*offsets), needed) == expected


async def test_a_gap_that_is_explained_is_covered_once() -> None:
    """By one record for all its offsets, in its place among the others; what was covered before is not covered again,
    and no dead letter is made of it."""

    async def explain(gap: Source) -> Gap | None:
        return Gap(gap.first, gap.last, "marks", "kim")

    one = processor()
    chunk = Chunk(ORDERS, poison(2, 5), lambda: None)
    given = await bridged(chunk, 0, explain)
    outcome = one.take(ORDERS, given)
    assert [(source, author) for source, _, author in skips(outcome.records)] == [
        (Source(ORDERS, 0, 1), "kim"),
        (Source(ORDERS, 2, 2), ""),
        (Source(ORDERS, 3, 4), "kim"),
        (Source(ORDERS, 5, 5), ""),
    ]
    assert [letter.offset for letter in outcome.letters] == [2, 5]
    assert one.take(ORDERS, given).records == []
    assert skips(one.take(ORDERS, [Gap(4, 7, "marks")]).records) == [(Source(ORDERS, 6, 7), "marks", "")]


async def test_a_gap_that_nobody_explains_is_a_hole() -> None:
    """In the middle of a chunk as well as before it."""

    async def explain(gap: Source) -> None:
        return None

    given = await bridged(Chunk(ORDERS, poison(0, 1, 4), lambda: None), 0, explain)
    with pytest.raises(InputHole, match="goes on at offset 4, needed 2"):
        processor().take(ORDERS, given)


def leave(**fields: Any) -> SkipInputs:
    """An operator's leave to pass orders 3 to 6 of partition 1."""
    defaults: dict[str, Any] = {
        "command_id": "s1",
        "topic": InputTopic.ORDERS,
        "partition": 1,
        "first": 3,
        "last": 6,
        "author": "kim",
        "reason": "retention",
        "event_time_ns": 1,
    }
    return SkipInputs(**defaults | fields)


def test_a_leave_is_on_record_in_its_turn() -> None:
    """It changes no state, and is journaled with who gave it."""
    record = poison(0)[0]
    record.value = encode(leave())
    (skipped,) = skips(processor().take(Input.COMMANDS, [record]).records)
    assert skipped == (Source(Input.COMMANDS, 0, 0), "leave to ", "kim")


@pytest.mark.parametrize(
    ("gap", "allowed"),
    [
        (Source(Input.ORDERS, 3, 6), True),
        (Source(Input.ORDERS, 4, 4), True),
        (Source(Input.ORDERS, 3, 7), False),
        (Source(Input.ORDERS, 2, 6), False),
        (Source(Input.FILLS, 3, 6), False),
    ],
)
async def test_an_operators_leave_holds_for_what_it_names(settings: StreamSettings, gap: Source, allowed: bool) -> None:
    """The topic, the partition and the range; it is found wherever it stands among the partition's commands."""
    publisher = Publisher(settings)
    async with EventProducer(settings) as producer:
        for command in (leave(), leave(partition=0, author="lee")):
            await producer.send(command)
        await producer.send(leave(author="max", topic=InputTopic.COMMANDS))
    await publisher.start()
    try:
        found = await KafkaInputs(settings, 1, nowhere, always, publisher).explain(gap)
    finally:
        await publisher.stop()
    assert found == (Gap(gap.first, gap.last, "passed by an operator: retention", "kim") if allowed else None)
