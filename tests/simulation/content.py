"""What a record or a snapshot says, compared with what it was made of."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from schemas.decisions import Decision
from schemas.records import Facts, Skip
from tests.simulation.inputs import MARK
from tests.simulation.ledger import Books
from tests.simulation.rule import Place

#: What an engine says that was made to fail on an input, and on what the market changed: no reason to skip an input.
PLANTED = "planted"
NO_EVENTS = "no events"
MANIFEST = b"manifest"


class Set(NamedTuple):
    """A complete snapshot: its place in the journal, the inputs before it, its digest, and what is in its books."""

    place: Place
    vector: tuple[int, ...]
    digest: bytes
    books: Books


def mismatch(body: Any, given: Sequence[Any], buried: bool) -> Iterator[str]:
    """Why a body is not the answer to the inputs that its record names, ``None`` standing for poison."""
    poison = None in given
    if MARK in given:
        if not isinstance(body, Skip) or set(given) != {MARK} or buried:
            yield f"says {body} to {given}"
    elif isinstance(body, Skip):
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


def key_of(items: Mapping[bytes, bytes], place: Sequence[Any]) -> bytes:
    """The key of the manifest that names this place."""
    return next(key for key in items if key.endswith(MANIFEST) and _place(msgspec.msgpack.decode(items[key])) == place)


def is_torn(items: Mapping[bytes, bytes], key: bytes) -> bool:
    """Whether chunks of the set whose manifest has this key are missing, or another set's."""
    return _chunks(items, key) is None


def read_set(items: Mapping[bytes, bytes], key: bytes) -> Set | None:
    """The snapshot whose manifest has this key; ``None`` if it is torn."""
    manifest, chunks = msgspec.msgpack.decode(items[key]), _chunks(items, key)
    if chunks is None:
        return None
    vector = tuple(manifest["vector"][number] for number in sorted(manifest["vector"]))
    state = msgspec.json.decode(_unpacked(b"".join(chunks)))
    return Set(_place(manifest), vector, manifest["digest"], _books(state))


def _place(manifest: Mapping[str, Any]) -> Place:
    return Place(manifest["offset"], manifest["epoch"], manifest["owner"], manifest["seq"])


def _unpacked(payload: bytes) -> bytes:
    return payload if payload.startswith(b"{") else zlib.decompress(payload)


def _books(state: Mapping[str, Any]) -> Books:
    """The figures of a state that the ledger keeps too."""
    accounts = state["accounts"].items()
    held = {(name, symbol): each["quantity"] for name, of in accounts for symbol, each in of["holdings"].items()}
    return Books(
        held={key: Decimal(quantity) for key, quantity in held.items() if Decimal(quantity)},
        cash={(name, unit): Decimal(amount) for name, of in accounts for unit, amount in of["cash"].items()},
        working={
            (name, order): (each["symbol"], each["side"], _most(each))
            for name, of in accounts
            for order, each in of["working"].items()
            if _most(each)  # one of which nothing is left to be executed reserves nothing
        },
        levels={(name, kind): each["level"] for name, of in accounts for kind, each in of["breakers"].items()},
        days={name: of["day"] for name, of in accounts},
        decided={key: (each["status"], each["reason"]) for key, each in state["recent"].items()},
        killed=frozenset(state["kills"]),
    )


def _most(working: Mapping[str, Any]) -> Decimal:
    """What may still be executed of an order, or of one that it replaced."""
    return max(Decimal(each["remaining"]) for each in (working, *working.get("replaced", {}).values()))


def _chunks(items: Mapping[bytes, bytes], key: bytes) -> list[bytes] | None:
    found, manifest = [], msgspec.msgpack.decode(items[key])
    for number in range(manifest["chunks"]):
        chunk = items.get(key.removesuffix(MANIFEST) + str(number).encode())
        decoded = msgspec.msgpack.decode(chunk) if chunk is not None else {}
        if decoded.get("id") != manifest["id"]:
            return None
        found.append(decoded["payload"])
    return found
