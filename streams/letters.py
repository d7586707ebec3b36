"""Dead letters as an operator sees them: listed, opened, and sent to their topic again once the cause is mended.

That a letter was sent again is a record of its own in the same partition of the dead letters, one before and one after
(no transaction: its end would be a hole in the inputs). A crash between the two leaves it open whether it was sent.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import Any, NamedTuple

from schemas.codec import BadPayload, decode
from schemas.topics import TOPICS, Topic
from streams.cluster import describe
from streams.connections import stopped
from streams.ranges import Ranges
from streams.settings import StreamSettings

#: Header of a record that was sent again: the id of its dead letter.
LETTER_KEY = "dead_letter"
#: Headers of a mark: what is said, and of which letter in the partition.
MARK_KEY, MARKED_KEY = "replay", "letter"
BEGAN, DONE = "began", "done"
LETTERED = tuple(topic for topic in TOPICS if topic.dead_letters)


class Letter(NamedTuple):
    """A dead letter; (topic, partition, offset) is its place among the dead letters, ``source`` where it came from.

    ``replay`` is empty, ``began`` (it may have been sent again), or ``done``.
    """

    topic: Topic
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    payload: bytes | None
    reason: str
    source: tuple[str, int, int] | None
    cut_from_bytes: int | None = None
    key_cut_from_bytes: int | None = None
    replay: str = ""

    @property
    def id(self) -> str:
        """What an operator calls it, such as ``orders:2:17``."""
        return f"{self.topic.name}:{self.partition}:{self.offset}"

    def refusal(self, settings: StreamSettings, again: bool = False) -> str | None:
        """Why it can't be sent again, if so."""
        if self.replay and not again:
            return "was sent again before" if self.replay == DONE else "may have been sent again before"
        if self.source is None or self.source[0] != settings.topic(self.topic):
            return f"does not say that it is from {settings.topic(self.topic)}"
        if self.cut_from_bytes is not None:
            return f"is not whole: it had {self.cut_from_bytes} bytes"
        if self.key_cut_from_bytes is not None:
            return f"has not its whole key: that had {self.key_cut_from_bytes} bytes"
        try:
            decode(self.topic, self.payload)
        except BadPayload as error:
            return f"would come back: {error}"
        return None


async def read_letters(settings: StreamSettings, topics: Iterable[Topic] = LETTERED) -> list[Letter]:
    """The dead letters of some topics, in the order of each partition.

    :raises aiokafka.errors.KafkaError: no broker answers.
    """
    described = await describe(settings, with_configs=False)
    letters: list[Letter] = []
    for topic in topics:
        name = settings.dead_letters(topic)
        if name in described:
            letters += await _read(settings, topic, range(described[name].partitions))
    return letters


async def replay(settings: StreamSettings, letters: Sequence[Letter]) -> AsyncGenerator[tuple[Letter, int], None]:
    """Send letters to the partitions they came from, one after the other; each with its new offset once it is durable.

    The broker stamps them anew, so an order is judged as one that comes now.

    :raises aiokafka.errors.KafkaError: no broker answers, or it is not known whether one was sent.
    """
    from aiokafka import AIOKafkaProducer

    producer: Any = AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers, enable_idempotence=True, acks="all")
    try:
        await producer.start()
        for letter in letters:
            assert letter.source is not None, letter
            await _mark(producer, settings, letter, BEGAN)
            sent = await producer.send_and_wait(
                letter.source[0],
                letter.payload,
                key=letter.key,
                partition=letter.source[1],
                headers=[(LETTER_KEY, letter.id.encode())],
            )
            await _mark(producer, settings, letter, DONE)
            yield letter, sent.offset
    finally:
        await stopped(producer)


async def _read(settings: StreamSettings, topic: Topic, partitions: Sequence[int]) -> list[Letter]:
    found: dict[tuple[int, int], Letter] = {}
    async with Ranges(settings, settings.dead_letters(topic), partitions) as ranges:
        spans = await ranges.now()
        starts = {number: span.begin for number, span in spans.items()}
        async for records in ranges.read(starts, {number: span.end for number, span in spans.items()}):
            for record in records:
                _take(found, topic, record)
    return [found[place] for place in sorted(found)]


def _take(found: dict[tuple[int, int], Letter], topic: Topic, record: Any) -> None:
    headers = {name: value.decode(errors="replace") for name, value in record.headers}
    if MARK_KEY in headers:
        place = (record.partition, int(headers[MARKED_KEY]))
        if place in found:  # else it is gone by age
            found[place] = found[place]._replace(replay=headers[MARK_KEY])
        return
    found[record.partition, record.offset] = Letter(
        topic,
        record.partition,
        record.offset,
        record.timestamp,
        record.key,
        record.value,
        headers.get("reason", "no reason given"),
        _source(headers),
        _length(headers, "cut_from_bytes"),
        _length(headers, "key_cut_from_bytes"),
    )


def _length(headers: dict[str, str], name: str) -> int | None:
    return int(headers[name]) if name in headers else None


def _source(headers: dict[str, str]) -> tuple[str, int, int] | None:
    try:
        return headers["topic"], int(headers["partition"]), int(headers["offset"])
    except (KeyError, ValueError):
        return None


async def _mark(producer: Any, settings: StreamSettings, letter: Letter, what: str) -> None:
    headers = [(MARK_KEY, what.encode()), (MARKED_KEY, str(letter.offset).encode())]
    await producer.send_and_wait(settings.dead_letters(letter.topic), b"", partition=letter.partition, headers=headers)
