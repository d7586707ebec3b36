"""When snapshots are taken: so that the journal's retention never passes the newest, and somebody is told before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from streams.broadcast import References
from streams.journal import Kind
from streams.owner import Owner
from streams.settings import StreamSettings
from streams.snapshots import newest
from tests.risk.world import calm_market, instrument
from tests.streams.memory import Topics
from tests.waiting import until

SETTINGS = StreamSettings(partitions=2, sweep_ms=10, metrics_ms=10, snapshot_ms=20)
DAY_MS, DAY_NS = 86_400_000, 86_400_000_000_000


@asynccontextmanager
async def owning(
    topics: Topics, retention_ms: int | None = None, settings: StreamSettings = SETTINGS
) -> AsyncIterator[Owner]:
    """An owner of partition 0 at work; no account lives there. What it fails with is raised."""
    references = References()
    references.add(instrument("AAA"))
    owner = Owner(settings, 0, calm_market(), references, topics.ports(retention_ms=retention_ms))
    work = asyncio.create_task(owner.run())
    try:
        yield owner
    finally:
        work.cancel()
        (ended,) = await asyncio.gather(work, return_exceptions=True)
    if isinstance(ended, Exception):
        raise ended


async def comes(condition: Callable[[], bool], what: str) -> None:
    """Wait for it."""

    async def holds() -> bool:
        return condition()

    await until(holds, 10, what)


def covers_all(topics: Topics) -> bool:
    """Whether the newest snapshot goes to the journal's end."""
    found = newest(topics.items, SETTINGS.partitions)
    return found is not None and found.cursor.offset == len(topics.records)


async def test_a_partition_at_rest_outlives_its_journal() -> None:
    """Each restart appends a claim and nothing else; a snapshot covers it, so that the journal may lose all that it has
    and the next worker takes the partition over all the same."""
    topics = Topics()
    for _ in range(3):
        async with owning(topics) as owner:
            await comes(lambda: owner.owned, "a takeover")
            await comes(lambda: covers_all(topics), "a snapshot of all")
        topics.begin = len(topics.records)
    assert [record.header.kind for record in topics.records].count(Kind.CLAIM) == 3


async def test_a_snapshot_that_failed_is_taken_again() -> None:
    """Nothing new is needed for that: what it would have covered still has no other."""
    topics = Topics()
    topics.refusing = True
    async with owning(topics) as owner:
        await comes(lambda: owner.counts["failed_deliveries"] >= 2, "failures")
        assert owner.coverage.offset == 0
        topics.refusing = False
        await comes(lambda: covers_all(topics), "a snapshot of all")


async def test_no_snapshot_without_need() -> None:
    """The newest one ends where the journal ends and is young: another one would say the same."""
    topics = Topics()
    async with owning(topics, 30 * DAY_MS) as owner:
        await comes(lambda: covers_all(topics), "a snapshot of all")
        taken, readings = owner.counts["snapshots"], topics.readings
        await comes(lambda: topics.readings >= readings + 100, "many looks at what is due")
        assert owner.counts["snapshots"] == taken
        topics.now_ns += 8 * DAY_NS
        await comes(lambda: owner.counts["snapshots"] == taken + 1, "one that is young")


async def test_an_old_snapshot_is_an_alarm(caplog: pytest.LogCaptureFixture) -> None:
    """When half of what the journal keeps has passed since the newest complete one: one error in the log, one alert,
    and the gauge, until there is a new one."""
    topics = Topics()
    async with owning(topics, 30 * DAY_MS) as owner:
        await comes(lambda: covers_all(topics), "a snapshot of all")
        topics.refusing = True
        topics.now_ns += 14 * DAY_NS
        await comes(lambda: owner.counts["failed_deliveries"] >= 2, "failures")
        assert not topics.alerts
        topics.now_ns += 2 * DAY_NS
        await comes(lambda: bool(topics.alerts), "an alert")
        assert owner.coverage.overdue
        failures = owner.counts["failed_deliveries"]
        await comes(lambda: owner.counts["failed_deliveries"] >= failures + 2, "failures")
        topics.refusing = False
        await comes(lambda: not owner.coverage.overdue, "a new one")
    (alert,) = topics.alerts
    assert alert.category == "snapshot_overdue"
    assert "the newest complete snapshot of partition 0 is 1382" in alert.text
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [alert.text]
