"""Reading whole journals to show and check them: the records by the rule, and against inputs and snapshots."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

from schemas.codec import decode_body
from schemas.topics import DECISIONS
from streams.cluster import describe
from streams.copies import missing
from streams.coverage import NANOSECONDS, Coverage
from streams.journal import Cursor, Input, Kind, UnknownRecord, check_schema
from streams.kafka_snapshots import read_snapshots
from streams.processor import INPUTS
from streams.ranges import Judge, Judged, Range, Ranges
from streams.settings import StreamSettings
from streams.snapshots import Snapshot, newest
from streams.verify import Audit


class Unreadable(Exception):
    """The journal can't be read from a place where it is known what counts, or not to its end."""


class Start(NamedTuple):
    """Where reading begins: at genesis (no snapshot), or at the newest snapshot because the genesis is gone."""

    cursor: Cursor
    snapshot: Snapshot | None
    gone: str


async def audit(settings: StreamSettings, partitions: Sequence[int]) -> list[Audit]:
    """Check the journals of some partitions, from their beginnings or newest snapshots to their ends as of now.

    :raises aiokafka.errors.KafkaError: no broker answers, or it has no such topic.
    """
    audits, described = [], await describe(settings)
    kept_ms = described[settings.topic(DECISIONS)].retention_ms if settings.topic(DECISIONS) in described else None
    async with Ranges(settings, settings.topic(DECISIONS), partitions) as journal:
        spans = await journal.now()
        for number, span in spans.items():
            start = await start_of(settings, number, span)
            vector = start.snapshot.vector if start.snapshot is not None and start.cursor != Cursor() else None
            found = Audit(number, settings.partitions, start.cursor, vector)
            if start.gone:
                found.give_up(start.gone)
            else:
                async for records in journal.read({number: start.cursor.offset}, {number: span.end}):
                    for record in records:
                        found.take(record)
                _check_age(found, start.snapshot, kept_ms)
            audits.append(found)
    inputs = await _inputs(settings, partitions)
    for found in audits:
        found.close(spans[found.partition].end, inputs[found.partition])
    for number, text in missing([found.part() for found in audits]):
        found = next(each for each in audits if each.partition == number)
        found.find(found.reader.offset, "copies", text)
    return audits


async def follow(
    settings: StreamSettings, partitions: Sequence[int], forever: bool
) -> AsyncGenerator[list[Judged], None]:
    """The records of the journal with what the rule says of each: what is there now, then an empty list, and then
    (``forever``) what comes.

    :raises Unreadable: it has no beginning and no snapshot, or a record of another version.
    """
    async with Ranges(settings, settings.topic(DECISIONS), partitions) as journal:
        spans = await journal.now()
        starts = {number: await start_of(settings, number, span) for number, span in spans.items()}
        for number, start in starts.items():
            if start.gone:
                raise Unreadable(f"{settings.topic(DECISIONS)}-{number} {start.gone}")
        judge = Judge({number: start.cursor for number, start in starts.items()})
        ends = {number: span.end for number, span in spans.items()}
        async for records in journal.read({number: start.cursor.offset for number, start in starts.items()}, ends):
            yield [judged(judge, record) for record in records]
        yield []
        if forever:
            async for records in journal.read({number: reader.offset for number, reader in judge.readers.items()}):
                yield [judged(judge, record) for record in records]


async def start_of(settings: StreamSettings, partition: int, span: Range) -> Start:
    """Genesis while the journal has it; which records count depends on those before, so never anywhere else but at a
    snapshot."""
    snapshot = newest(await read_snapshots(settings, partition), settings.partitions)
    if span.begin == 0:
        return Start(Cursor(), snapshot, "")
    if snapshot is None or snapshot.cursor.offset < span.begin:
        return Start(Cursor(), None, f"starts at {span.begin}, and no snapshot goes that far")
    return Start(snapshot.cursor, snapshot, "")


def judged(judge: Judge, record: Any) -> Judged:
    """A record with what the rule says of it.

    :raises Unreadable: it is of another version.
    """
    try:
        found = judge.judged(record)
        if found.effective and found.header.kind is Kind.CLAIM:
            check_schema(decode_body(found.payload).schema_version, "the claim")
    except UnknownRecord as error:
        raise Unreadable(f"record {record.partition}@{record.offset}: {error}") from error
    return found


def _check_age(audit: Audit, snapshot: Snapshot | None, retention_ms: int | None) -> None:
    """Where workers run, no snapshot becomes that old."""
    coverage = Coverage(time.time_ns, retention_ms)
    coverage.found(snapshot)
    if coverage.overdue:
        audit.find(
            coverage.offset,
            "snapshot",
            f"the newest complete one is {coverage.age_ns / NANOSECONDS:.0f} s old, more than half of what the journal "
            f"keeps",
        )


async def _inputs(settings: StreamSettings, partitions: Sequence[int]) -> Mapping[int, dict[Input, Range]]:
    found: dict[int, dict[Input, Range]] = {number: {} for number in partitions}
    async with AsyncExitStack() as stack:
        for number, topic in INPUTS.items():
            ranges = await stack.enter_async_context(Ranges(settings, settings.topic(topic), partitions))
            for partition, span in (await ranges.now()).items():
                found[partition][number] = span
    return found
