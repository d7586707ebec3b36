"""Effective decisions for a Python program of one's own, with a durable cursor: the journal rule, ready to use.

>>> import riskstream
>>> async def gateway():
...     async with riskstream.consume(riskstream.FileCursors("gateway.cursors")) as decisions:
...         async for decided in decisions:
...             print(decided.partition, decided.seq, decided.decision.order_id)
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from riskstream.consumer import Consumer, Decided, NoCursors, Start
from riskstream.cursors import Cursors, FileCursors, GroupCursors
from riskstream.settings import load
from streams.journal import Cursor
from streams.settings import StreamSettings

__all__ = ["Consumer", "Cursor", "Cursors", "Decided", "FileCursors", "GroupCursors", "NoCursors", "Start", "consume"]


def consume(
    cursor_store: Cursors | GroupCursors,
    *,
    bootstrap_servers: str | None = None,
    settings: StreamSettings | None = None,
    partitions: Sequence[int] | None = None,
    start: Start | None = None,
) -> Consumer:
    """Effective decisions of all (or the given) partitions as they come, each at least once.

    ``async with consume(...) as decisions: async for decided in decisions:``, or the same without ``async``.
    A decision counts as handled when the next one is asked for; cursors never go beyond what was handled. To handle
    each exactly once, let your own transaction store ``decided.cursor`` of its partition, or refuse a ``decided.id``
    that it has seen. Without ``settings``: those of the environment. A partition without a cursor begins at ``start``,
    by default at the beginning; a Kafka group without one may be new or forgotten by the broker: it must be told.
    """
    base = settings if settings is not None else load().stream
    if bootstrap_servers is not None:
        base = msgspec.structs.replace(base, bootstrap_servers=bootstrap_servers)
    return Consumer(cursor_store, base, partitions, start)
