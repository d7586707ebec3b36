"""Chunks of records: what an agent is handed, and how far a partition's chunks are finished.

What is hidden of Faust 0.15.3, which is pinned, and why it is done otherwise here:

- Acknowledgements out of order would commit past unfinished records (``_add_gap`` includes the message's own offset),
  so each partition keeps a queue of its chunks and only the finished prefix counts.
- The compiled iterator bypasses ``Consumer.ack`` and sets ``Message.acked``: that is where a chunk learns of it.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from typing import Any

import faust
from faust.types.tuples import ConsumerMessage


class BatchSchema(faust.Schema):  # type: ignore[misc]
    """No decoding: the value of an event is the list of raw records of one chunk."""

    def compile(self, app: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        """What Faust calls for each message."""
        create_event = app.create_event

        async def decode(message: Any, *, propagate: bool = False) -> Any:  # noqa: ARG001
            return create_event(None, message.value, message.headers, message)

        return decode


class BatchMessage(ConsumerMessage):  # type: ignore[misc]
    """A chunk of consecutive records of one partition; ``offset`` is that of the last one.

    ``token`` = [acknowledged, last offset, stale] is shared with :class:`Chunks`, so an acknowledgement reaches
    exactly this delivery of the records, whatever was delivered again since.
    """

    __slots__ = ("token",)
    token: list[Any]

    @property
    def acked(self) -> bool:
        """Whether the agent is done with the whole chunk."""
        return bool(self.token[0])

    @acked.setter
    def acked(self, value: bool) -> None:
        try:
            self.token[0] = value
        except AttributeError:  # the base class sets it before the token exists
            self.token = [value, None, False]

    @property
    def stale(self) -> bool:
        """Whether its records are delivered again, from an offset that was sought since."""
        return bool(self.token[2])


class Chunks:
    """Those of each partition that were delivered and are not finished. A chunk has at most so many records (``most``)
    and bytes (``room``)."""

    def __init__(self) -> None:
        self._tokens: dict[Any, deque[list[Any]]] = defaultdict(deque)
        self._growing: dict[Any, BatchMessage] = {}
        self._safe: dict[Any, int] = {}

    def __iter__(self) -> Iterator[Any]:
        return iter(self._tokens)

    def __contains__(self, tp: object) -> bool:
        return tp in self._tokens

    def finished(self, tp: Any) -> int | None:
        """The offset after the last chunk up to which all chunks are acknowledged; ``None``: none is."""
        tokens = self._tokens[tp]
        while tokens and tokens[0][0]:
            self._safe[tp] = tokens.popleft()[1] + 1
        return self._safe.get(tp)

    def cut(self, tp: Any, records: Any, generation: int, most: int, room: int) -> list[BatchMessage]:
        """New chunks of all the records."""
        out, taken = [], 0
        while taken < len(records):
            chunk = records[taken : taken + _fitting(records, taken, most, room)]
            out.append(self._chunk(tp, list(chunk), generation))
            taken += len(chunk)
        return out

    def grow(self, tp: Any, records: Any, generation: int, most: int, room: int) -> int:
        """How many of the records a chunk takes in that the stream has not taken yet: otherwise small chunks pile up
        under load."""
        message = self._growing.get(tp)
        if message is None or message.tracked or message.generation_id != generation:
            return 0
        taken = _fitting(records, 0, most - len(message.value), room - message.serialized_value_size, least=0)
        if taken:
            message.value.extend(records[:taken])
            message.serialized_value_size += sum(record.serialized_value_size for record in records[:taken])
            message.offset = message.token[1] = message.value[-1].offset
        return taken

    def grow_no_more(self) -> None:
        """What comes next makes new chunks."""
        self._growing.clear()

    def begin(self, tp: Any, offset: int) -> None:
        """All before the offset is finished, and nothing is delivered yet."""
        self.forget([tp])
        self._tokens[tp], self._safe[tp] = deque(), offset

    def forget(self, tps: Iterable[Any]) -> None:
        """What was delivered of these is stale, and acknowledges nothing."""
        for tp in tps:
            for token in self._tokens.pop(tp, ()):
                token[2] = True
            self._growing.pop(tp, None)
            self._safe.pop(tp, None)

    def _chunk(self, tp: Any, records: list[Any], generation: int) -> BatchMessage:
        last = records[-1]
        message = self._growing[tp] = BatchMessage(
            tp.topic,
            tp.partition,
            last.offset,
            last.timestamp / 1000.0,
            last.timestamp_type,
            [],
            None,
            records,
            None,
            0,
            sum(record.serialized_value_size for record in records),
            tp,
            generation_id=generation,
        )
        message.token[1] = last.offset
        self._tokens[tp].append(message.token)
        return message


def is_stale(message: Any) -> bool:
    """Whether it is a chunk that is delivered again."""
    return isinstance(message, BatchMessage) and message.stale


def _fitting(records: Any, start: int, most: int, room: int, least: int = 1) -> int:
    """How many records from ``start`` fit into ``most`` records and ``room`` bytes."""
    count = 0
    while start + count < len(records) and count < most:
        room -= records[start + count].serialized_value_size
        if room < 0 and count >= least:
            break
        count += 1
    return count
