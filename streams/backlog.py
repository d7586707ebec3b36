"""Chunks that wait for a partition's owner, handed out together, so that one append serves all.

Nobody waits to hand over a chunk, for whoever does would keep those of all other partitions waiting: the consumer
fetches nothing for a partition whose backlog is full.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from streams.journal import Input

#: Batches that wait at most, beside what is being fetched: one to be taken, and one while the next is fetched.
BATCHES_MAX = 2


class Chunk(NamedTuple):
    """Consecutive raw records of one input, and how long they are together; ``done`` acknowledges them."""

    input: Input
    records: list[Any]
    done: Callable[[], None]
    size_bytes: int = 0


class Backlog:
    """A queue of chunks. ``batch_max`` is how many records are handed out at once, give or take a chunk, and
    ``batch_max_bytes`` how long they are."""

    def __init__(self, batch_max: int, batch_max_bytes: int = 900_000) -> None:
        self._batch_max, self._batch_max_bytes = batch_max, batch_max_bytes
        self._waiting: deque[Chunk] = deque()
        self._records = self._bytes = 0
        self._closed = False
        self._arrived = asyncio.Event()

    def __len__(self) -> int:
        """Records that wait."""
        return self._records

    @property
    def full(self) -> bool:
        """Whether nothing more should be fetched for it."""
        return self._records >= BATCHES_MAX * self._batch_max or self._bytes >= BATCHES_MAX * self._batch_max_bytes

    def put(self, chunk: Chunk) -> None:
        """Queue; what comes after closing is dropped."""
        if not self._closed:
            self._waiting.append(chunk)
            self._records += len(chunk.records)
            self._bytes += chunk.size_bytes
            self._arrived.set()

    async def take(self, patience_s: float) -> list[Chunk]:
        """Everything that waits, up to a batch; nothing, if nothing came in time."""
        if not self._waiting and patience_s > 0:
            self._arrived.clear()
            try:
                async with asyncio.timeout(patience_s):
                    await self._arrived.wait()
            except TimeoutError:
                return []
        taken: list[Chunk] = []
        count = 0
        while self._waiting and count < self._batch_max:
            chunk = self._waiting.popleft()
            count += len(chunk.records)
            self._bytes -= chunk.size_bytes
            taken.append(chunk)
        self._records -= count
        return taken

    def close(self) -> None:
        """Drop what waits, and all that comes."""
        self._closed = True
        self.restart()

    def restart(self) -> None:
        """Drop what waits: all of it comes again."""
        self._waiting.clear()
        self._records = self._bytes = 0
