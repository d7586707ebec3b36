"""Where to begin reading a journal whose beginning is gone, or too long ago: at the newest snapshot."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from schemas.topics import DECISIONS
from streams.journal import Cursor
from streams.kafka_snapshots import read_snapshots
from streams.ranges import Range, Ranges
from streams.reader import JournalGap
from streams.settings import StreamSettings
from streams.snapshots import Snapshot, newest

LOG = logging.getLogger(__name__)


async def snapshots_to_start_from(
    settings: StreamSettings, cursors: Mapping[int, Cursor], partitions: Sequence[int], records_max: int | None = None
) -> dict[int, Snapshot]:
    """For each partition that can't be read on from its cursor (without one: from genesis), or would take more than
    ``records_max`` records, the newest snapshot; the others are left out.

    :raises JournalGap: records that are needed are gone, and no snapshot makes up for them.
    :raises streams.log.LogUnavailable: snapshots can't be read.
    :raises aiokafka.errors.KafkaError: no broker answers.
    """
    found: dict[int, Snapshot] = {}
    for number, (begin, end) in (await _ranges(settings, partitions)).items():
        needed = cursors.get(number, Cursor()).offset
        gone = begin > needed
        if not gone and (records_max is None or end - needed <= records_max):
            continue
        snapshot = newest(await read_snapshots(settings, number), settings.partitions)
        if snapshot is not None and snapshot.cursor.offset >= max(begin, needed):
            found[number] = snapshot
        elif gone:
            at = snapshot.cursor.offset if snapshot is not None else None
            raise JournalGap(
                f"{settings.topic(DECISIONS)}-{number} starts at {begin}, needed {needed}, and the newest "
                f"snapshot goes to {at}"
            )
    return found


async def begun(
    settings: StreamSettings, cursors: Mapping[int, Cursor], partitions: Sequence[int], lost: str
) -> dict[int, Cursor]:
    """The cursors, and a snapshot's for each partition whose journal begins later; ``lost`` names what a reader never
    sees then, which is said aloud.

    Raises what :func:`snapshots_to_start_from` does.
    """
    found = await snapshots_to_start_from(settings, cursors, partitions)
    for number, snapshot in found.items():
        LOG.error("partition %s: the journal before %s is gone: %s", number, snapshot.cursor.offset, lost)
    return {**cursors, **{number: snapshot.cursor for number, snapshot in found.items()}}


async def _ranges(settings: StreamSettings, partitions: Sequence[int]) -> dict[int, Range]:
    async with Ranges(settings, settings.topic(DECISIONS), partitions) as journal:
        return await journal.now()
