"""The journal rule: what a record's header says, and which records of a partition count.

State is a fold of the *effective* records of the decisions topic and of nothing else. A worker that was replaced and
does not know it yet may still append; its records are void by this rule, whatever they say, and every reader comes to
the same answer from the records before. No Kafka client is known here.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import NamedTuple

HEADER_KEY = "j"
HEADER_VERSION = 1
#: Of the bodies, as claims name it: it grows when old code could no longer fold what new code writes.
SCHEMA_VERSION = 1
OWNER_BYTES = 16
_LAYOUT = struct.Struct(">BBQ16sQBQQ8s")
#: What the header of a record says that carries no digest of the state.
NO_DIGEST = bytes(8)


class Kind(IntEnum):
    """What a record does."""

    CLAIM = 1
    DECISION = 2
    FACTS = 3
    EVENT = 4
    SKIP = 5


class Input(IntEnum):
    """The topics whose records a journal record consumes."""

    NONE = 0
    ORDERS = 1
    FILLS = 2
    COMMANDS = 3


#: By number: four times as quick as the call of an enumeration.
_KINDS = {kind.value: kind for kind in Kind}
_INPUTS = {number.value: number for number in Input}


class Source(NamedTuple):
    """The inputs that a record consumes, first to last offset."""

    input: Input
    first: int
    last: int


class Header(NamedTuple):
    """``seq`` counts effective records of the partition, over all epochs; of a claim it is the previous epoch.

    ``digest`` is, in every so many records, that of the state after the record: whoever folds it checks it.
    """

    kind: Kind
    epoch: int
    owner: bytes
    seq: int
    source: Source | None = None
    digest: bytes = NO_DIGEST


class Cursor(NamedTuple):
    """A position in a partition's journal: next offset, epoch, owner, last effective seq. Never the offset alone."""

    offset: int = 0
    epoch: int = 0
    owner: bytes = b""
    seq: int = 0


class UnknownRecord(Exception):
    """A record of a version or kind that this code does not know: a reader stops, it never guesses."""


def check_schema(version: int, place: str) -> None:
    """Whether the bodies that follow an effective claim are known, by the version that the claim names.

    :raises UnknownRecord: they are not.
    """
    if version > SCHEMA_VERSION:
        raise UnknownRecord(f"{place} has schema version {version}, known is {SCHEMA_VERSION}")


def encode_header(header: Header) -> bytes:
    """The fixed binary form of a header."""
    source = header.source or Source(Input.NONE, 0, 0)
    return _LAYOUT.pack(HEADER_VERSION, header.kind, header.epoch, header.owner, header.seq, *source, header.digest)


def decode_header(payload: bytes) -> Header:
    """The header that :func:`encode_header` wrote.

    :raises UnknownRecord: another version, kind or length.
    """
    if len(payload) != _LAYOUT.size or payload[0] != HEADER_VERSION:
        version = payload[0] if payload else None
        raise UnknownRecord(f"header of version {version} and {len(payload)} bytes, expected version {HEADER_VERSION}")
    _, kind, epoch, owner, seq, topic, first, last, digest = _LAYOUT.unpack(payload)
    try:
        source = Source(_INPUTS[topic], first, last) if topic else None
        return Header(_KINDS[kind], epoch, owner, seq, source, digest)
    except KeyError:
        raise UnknownRecord(f"header of kind {kind} with input {topic}, one of which is not known") from None


class Reader:
    """Tells effective records from void ones; depends on the records before and on nothing else."""

    __slots__ = ("epoch", "offset", "owner", "seq")

    def __init__(self, cursor: Cursor = Cursor()) -> None:  # noqa: B008
        self.offset, self.epoch, self.owner, self.seq = cursor

    @property
    def cursor(self) -> Cursor:
        """Where this reader is: everything that a later one needs to go on."""
        return Cursor(self.offset, self.epoch, self.owner, self.seq)

    def effective(self, offset: int, header: Header) -> bool:
        """Whether the record counts. Call it once for each record, in the order of offsets."""
        self.offset = offset + 1
        if header.kind is Kind.CLAIM:
            won = header.seq == self.epoch and header.epoch == header.seq + 1
            if won:
                self.epoch, self.owner = header.epoch, header.owner
            return won
        counts = (header.epoch, header.owner, header.seq) == (self.epoch, self.owner, self.seq + 1)
        self.seq += counts
        return counts
