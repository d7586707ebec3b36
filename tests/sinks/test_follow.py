"""The loop between the readers and the sink, fed by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import psycopg
import pytest

from riskstream.embedded.postgres import EmbeddedPostgres
from sinks.base import Item, SinkUnavailable
from sinks.timescale import TimescaleSink
from streams.sinking import READ_AHEAD, Source, follow
from streams.tasks import CancelledByNobody
from tests.sinks.samples import START_NS, decisions, item, metrics
from tests.sinks.waiting import DEADLINE_S, wait_for
from tests.waiting import cancelled

NewSink = Callable[..., TimescaleSink]


async def given(items: Sequence[Item]) -> Source:
    """A source that gives the items one by one and then stays quiet, as a reader does."""
    for one in items:
        yield [one]
    await asyncio.Event().wait()


async def count(connection: psycopg.AsyncConnection, table: str, at_least: int) -> int:
    """The rows of a table, as soon as there are enough of them."""
    async with asyncio.timeout(DEADLINE_S):
        found = 0
        while found < at_least:
            ((found,),) = await (await connection.execute(f"SELECT count(*) FROM {table}")).fetchall()
    return found


async def test_rows_come_without_being_asked_for(new_sink: NewSink, database: str) -> None:
    """What was read is durable soon after, while the loop goes on; at the stop the rest is flushed."""
    sink, stop = new_sink(), asyncio.Event()
    sink.prepare()
    origins = [given(decisions(300)), given([item(metrics(time_ns=START_NS + n * 1000), n) for n in range(100)])]
    loop = asyncio.create_task(follow(sink, origins, stop))
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        assert await count(connection, "decisions", 300) == 300
        assert await count(connection, "risk_metrics", 100) == 100
    assert not loop.done()
    stop.set()
    await asyncio.wait_for(loop, DEADLINE_S)
    assert sink.pending == 0


async def test_the_last_flush_happens_at_the_stop(new_sink: NewSink, connection: psycopg.Connection) -> None:
    """With a flush interval that never ends, everything that was taken is stored by the stop alone."""
    sink, stop = new_sink(), asyncio.Event()
    sink.prepare()
    loop = asyncio.create_task(follow(sink, [given(decisions(50))], stop, flush_s=3600))
    await asyncio.to_thread(wait_for, lambda: sink.pending == 100)
    assert connection.execute("SELECT count(*) FROM decisions").fetchone() == (0,)
    stop.set()
    await asyncio.wait_for(loop, DEADLINE_S)
    assert connection.execute("SELECT count(*) FROM decisions").fetchone() == (50,)


async def test_a_source_that_fails_ends_the_loop(new_sink: NewSink, connection: psycopg.Connection) -> None:
    """A reader's fatal error comes out; what was not committed before is not behind the cursor."""

    async def broken() -> Source:
        yield decisions(5)
        raise LookupError("the journal starts after the cursor")

    sink = new_sink()
    sink.prepare()
    with pytest.raises(ExceptionGroup) as caught:
        await follow(sink, [broken()], asyncio.Event(), flush_s=3600)
    assert caught.group_contains(LookupError, match="starts after the cursor")
    assert connection.execute("SELECT count(*) FROM reader_cursors").fetchone() == (0,)


async def test_a_source_that_somehow_ended_is_missed(new_sink: NewSink) -> None:
    """A library may cancel what it waits for itself: nothing more would be stored, and no one would know."""

    async def lost() -> Source:
        yield decisions(5)
        await cancelled()

    sink = new_sink()
    sink.prepare()
    with pytest.raises(ExceptionGroup) as caught:
        await asyncio.wait_for(follow(sink, [lost()], asyncio.Event(), flush_s=3600), DEADLINE_S)
    assert caught.group_contains(CancelledByNobody)


async def test_reading_waits_while_the_database_is_away(new_sink: NewSink, postgres: EmbeddedPostgres) -> None:
    """The buffer stays bounded however much there is to read, and an interrupt ends the waiting."""
    taken = 0

    async def endless() -> Source:
        nonlocal taken
        while True:
            yield decisions(10, first=taken)
            taken += 10

    sink, stop = new_sink(rows_max=100), asyncio.Event()
    sink.prepare()
    sink.close()
    postgres.stop()
    try:
        loop = asyncio.create_task(follow(sink, [endless()], stop, flush_s=3600))
        # In the buffer 50, in hand 10, read ahead 8 times 10; the 10 that wait behind are not counted yet.
        await asyncio.to_thread(wait_for, lambda: taken == 50 + 10 + READ_AHEAD * 10)
        sink.interrupt()
        with pytest.raises(ExceptionGroup) as caught:
            await asyncio.wait_for(loop, DEADLINE_S)
        assert caught.group_contains(SinkUnavailable)
        assert (sink.pending, taken) == (100, 140)
    finally:
        postgres.start()
