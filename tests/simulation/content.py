"""What a record or a snapshot says, compared with what it was made of."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from risk.digest import state_digest
from risk.state import decode_state
from schemas.decisions import Decision
from schemas.records import Facts, Skip
from tests.simulation.rule import Place

#: What an engine says that was made to fail on an input, and on what the market changed: no reason to skip an input.
PLANTED = "planted"
NO_EVENTS = "no events"


def mismatch(body: Any, given: Sequence[Any], buried: bool) -> Iterator[str]:
    """Why a body is not the answer to the inputs that its record names, ``None`` standing for poison."""
    poison = None in given
    if isinstance(body, Skip):
        if not buried:
            yield "is skipped without a dead letter"
        if not poison and PLANTED not in body.reason:
            yield f"skips {given}: {body.reason}"
    elif poison:
        yield "takes poison"
    elif isinstance(body, Decision):
        if [body.order] != list(given):
            yield f"decides {body.order}, asked was {given}"
    elif not isinstance(body, Facts) or list(body.facts) != list(given):
        yield f"says {body}, sent were {given}"


def is_torn(items: Mapping[bytes, bytes], key: bytes) -> bool:
    """Whether chunks of the set whose manifest has this key are missing, or another set's."""
    return _chunks(items, key) is None


def read_set(items: Mapping[bytes, bytes], key: bytes) -> tuple[Place, tuple[int, ...], bytes] | None:
    """Place, input vector and digest of a snapshot, the digest that of its state; ``None`` if it is torn."""
    manifest, chunks = msgspec.msgpack.decode(items[key]), _chunks(items, key)
    if chunks is None:
        return None
    digest = state_digest(decode_state(zlib.decompress(b"".join(chunks))))
    place = Place(manifest["offset"], manifest["epoch"], manifest["owner"], manifest["seq"])
    vector = tuple(manifest["vector"][number] for number in sorted(manifest["vector"]))
    return place, vector, digest if digest == manifest["digest"] else b""


def _chunks(items: Mapping[bytes, bytes], key: bytes) -> list[bytes] | None:
    found, manifest = [], msgspec.msgpack.decode(items[key])
    for number in range(manifest["chunks"]):
        chunk = items.get(key.removesuffix(b"manifest") + str(number).encode())
        decoded = msgspec.msgpack.decode(chunk) if chunk is not None else {}
        if decoded.get("id") != manifest["id"]:
            return None
        found.append(decoded["payload"])
    return found
