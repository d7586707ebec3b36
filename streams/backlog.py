"""Chunks that wait for a partition's owner: bounded by records, handed out together, so that one append serves all."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from streams.journal import Input


class Chunk(NamedTuple):
    """Consecutive raw records of one input; ``done`` acknowledges them."""

    input: Input
    records: list[Any]
    done: Callable[[], None]


class Backlog:
    """A queue of chunks. ``batch_max`` is how many records are handed out at once, give or take a chunk."""

    def __init__(self, batch_max: int) -> None:
        self._batch_max = batch_max
        self._waiting: deque[Chunk] = deque()
        self._records = 0
        self._closed = False
        self._turn = 0
        self._arrived, self._room = asyncio.Event(), asyncio.Event()

    def __len__(self) -> int:
        """Records that wait."""
        return self._records

    async def put(self, chunk: Chunk) -> None:
        """Wait for room, then queue; returns at once when closed, or when all starts anew."""
        turn = self._turn
        while self._records >= self._batch_max and not self._closed and turn == self._turn:
            self._room.clear()
            await self._room.wait()
        if not self._closed and turn == self._turn:
            self._waiting.append(chunk)
            self._records += len(chunk.records)
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
            taken.append(chunk)
        self._records -= count
        self._room.set()
        return taken

    def close(self) -> None:
        """Drop what waits and let go of everyone who waits for room."""
        self._closed = True
        self.restart()

    def restart(self) -> None:
        """Drop what waits, also for room: all of it comes again."""
        self._turn += 1
        self._waiting.clear()
        self._records = 0
        self._room.set()
