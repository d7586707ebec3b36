"""Where payloads go that can't be decoded: beside their topic, with the reason and the place they came from."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, NamedTuple

from streams.patience import TOO_LARGE

LOG = logging.getLogger(__name__)
REASON_MAX_CHARACTERS = 480
#: Together with its headers, key and payload must fit into a record again; what is longer is cut, and says so.
PAYLOAD_MAX_BYTES, KEY_MAX_BYTES = 900_000, 60_000


class DeadLetter(NamedTuple):
    """A key and payload as they came, and why they could not be used; ``room`` is how much of the payload is sent."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    payload: bytes | None
    reason: str
    room: int = PAYLOAD_MAX_BYTES

    @property
    def headers(self) -> list[tuple[str, bytes]]:
        """Record headers: reason, topic, partition, offset; and the full lengths of what had to be cut."""
        place = [
            ("reason", self.reason[:REASON_MAX_CHARACTERS]),
            ("topic", self.topic),
            ("partition", str(self.partition)),
            ("offset", str(self.offset)),
        ]
        whole = (("cut_from_bytes", self.payload, self.value), ("key_cut_from_bytes", self.key, self.short_key))
        place += [(name, str(len(came))) for name, came, sent in whole if came is not None and came != sent]
        return [(name, value.encode()) for name, value in place]

    @property
    def value(self) -> bytes | None:
        """What is sent: the payload, cut where it is too long."""
        return self.payload if self.payload is None else self.payload[: self.room]

    @property
    def short_key(self) -> bytes | None:
        """The key, cut where it is too long."""
        return self.key if self.key is None else self.key[: min(KEY_MAX_BYTES, self.room)]

    @property
    def stub(self) -> DeadLetter:
        """Reason and place alone, for dead letters that take no more."""
        return self._replace(room=0)


async def bury(producer: Any, letters: Sequence[DeadLetter]) -> None:
    """Send dead letters and wait until they are durable; of one that the broker finds too long, reason and place.

    :raises aiokafka.errors.KafkaError: they are not.
    """
    sent = await asyncio.gather(*(_send(producer, letter) for letter in letters), return_exceptions=True)
    for letter, outcome in zip(letters, sent, strict=True):
        if isinstance(outcome, TOO_LARGE) and letter.room:
            LOG.warning("%s-%s@%s is buried without its payload: %r", *letter[:3], outcome)
            await _send(producer, letter.stub)
        elif isinstance(outcome, BaseException):
            raise outcome


async def _send(producer: Any, letter: DeadLetter) -> None:
    await producer.send_and_wait(
        f"{letter.topic}.dlq", letter.value, key=letter.short_key, partition=letter.partition, headers=letter.headers
    )
