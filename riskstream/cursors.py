"""Where a reader of decisions can keep its cursors: a file, or the broker's offsets of a group."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from streams.journal import OWNER_BYTES, Cursor

FILE_VERSION = 1


class BadCursors(ValueError):
    """A file of cursors that can't be used: the message names the file and what was expected."""


class Cursors(Protocol):
    """Where cursors are kept, by partition."""

    async def load(self) -> Mapping[int, Cursor]:
        """What was saved last; partitions without a cursor are left out."""

    async def save(self, cursors: Mapping[int, Cursor]) -> None:
        """Keep these, durably, in place of those before."""


class GroupCursors(NamedTuple):
    """Cursors as committed offsets of a group: the offset for tools that measure lag, the rest as metadata.

    The group has no members: partitions are not shared out among consumers of one name.
    """

    group: str


class _Stored(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    cursors: dict[int, tuple[int, int, str, int]]


class FileCursors:
    """Cursors in a JSON file, which is replaced as a whole and is on the disk when :meth:`save` ends. One program a
    file."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    async def load(self) -> dict[int, Cursor]:
        """What the file holds; nothing if there is none.

        :raises BadCursors: it is no file of cursors.
        """
        try:
            stored = msgspec.json.decode(self._path.read_bytes(), type=_Stored)
        except FileNotFoundError:
            return {}
        except msgspec.DecodeError as error:
            raise BadCursors(f"{self._path} is no file of cursors: {error}") from None
        if stored.version != FILE_VERSION:
            raise BadCursors(f"{self._path} has version {stored.version}, expected {FILE_VERSION}")
        return {number: self._cursor(*parts) for number, parts in stored.cursors.items()}

    async def save(self, cursors: Mapping[int, Cursor]) -> None:
        """Replace the file.

        :raises OSError: it can't be written; then the one before is still there.
        """
        await asyncio.to_thread(self._write, cursors)

    def _write(self, cursors: Mapping[int, Cursor]) -> None:
        stored = _Stored(
            FILE_VERSION,
            {
                number: (cursor.offset, cursor.epoch, cursor.owner.hex(), cursor.seq)
                for number, cursor in cursors.items()
            },
        )
        new = self._path.with_name(f"{self._path.name}.new")
        with new.open("wb") as file:
            file.write(msgspec.json.encode(stored))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
        _sync_folder(self._path.parent)

    def _cursor(self, offset: int, epoch: int, owner: str, seq: int) -> Cursor:
        try:
            cursor = Cursor(offset, epoch, bytes.fromhex(owner), seq)
        except ValueError:
            raise BadCursors(f"{self._path}: owner is {owner!r}, expected hexadecimal digits") from None
        if len(cursor.owner) not in {0, OWNER_BYTES} or min(offset, epoch, seq) < 0:
            raise BadCursors(
                f"{self._path}: a cursor is {tuple(cursor)}, expected offset, epoch and seq of at least 0 "
                f"and an owner of {OWNER_BYTES} bytes"
            )
        return cursor


def _sync_folder(folder: Path) -> None:
    """The new name is durable when its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
