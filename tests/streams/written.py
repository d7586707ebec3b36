"""A partition's journal written by hand: what its owner appends, and what others do."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from aiokafka import AIOKafkaProducer

from schemas.base import Event
from schemas.codec import encode
from schemas.records import Claim, Skip
from schemas.topics import DECISIONS
from streams.journal import HEADER_KEY, Cursor, Header, Input, Kind, Source, encode_header
from streams.log import Pending
from streams.processor import INPUTS
from streams.settings import StreamSettings
from tests.streams.test_processor import HOME, orders, ready

A, B = b"a" * 16, b"b" * 16
PARTITIONS = 4


class Written:
    """Records in order; ``seq`` and ``epoch`` follow what the owner appends."""

    def __init__(self, partition: int = HOME) -> None:
        self.partition = partition
        self.records: list[Any] = []
        self.epoch = self.seq = 0
        self.owner = b""

    def claim(self, owner: bytes = A, partitions: int = PARTITIONS, **fields: Any) -> None:
        """A claim that wins."""
        body = Claim(**{"partitions": partitions, "code_version": "1", **fields})
        self.put(Header(Kind.CLAIM, self.epoch + 1, owner, self.epoch), encode(body))
        self.epoch, self.owner = self.epoch + 1, owner

    def add(self, pending: Pending) -> None:
        """The owner's next record."""
        self.seq += 1
        self.put(
            Header(pending.kind, self.epoch, self.owner, self.seq, pending.source, pending.digest), pending.payload
        )

    def skip(self, first: int, last: int | None = None, number: Input = Input.ORDERS) -> None:
        """The owner skips inputs."""
        source = Source(number, first, first if last is None else last)
        self.add(Pending(Kind.SKIP, source, None, encode(Skip(reason="poison"))))

    def put(self, header: Header | bytes | None, payload: bytes) -> None:
        """Any record at all."""
        raw = encode_header(header) if isinstance(header, Header) else header
        headers = ((HEADER_KEY, raw),) if raw is not None else ()
        self.records.append(
            SimpleNamespace(
                topic="j",
                partition=self.partition,
                offset=len(self.records),
                timestamp=5,
                headers=headers,
                value=payload,
            )
        )

    def body(self, kind: Kind, body: Event, source: Source | None = None) -> None:
        """The owner's next record with this body."""
        self.add(Pending(kind, source, None, encode(body)))

    @property
    def cursor(self) -> Cursor:
        """After the last record."""
        return Cursor(len(self.records), self.epoch, self.owner, self.seq)


def decided(count: int = 4) -> Written:
    """An account, its instruments, so many orders decided, a digest in every other record; a zombie's void record and
    a takeover in the middle."""
    written, (processor, defined) = Written(), ready()
    taken = processor.take(Input.ORDERS, orders(count)).records
    middle = next(at for at, pending in enumerate(taken) if pending.source == (Input.ORDERS, count // 2, count // 2))
    written.claim(A)
    for pending in defined + taken[:middle]:
        written.add(pending)
    written.claim(B)
    zombie = taken[middle]
    written.put(Header(zombie.kind, 1, A, written.seq + 1, zombie.source), zombie.payload)
    for pending in taken[middle:]:
        written.add(pending)
    return written


async def publish(settings: StreamSettings, written: Written, inputs: int = 0) -> None:
    """Put it on the broker, beside so many order inputs."""
    async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers) as producer:
        for record in written.records:
            await producer.send_and_wait(
                settings.topic(DECISIONS), record.value, partition=written.partition, headers=list(record.headers)
            )
        for record in orders(inputs):
            await producer.send_and_wait(
                settings.topic(INPUTS[Input.ORDERS]), record.value, key=record.key, partition=written.partition
            )
