"""Short fingerprints: of what an order asks for, and of a partition's whole state."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b

import msgspec

from risk.state import STATE_VERSION, PartitionState, encode_state
from schemas.orders import OrderCancel, OrderReplace, OrderRequest

DIGEST_BYTES = 8
_VERSION = STATE_VERSION.to_bytes(2)
_encode = msgspec.json.Encoder().encode


def order_digest(order: OrderRequest | OrderReplace | OrderCancel) -> str:
    """64 bits over everything but the time, to tell a repeat from a different order under the same id: a gateway that
    asks again may stamp it anew."""
    kind = type(order)
    time_at = _time_at(kind)
    values = msgspec.structs.astuple(order)
    return blake2b(
        _encode((kind.__name__, *values[:time_at], *values[time_at + 1 :])), digest_size=DIGEST_BYTES
    ).hexdigest()


@cache
def _time_at(kind: type[msgspec.Struct]) -> int:
    return kind.__struct_fields__.index("event_time_ns")


def chained(chain: bytes, *parts: str) -> bytes:
    """64 bits over what was chained before and ``parts``: fixed cost for a window that may be long."""
    return blake2b(chain + "\n".join(parts).encode(), digest_size=DIGEST_BYTES).digest()


def lean_bytes(state: PartitionState) -> bytes:
    """A state's bytes without its dedup windows, which are most of it: 100,000 ids take tens of milliseconds."""
    replace = msgspec.structs.replace
    accounts = {name: replace(account, fills_seen={}) for name, account in state.accounts.items()}
    return encode_state(replace(state, accounts=accounts, recent={}))


def state_digest(state: PartitionState, lean: bytes | None = None) -> bytes:
    """64 bits of a state: its version in 16, then 48 over what it holds. Equal states, equal digests, whoever folded
    them. ``lean``: its :func:`lean_bytes`, if they are known.

    The dedup windows enter by their chains and lengths, not by their content.
    """
    lengths = [len(state.recent), *(len(account.fills_seen) for account in state.accounts.values())]
    lean = lean_bytes(state) if lean is None else lean
    return _VERSION + blake2b(lean + _encode(lengths), digest_size=DIGEST_BYTES - len(_VERSION)).digest()


def state_version(digest: bytes) -> int:
    """The :data:`risk.state.STATE_VERSION` of who made the digest of a state; 0 of none."""
    return int.from_bytes(digest[: len(_VERSION)])
