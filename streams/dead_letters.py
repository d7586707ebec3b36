"""Where payloads go that can't be decoded: beside their topic, with the reason and the place they came from."""

from __future__ import annotations

from typing import Any, NamedTuple

REASON_MAX_CHARACTERS = 480


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
        """Record headers: reason, topic, partition, offset."""
        place = (("reason", self.reason[:REASON_MAX_CHARACTERS]), ("topic", self.topic),
                 ("partition", str(self.partition)), ("offset", str(self.offset)))
        return [(name, value.encode()) for name, value in place]


async def bury(producer: Any, letters: list[DeadLetter]) -> None:
    """Send dead letters and wait until they are durable."""
    futures = [
        await producer.send(f"{letter.topic}.dlq", letter.payload, key=letter.key, partition=letter.partition,
                            headers=letter.headers)
        for letter in letters
    ]
    for future in futures:
        await future
