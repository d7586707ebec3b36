"""Where payloads go that can't be decoded: beside their topic, with the reason and the place they came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

REASON_MAX_CHARACTERS = 480
#: With its headers, a payload must fit into a record again; a longer one is cut, and says so.
PAYLOAD_MAX_BYTES = 900_000


class DeadLetter(NamedTuple):
    """A payload as it came, and why it could not be used."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    payload: bytes | None
    reason: str

    @property
    def headers(self) -> list[tuple[str, bytes]]:
        """Record headers: reason, topic, partition, offset; and the full length if the payload had to be cut."""
        place = [
            ("reason", self.reason[:REASON_MAX_CHARACTERS]),
            ("topic", self.topic),
            ("partition", str(self.partition)),
            ("offset", str(self.offset)),
        ]
        if len(self.payload or b"") > PAYLOAD_MAX_BYTES:
            place.append(("cut_from_bytes", str(len(self.payload or b""))))
        return [(name, value.encode()) for name, value in place]

    @property
    def value(self) -> bytes | None:
        """What is sent: the payload, cut where it is too long."""
        return self.payload if self.payload is None else self.payload[:PAYLOAD_MAX_BYTES]


async def bury(producer: Any, letters: Sequence[DeadLetter]) -> None:
    """Send dead letters and wait until they are durable."""
    futures = [
        await producer.send(
            f"{letter.topic}.dlq", letter.value, key=letter.key, partition=letter.partition, headers=letter.headers
        )
        for letter in letters
    ]
    for future in futures:
        await future
