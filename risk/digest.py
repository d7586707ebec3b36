"""A short fingerprint of what an order asks for, to tell a repeat from a different order under the same id."""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from schemas.orders import OrderCancel, OrderReplace, OrderRequest

_encode = msgspec.json.Encoder().encode


def order_digest(order: OrderRequest | OrderReplace | OrderCancel) -> str:
    """64 bits over everything but the time: a gateway that asks again may stamp it anew."""
    timeless = msgspec.structs.replace(order, event_time_ns=0)
    return blake2b(_encode(timeless), digest_size=8).hexdigest()
