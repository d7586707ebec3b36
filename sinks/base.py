"""What a sink is: it takes what was read from the topics, and makes it durable together with where reading goes on."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from schemas.base import Event

#: (offset, epoch, owner, seq) after a record. Plain topics have no epochs: (next offset, 0, b"", 0).
Cursor = tuple[int, int, bytes, int]
GENESIS: Cursor = (0, 0, b"", 0)


class Item(NamedTuple):
    """One record of a topic. ``payload`` holds the bytes of the event as they were on the topic.

    ``seq`` is the id of an effective journal record within its partition, ``None`` on a plain topic.
    ``cursor`` is the reader's position behind the record.
    """

    topic: str
    partition: int
    offset: int
    event: Event
    payload: bytes
    cursor: Cursor
    seq: int | None = None


class SinkUnavailable(ConnectionError):
    """The sink was told to stop while what it writes to was away; nothing of the batch counts."""


class Sink(Protocol):
    """A destination. The order of a commit, the same for every sink:

    1. ``add`` only keeps items in memory; nothing is durable and nothing is acknowledged.
    2. ``flush`` writes all rows of the batch.
    3. ``flush`` stores the cursor of each (topic, partition) with them, atomically where the destination can.
    4. ``flush`` makes 2 and 3 durable. Only from here on does the batch count.
    5. The batch is dropped from memory.

    A crash before 4 leaves neither rows nor cursor; a crash after 4 repeats nothing. Writing an item again changes
    nothing, so a destination that can't be atomic stores the cursor after the rows: a crash between repeats harmlessly.
    """

    def add(self, item: Item) -> None:
        """Take one item; items of one (topic, partition) come in offset order."""

    def flush(self) -> None:
        """Make everything that was added durable, together with its cursors.

        :raises SinkUnavailable: the sink was interrupted first; the items are kept.
        """
