"""The sink process: from the journal and the output topics into the database.

Where reading goes on is known to the database alone: a cursor is committed in the transaction of the rows that were
read up to it. So the process may end at any moment, and the next one goes on from what is durable.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing

from aiokafka.errors import KafkaError

from schemas import topics
from sinks.base import Cursor, Item, SinkUnavailable
from sinks.timescale import TimescaleSink
from sinks.timescale.migrations import MigrationError
from streams.exits import CLEAN, FATAL, MISMATCH, UNREACHABLE, causes, no_broker
from streams.journal import Cursor as JournalCursor
from streams.reader import EventReader, JournalReader
from streams.settings import StreamSettings
from streams.starts import begun
from streams.tasks import unbroken

LOG = logging.getLogger(__name__)
FLUSH_S = STOP_CHECK_S = 0.25
#: How long the last flush may take once the process was told to stop.
LAST_FLUSH_S = 1.5
#: Reads ahead of the database, each of some hundreds of records at most.
READ_AHEAD = 8
OUTPUTS = (topics.METRICS, topics.ALERTS, topics.BREAKERS, topics.BACKTESTS)
Source = AsyncGenerator[Sequence[Item], None]
Cursors = Mapping[tuple[str, int], Cursor]


def run(settings: StreamSettings, database_url: str) -> int:
    """Migrate, then copy until SIGTERM or SIGINT; flush what was read and end within 3 s.

    While the database is away it waits, and reads no more than its buffer holds. 0: a clean end; 2: the database's
    schema is not one that this version can use; 3: no broker answers; 4: a fatal error, such as a topic that starts
    after the cursor or holds what this version can't read, or a database that refuses the rows.
    """
    try:
        asyncio.run(_main(settings, database_url))
    except MigrationError as error:
        sys.stderr.write(f"{error}\n")
        return MISMATCH
    except Exception as error:
        fatal = [cause for cause in causes(error) if not isinstance(cause, KafkaError)]
        if not fatal:
            sys.stderr.write(f"{no_broker(settings.bootstrap_servers, next(causes(error)))}\n")
            return UNREACHABLE
        LOG.critical("the sink ended: %r", fatal[0], exc_info=fatal[0])
        return FATAL
    return CLEAN


async def _main(settings: StreamSettings, database_url: str) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    sink = TimescaleSink(database_url)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, stop, sink)
    try:
        cursors = await asyncio.to_thread(sink.prepare)
        await follow(sink, sources(settings, cursors), stop)
    except* SinkUnavailable:
        LOG.warning("stopped while the database was away; what was not stored will be read again")
    finally:
        sink.interrupt()
        sink.close()


def _stop(stop: asyncio.Event, sink: TimescaleSink) -> None:
    if not stop.is_set():
        stop.set()
        asyncio.get_running_loop().call_later(LAST_FLUSH_S, sink.interrupt)


def sources(settings: StreamSettings, cursors: Cursors) -> list[Source]:
    """Everything the sink reads, each from its cursor."""
    return [_journal(settings, cursors), *(_outputs(settings, topic, cursors) for topic in OUTPUTS)]


async def _journal(settings: StreamSettings, cursors: Cursors) -> Source:
    name = settings.topic(topics.DECISIONS)
    own = {partition: JournalCursor(*cursor) for (topic, partition), cursor in cursors.items() if topic == name}
    begun_at = await begun(settings, own, range(settings.partitions), "what it said was never stored")
    async with JournalReader(settings, begun_at) as reader:
        async for entries in reader.entries():
            yield [
                Item(name, entry.partition, entry.offset, entry.body, entry.payload, entry.cursor, entry.seq)
                for entry in entries
            ]


async def _outputs(settings: StreamSettings, topic: topics.Topic, cursors: Cursors) -> Source:
    name = settings.topic(topic)
    own = {partition: cursor[0] for (stored, partition), cursor in cursors.items() if stored == name}
    async with EventReader(settings, topic, own) as reader:
        async for entries in reader.entries():
            yield [
                Item(name, entry.partition, entry.offset, entry.event, entry.payload, (entry.offset + 1, 0, b"", 0))
                for entry in entries
            ]


async def follow(sink: TimescaleSink, origins: Sequence[Source], stop: asyncio.Event, flush_s: float = FLUSH_S) -> None:
    """Copy from all sources into the sink until ``stop``, with a flush at least every ``flush_s`` and one at the end.

    :raises ExceptionGroup: a source or the sink failed, :class:`SinkUnavailable` among them.
    """
    queue: asyncio.Queue[Sequence[Item]] = asyncio.Queue(READ_AHEAD)
    async with asyncio.TaskGroup() as group:
        feeders = [group.create_task(unbroken(_feed, origin, queue)) for origin in origins]
        try:
            await _drain(queue, sink, stop, flush_s)
        except asyncio.CancelledError:
            sink.interrupt()
            raise
        for feeder in feeders:
            feeder.cancel()


async def _feed(source: Source, queue: asyncio.Queue[Sequence[Item]]) -> None:
    async with aclosing(source):
        async for items in source:
            if items:
                await queue.put(items)


async def _drain(
    queue: asyncio.Queue[Sequence[Item]], sink: TimescaleSink, stop: asyncio.Event, flush_s: float
) -> None:
    """The only place that adds and flushes, so the sink is never used from two sides."""
    loop = asyncio.get_running_loop()
    flush_at = loop.time() + flush_s
    while not stop.is_set():
        for item in await _next(queue, min(flush_at, loop.time() + STOP_CHECK_S)):
            if sink.full:
                await asyncio.to_thread(sink.flush)
            sink.add(item)
        if loop.time() >= flush_at:
            await asyncio.to_thread(sink.flush)
            flush_at = loop.time() + flush_s
    await asyncio.to_thread(sink.flush)


async def _next(queue: asyncio.Queue[Sequence[Item]], until: float) -> Sequence[Item]:
    """The next items, or none when the time is over. A timed-out ``get`` takes nothing out of the queue."""
    try:
        async with asyncio.timeout_at(until):
            return await queue.get()
    except TimeoutError:
        return ()
