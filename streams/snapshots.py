"""Snapshots of a partition: a state and the place in the journal that it is the fold of.

A set of records: chunks, then a manifest. Its key names partition, epoch, owner, one of two slots and the chunk, so
that a zombie or a crash half-way overwrites nothing that others need. A set counts if every chunk carries the id of the
manifest and the state has the digest that it names. Any such set is a correct starting point, however old.
"""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec

from risk.digest import state_digest
from risk.state import PartitionState, decode_state
from streams.captured import Captured, encoded
from streams.faults import passing
from streams.journal import SCHEMA_VERSION, Cursor, Input, UnknownRecord
from streams.log import LogUnavailable
from streams.state_versions import comparable

LOG = logging.getLogger(__name__)
CHUNK_BYTES = 500_000
SLOTS = 2
MANIFEST = "manifest"
#: The fastest: it is on the way of nothing but the broker's disk.
COMPRESSION_LEVEL = 1
Item = tuple[bytes, bytes | None]


class SnapshotStore(Protocol):
    """Where one partition's snapshots are: a compacted topic, or a fake one in a simulation."""

    async def read(self) -> Mapping[bytes, bytes]:
        """The last value of each key. :raises streams.log.LogUnavailable: it can't be reached, as may ``write``."""

    async def write(self, items: Sequence[Item]) -> None:
        """Write values in this order, ``None`` to delete a key; done when they are durable."""


class Snapshot(NamedTuple):
    """A state that was read back, where its journal goes on, the digest that its writer gave it, and when it was taken
    (0: nobody knows)."""

    cursor: Cursor
    vector: dict[Input, int]
    state: PartitionState
    digest: bytes
    taken_ns: int = 0


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a set of chunks is; ``vector`` by number of the input."""

    id: str
    offset: int
    epoch: int
    owner: bytes
    seq: int
    vector: dict[int, int]
    digest: bytes
    chunks: int
    partitions: int
    schema_version: int = SCHEMA_VERSION
    taken_ns: int = 0

    @property
    def cursor(self) -> Cursor:
        """Where the journal goes on."""
        return Cursor(self.offset, self.epoch, self.owner, self.seq)


class _Chunk(msgspec.Struct, frozen=True):
    id: str
    payload: bytes


def newest(items: Mapping[bytes, bytes], partitions: int) -> Snapshot | None:
    """The complete snapshot that is furthest along its journal; ``None`` if there is none.

    :raises UnknownRecord: one was written by a later version, of records or of states.
    """
    manifests = [
        (key, msgspec.msgpack.decode(value, type=Manifest))
        for key, value in items.items()
        if key.endswith(MANIFEST.encode())
    ]
    for key, manifest in sorted(manifests, key=lambda found: found[1].offset, reverse=True):
        if manifest.schema_version > SCHEMA_VERSION:
            raise UnknownRecord(f"snapshot of schema version {manifest.schema_version}, known is {SCHEMA_VERSION}")
        state = _state(items, key.removesuffix(MANIFEST.encode()), manifest)
        if state is not None and manifest.partitions == partitions:
            vector = {Input(number): offset for number, offset in manifest.vector.items()}
            return Snapshot(manifest.cursor, vector, state, manifest.digest, manifest.taken_ns)
    return None


class SnapshotWriter:
    """Writes the snapshots of one hold. ``found`` are the keys that were there before: two complete sets later nobody
    needs them."""

    def __init__(self, store: SnapshotStore, partition: int, partitions: int, found: Collection[bytes]) -> None:
        self._store, self._partition, self._partitions = store, partition, partitions
        self._found = set(found)
        self._written = 0

    async def write(self, captured: Captured, cursor: Cursor) -> None:
        """Write one set, whose records are all effective up to the cursor, and clear away what it replaces."""
        packed = await asyncio.to_thread(_packed, await encoded(captured))
        parts = [packed[start : start + CHUNK_BYTES] for start in range(0, len(packed), CHUNK_BYTES)]
        manifest = Manifest(
            id=f"{cursor.owner.hex()}:{cursor.seq}",
            offset=cursor.offset,
            epoch=cursor.epoch,
            owner=cursor.owner,
            seq=cursor.seq,
            vector={int(number): offset for number, offset in captured.vector.items()},
            digest=captured.digest,
            chunks=len(parts),
            partitions=self._partitions,
            taken_ns=captured.taken_ns,
        )
        place = f"{self._partition}:{cursor.epoch}:{cursor.owner.hex()}:{self._written % SLOTS}:"
        await self._store.write(
            [
                (_key(place, number), msgspec.msgpack.encode(_Chunk(manifest.id, part)))
                for number, part in enumerate(parts)
            ]
        )
        passing("mid_snapshot")
        await self._store.write([(_key(place, MANIFEST), msgspec.msgpack.encode(manifest))])
        passing("after_manifest")
        self._written += 1
        await self._clear_away()

    async def _clear_away(self) -> None:
        """What fails is tried again behind the next set, which is complete all the same."""
        if self._written < SLOTS or not self._found:
            return
        try:
            await self._store.write([(key, None) for key in sorted(self._found)])
        except LogUnavailable as error:
            LOG.warning("snapshots of earlier holds stay for now: %s", error)
        else:
            self._found.clear()


def _packed(state: Sequence[bytes]) -> bytes:
    """What ``zlib.decompress`` reads; others have turns while a part is compressed."""
    packer = zlib.compressobj(COMPRESSION_LEVEL)
    return b"".join([*(packer.compress(part) for part in state), packer.flush()])


def _key(place: str, part: int | str) -> bytes:
    return f"{place}{part}".encode()


def _state(items: Mapping[bytes, bytes], place: bytes, manifest: Manifest) -> PartitionState | None:
    """The state of a set; ``None`` if the set is torn, as the digest shows, if it is one of this version's."""
    chunks = [items.get(_key(place.decode(), number)) for number in range(manifest.chunks)]
    decoded = [msgspec.msgpack.decode(chunk, type=_Chunk) for chunk in chunks if chunk is not None]
    if len(decoded) < manifest.chunks or any(chunk.id != manifest.id for chunk in decoded):
        LOG.warning("snapshot %s is incomplete", manifest.id)
        return None
    state = decode_state(zlib.decompress(b"".join(chunk.payload for chunk in decoded)))
    if comparable(manifest.digest, "a snapshot") and state_digest(state) != manifest.digest:
        LOG.error("snapshot %s has not the digest that it names: it is not used", manifest.id)
        return None
    return state
