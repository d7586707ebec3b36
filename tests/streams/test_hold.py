"""An owner at rest: nothing comes, nothing is due, and it still learns that it was replaced."""

from __future__ import annotations

import os

from schemas.codec import encode
from schemas.records import Claim
from streams.journal import Header, Kind
from streams.log import Record
from streams.settings import StreamSettings
from tests.streams.memory import Topics
from tests.streams.test_snapshotting import comes, owning

HOUR_MS = 3_600_000


async def test_an_owner_that_has_nothing_to_do_notices_a_claim() -> None:
    """However seldom it sweeps: a partition that another worker took over is not held on to."""
    topics, seldom = Topics(), StreamSettings(partitions=2, sweep_ms=HOUR_MS, metrics_ms=HOUR_MS)
    async with owning(topics, settings=seldom) as owner:
        await comes(lambda: owner.owned, "a takeover")
        epoch = topics.records[0].header.epoch
        claim = Claim(partitions=2, code_version="test", schema_version=1)
        topics.records.append(Record(Header(Kind.CLAIM, epoch + 1, os.urandom(16), epoch), None, encode(claim)))
        await comes(lambda: owner.counts["takeovers"] == 2, "another takeover")
