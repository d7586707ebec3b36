"""The last messages for the page, numbered: what a client missed for a moment, it still gets."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple


class Message(NamedTuple):
    """``key`` tells which messages of a kind replace each other (empty: none does); ``data`` is JSON."""

    number: int
    kind: str
    key: str
    data: bytes


class Window:
    """A bounded ring of messages. ``boot`` names this run: numbers of another run mean nothing here."""

    def __init__(self, size: int, boot: str) -> None:
        self._messages: deque[Message] = deque(maxlen=size)
        self.boot = boot
        self.last = 0
        self.closed = False

    def put(self, kind: str, data: bytes, key: str = "") -> None:
        """Append a message; the oldest goes when the ring is full."""
        self.last += 1
        self._messages.append(Message(self.last, kind, key, data))

    def after(self, number: int) -> list[Message] | None:
        """The messages after a number, in order; ``None`` when some of them are gone or it is yet to come."""
        if number > self.last or number < self.last - len(self._messages):
            return None
        count = self.last - number
        return [self._messages[index] for index in range(-count, 0)]

    def close(self) -> None:
        """Tell every client that there will be no more."""
        self.closed = True

    def cursor(self, number: int | None = None) -> str:
        """The event id of a number (default: the last)."""
        return f"{self.boot}-{self.last if number is None else number}"

    def number_of(self, cursor: str) -> int | None:
        """The number that an event id of this run stands for; ``None`` for any other text."""
        boot, _, number = cursor.rpartition("-")
        return int(number) if boot == self.boot and number.isascii() and number.isdigit() and len(number) < 19 else None
