"""Which digests of states can be compared: those that one version of the code made."""

from __future__ import annotations

from risk.digest import state_version
from risk.state import STATE_VERSION
from streams.journal import UnknownRecord


def comparable(digest: bytes, place: str) -> bool:
    """Whether a digest is one that this version could have made: none, and one of an earlier version, say nothing.

    The first record of each hold has one, so whoever takes over from a later version comes to know it.

    :raises UnknownRecord: a later version made it, whose state may hold what would be lost here.
    """
    version = state_version(digest)
    if version > STATE_VERSION:
        raise UnknownRecord(f"{place} has state version {version}, known is {STATE_VERSION}")
    return version == STATE_VERSION
