"""A partition's state at one cut, taken in a few milliseconds and encoded later, a little at a time.

Most of a state are its dedup windows: order ids of the partition, fill ids of each account. Their entries never change,
so a shallow copy holds them; all else is small, and is encoded at the cut.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from risk.digest import lean_bytes, state_digest
from risk.state import PartitionState
from streams.journal import Input

#: Entries of a window that are encoded between two turns of the loop: half a millisecond.
SLICE = 2_000
_encode = msgspec.json.Encoder().encode
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Captured(NamedTuple):
    """A state and its input vector at one cut: what comes after can't change it. ``lean`` are the state's bytes without
    its windows, ``fills`` the windows of the accounts, ``taken_ns`` when it was."""

    lean: bytes
    recent: dict[str, Any]
    fills: dict[str, dict[str, bool]]
    digest: bytes
    vector: dict[Input, int]
    taken_ns: int = 0


def capture(state: PartitionState, vector: Mapping[Input, int], taken_ns: int = 0) -> Captured:
    """A state as it is now."""
    lean = lean_bytes(state)
    fills = {name: account.fills_seen.copy() for name, account in state.accounts.items() if account.fills_seen}
    return Captured(lean, state.recent.copy(), fills, state_digest(state, lean), dict(vector), taken_ns)


async def encoded(captured: Captured) -> list[bytes]:
    """In parts, the bytes that :func:`risk.state.encode_state` would have given at the cut; others have turns
    meanwhile, and what is long is copied nowhere."""
    state = {name: [bytes(value)] for name, value in _fields(captured.lean).items()}
    accounts = {name: [bytes(value)] for name, value in _fields(state["accounts"][0]).items()}
    for name, window in captured.fills.items():
        account = {field: [bytes(value)] for field, value in _fields(accounts[name][0]).items()}
        accounts[name] = _object(account | {"fills_seen": await _window(window)})
    return _object(state | {"accounts": _object(accounts), "recent": await _window(captured.recent)})


def _object(fields: Mapping[str, list[bytes]]) -> list[bytes]:
    """A JSON object of values that are JSON already."""
    parts = [b"{"]
    for name, value in fields.items():
        parts += [b"," * (len(parts) > 1) + _encode(name) + b":", *value]
    return [*parts, b"}"]


async def _window(window: Mapping[str, Any]) -> list[bytes]:
    """A dictionary as JSON, in slices."""
    entries, parts = iter(window.items()), [b"{"]
    while part := dict(islice(entries, SLICE)):
        parts += [b"," * (len(parts) > 1), _encode(part)[1:-1]]
        await asyncio.sleep(0)
    return [*parts, b"}"]
