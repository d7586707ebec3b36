"""Offsets of an input that hold no record, and what stands for them in a chunk once it is known that they may be
passed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from streams.backlog import Chunk
from streams.journal import Source


class Gap(NamedTuple):
    """Among the records of a chunk: nothing will ever be read from ``offset`` to ``last``; why, and, where it was a
    person's decision, whose."""

    offset: int
    last: int
    reason: str
    author: str = ""


#: Says why offsets may be passed, or ``None``: nobody knows.
Explain = Callable[[Source], Awaitable[Gap | None]]


def missing(records: Sequence[Any], needed: int) -> list[tuple[int, int]]:
    """First and last of each run of offsets, from ``needed`` on, that consecutive records leave out.

    >>> missing([Gap(offset, offset, "") for offset in (3, 4, 7)], 2)
    [(2, 2), (5, 6)]
    """
    first, last = records[0].offset, records[-1].offset
    if first <= needed and last - first == len(records) - 1:
        return []
    found = []
    for record in records:
        if record.offset > needed:
            found.append((needed, record.offset - 1))
        needed = max(needed, record.offset + 1)
    return found


async def bridged(chunk: Chunk, needed: int, explain: Explain) -> Sequence[Any]:
    """The records of a chunk, and among them what stands for offsets that may be passed."""
    runs = missing(chunk.records, needed)
    if not runs:
        return chunk.records
    gaps = [await explain(Source(chunk.input, first, last)) for first, last in runs]
    known = [gap for gap in gaps if gap is not None]
    return sorted([*chunk.records, *known], key=lambda each: each.offset)
