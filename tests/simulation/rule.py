"""The journal rule from its text alone, for the checker: a layout and a reader that no worker uses."""

from __future__ import annotations

import struct
from typing import NamedTuple

#: version, kind, epoch, owner, seq (of a claim: the epoch before), input, first, last, digest
LAYOUT = struct.Struct(">BBQ16sQBQQ8s")
CLAIM, DECISION, FACTS, EVENT, SKIP = range(1, 6)
NO_DIGEST = bytes(8)


class Head(NamedTuple):
    """The header ``j`` of a journal record."""

    version: int
    kind: int
    epoch: int
    owner: bytes
    seq: int
    input: int
    first: int
    last: int
    digest: bytes


class Place(NamedTuple):
    """A reader's position."""

    offset: int = 0
    epoch: int = 0
    owner: bytes = b""
    seq: int = 0


def head_of(payload: bytes) -> Head:
    """The header in its bytes."""
    head = Head(*LAYOUT.unpack(payload))
    assert head.version == 1, head
    return head


def judge(place: Place, head: Head) -> tuple[bool, Place]:
    """Whether the record at a place counts, and the place after it."""
    after = place._replace(offset=place.offset + 1)
    if head.kind == CLAIM:
        won = head.seq == place.epoch and head.epoch == head.seq + 1
        return won, after._replace(epoch=head.epoch, owner=head.owner) if won else after
    counts = head.epoch == place.epoch and head.owner == place.owner and head.seq == place.seq + 1
    return counts, after._replace(seq=head.seq) if counts else after
