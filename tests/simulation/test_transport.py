"""The transport hands over an input without a hole: after a forward gap it reads again, once."""

from __future__ import annotations

from typing import Any, NamedTuple

import faust
import pytest
from faust.types import TP

from streams.chunks import BatchSchema
from streams.transport import FULL_S, Consumer, Transport

PLACE = TP("orders", 0)


class Record(NamedTuple):
    """What the consumer needs of a Kafka record."""

    offset: int
    timestamp: int = 0
    timestamp_type: int = 0
    serialized_value_size: int = 10


class Fetcher:
    """Where the consumer seeks, and what it fetches."""

    def __init__(self) -> None:
        self.sought: list[tuple[TP, int]] = []
        self.fetched: list[tuple[set[TP], float]] = []

    async def getmany(self, places: set[TP], timeout_s: float) -> dict[TP, list[Record]]:
        self.fetched.append((places, timeout_s))
        return {}

    def seek(self, place: TP, offset: int) -> None:
        self.sought.append((place, offset))

    def assignment(self) -> set[TP]:
        return {PLACE}

    def highwater(self, place: TP) -> int:
        return 100


@pytest.fixture
async def consumer() -> Any:
    """Of an app that batches one topic, the next offset being 5."""
    app = faust.App("gaps", broker="kafka://127.0.0.1:1", store="memory://", web_enabled=False)
    app.transport = Transport(app.conf.broker_consumer, app)
    made: Any = Consumer(app.transport, callback=print, on_partitions_revoked=print, on_partitions_assigned=print)
    app.topics._tp_index[PLACE] = {app.topic(PLACE.topic, schema=BatchSchema())}
    made._thread, made.flow_active = Fetcher(), True
    made._read_offset[PLACE] = 5
    return made


def offsets(consumer: Any, *records: int) -> list[int]:
    """What of these records is handed over."""
    messages = consumer._accept(PLACE, [Record(offset) for offset in records], None, 1)
    return [record.offset for message in messages for record in message.value]


async def test_what_comes_next_is_handed_over(consumer: Any) -> None:
    """Records that continue what was read, or repeat some of it, make a chunk."""
    assert offsets(consumer, 5, 6) == [5, 6]
    assert not consumer._thread.sought


async def test_a_forward_gap_is_read_again(consumer: Any) -> None:
    """Nothing beyond the gap is handed over, the consumer goes back to what is missing, and then it is all there."""
    assert offsets(consumer, 7, 8) == []
    assert consumer._thread.sought == [(PLACE, 5)]
    assert offsets(consumer, 5, 6, 7) == [5, 6, 7]


async def test_a_gap_that_stays_is_a_hole_for_the_owner_to_judge(consumer: Any) -> None:
    """The broker has nothing there: reading again would go on for ever, so the owner sees the gap, and stops."""
    offsets(consumer, 7)
    assert offsets(consumer, 7) == [7]


async def test_what_comes_while_the_flow_is_stopped_is_read_again(consumer: Any) -> None:
    """During a rebalance nothing is handed over and nothing is passed."""
    consumer.flow_active = False
    assert offsets(consumer, 5, 6) == []
    assert consumer._thread.sought == [(PLACE, 5)]


async def test_a_place_is_where_delivery_goes_on(consumer: Any) -> None:
    """What was handed over before is stale and acknowledges nothing; the place itself is committed, be it below what
    the group had; what comes next is handed over from there, and a gap is seen at offset 0 too."""
    (stale,) = consumer._accept(PLACE, [Record(5), Record(6)], None, 1)
    consumer._committed_offset[PLACE] = 9
    for offset in (2, 0):
        consumer.place(PLACE, offset)
        assert (stale.stale, consumer._thread.sought[-1]) == (True, (PLACE, offset))
        stale.acked = True
        assert (consumer._new_offset(PLACE), consumer._should_commit(PLACE, offset)) == (offset, True)
    assert offsets(consumer, 1) == []
    assert offsets(consumer, 0, 1) == [0, 1]
    assert consumer._new_offset(PLACE) == 0


async def test_a_place_of_someone_else_is_left_alone(consumer: Any) -> None:
    """The partition was revoked before its owner knew."""
    consumer.place(TP("orders", 1), 3)
    assert not consumer._thread.sought


async def test_of_what_is_full_nothing_is_fetched(consumer: Any) -> None:
    """The others are fetched without it, with little patience, for it may have room again; with all of them full
    nothing is (an empty set would mean all of them to aiokafka)."""
    other, full = TP("orders", 1), set[TP]()
    consumer.full = lambda *place: place in full
    for held in ({PLACE}, {PLACE, other}, set[TP]()):
        full.clear()
        full.update(held)
        await consumer._getmany({PLACE, other}, 1.0)
    assert consumer._thread.fetched == [({other}, FULL_S), ({PLACE, other}, 1.0)]


async def test_lag_is_what_is_not_finished(consumer: Any) -> None:
    """Under back-pressure records are fetched and wait, or are in work: they count until they are finished, one after
    the other; the end is what the broker says, whatever was fetched."""
    consumer._committed_offset[PLACE] = 5
    consumer.ends = {PLACE: 20}
    consumer.max_records = 2
    first, second = consumer._accept(PLACE, [Record(offset) for offset in range(5, 9)], None, 1)
    assert consumer.lags() == {("orders", 0): 15}
    second.acked = True
    assert consumer.lags() == {("orders", 0): 15}
    first.acked = True
    assert consumer.lags() == {("orders", 0): 11}
