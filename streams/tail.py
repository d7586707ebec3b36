"""One partition's journal, read on demand by the rule: to take over, and to see what others appended in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.codec import decode_body
from schemas.records import Body, Claim
from schemas.topics import DECISIONS
from streams.journal import SCHEMA_VERSION, Header, Kind, Reader, UnknownRecord
from streams.reader import IDLE_MS, header_of
from streams.settings import StreamSettings

Fold = Callable[[Header, Body], None]


class JournalStartsLate(Exception):
    """The journal no longer has what is needed next and there is no snapshot: fatal."""


class PartitionsChanged(Exception):
    """The journal was written for another partition count, so accounts lived elsewhere: fatal."""


class JournalTail:
    """A reader of one partition that fetches only while :meth:`read` runs; own records come by :attr:`reader`.

    Offsets of the journal are dense (no transactions, no compaction), which is what makes a gap visible.
    """

    def __init__(self, settings: StreamSettings, partition: int) -> None:
        self._partitions = settings.partitions
        self.place = TopicPartition(settings.topic(DECISIONS), partition)
        self.reader = Reader()
        self._consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=settings.bootstrap_servers, group_id=None, enable_auto_commit=False,
            auto_offset_reset="none", fetch_max_wait_ms=settings.fetch_wait_ms,
        )

    async def start(self) -> None:
        """Connect; stand at genesis.

        :raises JournalStartsLate: the beginning is gone.
        """
        await self._consumer.start()
        self._consumer.assign([self.place])
        self._consumer.seek(self.place, self.reader.offset)
        self._consumer.pause(self.place)
        begin = (await self._consumer.beginning_offsets([self.place]))[self.place]
        if begin > self.reader.offset:
            raise JournalStartsLate(f"{self.place} starts at {begin}, needed {self.reader.offset}")

    async def end(self) -> int:
        """The offset that the next append would get."""
        offsets = await self._consumer.end_offsets([self.place])
        return int(offsets[self.place])

    async def read(self, until: int, fold: Fold | None = None) -> None:
        """Put every record before an offset through the reader, and fold the effective ones.

        :raises UnknownRecord: a record of another version. :raises PartitionsChanged: see there.
        :raises JournalStartsLate: records were deleted before they were read.
        """
        if self.reader.offset >= until:
            return
        self._consumer.seek(self.place, self.reader.offset)
        self._consumer.resume(self.place)
        try:
            while self.reader.offset < until:
                polled = await self._consumer.getmany(self.place, timeout_ms=IDLE_MS)
                for record in polled.get(self.place, ()):
                    if record.offset < until:
                        self._take(record, fold)
        finally:
            self._consumer.pause(self.place)

    async def stop(self) -> None:
        """Disconnect."""
        await self._consumer.stop()

    def _take(self, record: Any, fold: Fold | None) -> None:
        if record.offset != self.reader.offset:
            raise JournalStartsLate(f"{self.place} goes on at {record.offset}, needed {self.reader.offset}")
        header = header_of(record)
        if not self.reader.effective(record.offset, header):
            return
        body = decode_body(record.value)
        if header.kind is Kind.CLAIM:
            self._check(body)
        elif fold is not None:
            fold(header, body)

    def _check(self, claim: Claim) -> None:
        if claim.schema_version > SCHEMA_VERSION:
            raise UnknownRecord(f"{self.place} has schema version {claim.schema_version}, known is {SCHEMA_VERSION}")
        if claim.partitions != self._partitions:
            raise PartitionsChanged(f"{self.place} was written for {claim.partitions} partitions, "
                                    f"the settings say {self._partitions}")
