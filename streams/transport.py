"""A Faust transport for micro-batches: the Kafka consumer runs in the worker's own event loop.

Faust hands over one event at a time from a thread of its own, 250 microseconds each with its hops between threads.
Here a topic with a :class:`streams.chunks.BatchSchema` yields one event per chunk of a partition (its value is the list
of raw records), and the consumer runs in the app's loop (:mod:`streams.in_loop`). Other topics yield one event per
record, as usual.

Private names of Faust 0.15.3 are used, which is why that version is pinned. What each override is for, beside those of
:mod:`streams.chunks`:

- ``on_buffer_full`` takes a partition out of the active set, and with none active Faust sleeps a whole second. Here
  whoever takes the records says of each partition whether it is ``full``, and of those nothing is fetched; the others
  are not kept waiting.
- The generation is captured after a fetch returned: captured before, the whole backlog of a takeover would be thrown
  away with the position already advanced.
- A forward gap in offsets is never passed over: the consumer seeks back; the same gap again is a real hole.
- Where a partition goes on is its owner's to say, who folded the journal: committed offsets are a hint that bridges the
  time until then.
- What Faust does after an assignment ends for good, without a word, if the committed offsets take longer than a request
  may: ``Recovery`` takes that for the end of the service, and the flow stays suspended.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from faust.tables.recovery import RebalanceAgain
from faust.transport.drivers import aiokafka as driver

from streams.chunks import BatchSchema, Chunks, is_stale
from streams.connections import is_member
from streams.in_loop import InLoopConsumer

STOP_COMMIT_S = 1.0
#: By so much the patience for committed offsets is shorter than Faust's.
MARGIN_S = 1.0
#: While something is not fetched because it is full, room is looked for this often.
FULL_S = 0.005


class Consumer(driver.Consumer):  # type: ignore[misc]
    """Delivers chunks, commits the finished prefix."""

    max_records = 500
    max_bytes = 900_000
    #: The offset that a (topic, partition) is to go on at, ``None`` if nobody knows yet.
    needed: Callable[[str, int], int | None] = staticmethod(lambda _topic, _partition: None)
    #: Whether no more records of a (topic, partition) should be fetched for now.
    full: Callable[[str, int], bool] = staticmethod(lambda _topic, _partition: False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._chunks = Chunks()
        self._hole: dict[Any, int] = {}
        #: The next offset of each partition that is assigned, as the broker said last.
        self.ends: dict[Any, int] = {}

    def _new_consumer_thread(self) -> InLoopConsumer:
        return InLoopConsumer(self, loop=self.loop, beacon=self.beacon)

    def on_buffer_full(self, tp: Any) -> None:
        """Back-pressure is by :attr:`full`."""

    def on_buffer_drop(self, tp: Any) -> None:
        """Back-pressure is by :attr:`full`."""

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:  # noqa: ASYNC109 - Faust's name
        """What is full is left out: one fetch of it waits in aiokafka, and nothing is lost."""
        ready = {tp for tp in active_partitions or () if not self.full(*tp)}
        if not ready:  # aiokafka takes no partitions for all
            await asyncio.sleep(FULL_S)
            return {}
        patience_s = timeout if len(ready) == len(active_partitions) else FULL_S
        return await super()._getmany(ready, patience_s)

    async def _drain_messages(self, fetcher: Any) -> None:
        """``fetched_records`` advances aiokafka's position and returns into ``_deliver`` without a turn of the loop in
        between: what can't be delivered is sought back at once."""
        try:
            while not (self.should_stop or fetcher.should_stop):
                records, active = await self._wait_next_records(1.0)
                if records and not self.should_stop:
                    await self._deliver(records, active)
                else:
                    await asyncio.sleep(0)
        except (asyncio.CancelledError, *self.consumer_stopped_errors):
            if not self.app.should_stop:
                raise

    async def _deliver(self, records: Any, active: Any) -> None:
        generation = self.app.consumer_generation_id
        messages = [message for tp, batch in records.items() for message in self._accept(tp, batch, active, generation)]
        channels = self.app.topics._tp_index  # noqa: SLF001
        for message in messages:
            if is_stale(message):
                continue
            if any(channel.queue.full() for channel in channels[message.tp]):
                # Wait for room, but not beyond the start of a rebalance.
                await self.wait_first(self.callback(message), self.suspend_flow.wait())
            else:
                await self.callback(message)
            if not self.flow_active or self.app.consumer_generation_id != generation:
                self._chunks.grow_no_more()
                return
            if not is_stale(message):
                self._read_offset[message.tp] = message.offset + 1

    def _accept(self, tp: Any, records: Any, active: Any, generation: int) -> list[Any]:
        """The messages of one partition's records; no await in here."""
        first, wanted = records[0].offset, self._read_offset[tp]
        if not self.flow_active or (active is not None and tp not in active):
            self._thread.seek(tp, first)
            return []
        if wanted is not None and first > wanted and self._hole.get(tp) != wanted:
            self.log.warning("%r: got offset %r, expected %r: reading again", tp, first, wanted)
            self._hole[tp] = wanted
            self._thread.seek(tp, wanted)
            return []
        return self._messages(tp, records, generation)

    def _messages(self, tp: Any, records: Any, generation: int) -> list[Any]:
        if not all(isinstance(channel.schema, BatchSchema) for channel in self.app.topics._tp_index[tp]):  # noqa: SLF001
            return [self._to_message(tp, record) for record in records]
        most, room = self.max_records, self.max_bytes
        taken = self._chunks.grow(tp, records, generation, most, room)
        if taken:
            self._read_offset[tp] = records[taken - 1].offset + 1
        return self._chunks.cut(tp, records[taken:], generation, most, room)

    def _new_offset(self, tp: Any) -> int | None:
        """The offset after the last chunk up to which all chunks are acknowledged."""
        if tp not in self._chunks:
            offset: int | None = super()._new_offset(tp)
            return offset
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        return self._chunks.finished(tp)

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> list[Any]:
        return [tp for tp in {*self._chunks, *self._acked} if topics is None or tp in topics or tp.topic in topics]

    async def commit_and_end_transactions(self) -> None:
        """At a stop. A commit that hangs, for the group has gone on without this member, must not keep the process:
        what is not committed is read again and recognised."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_COMMIT_S):
                await super().commit_and_end_transactions()

    def lags(self) -> dict[tuple[str, int], int]:
        """Records of each (topic, partition) that are not finished yet, by its end as it was some seconds ago. What is
        fetched, queued or in work counts: under load that is where the records are."""
        return {(tp.topic, tp.partition): max(0, end - self._finished(tp)) for tp, end in self.ends.items()}

    def _finished(self, tp: Any) -> int:
        offset = self._new_offset(tp)
        return int(offset if offset is not None else self._committed_offset[tp] or 0)

    async def assigned(self, tp: Any) -> bool:
        """Whether the group says right now that the partition is this member's."""
        consumer = self._thread._consumer  # noqa: SLF001 - aiokafka is pinned
        return consumer is not None and await is_member(consumer) and tp in self._thread.assignment()

    def place(self, tp: Any, offset: int) -> None:
        """Deliver from this offset on, and commit it, whatever the group had; what was delivered and is not taken yet
        is stale, and acknowledges nothing."""
        if tp not in self._thread.assignment():
            return
        self._forget([tp])
        self._chunks.begin(tp, offset)
        self._thread.seek(tp, offset)
        self._read_offset[tp] = offset
        self._committed_offset[tp] = None

    def _forget(self, tps: Any) -> None:
        self._chunks.forget(tps)
        for state in (self._acked, self._acked_index, self._hole):
            for tp in tps:
                state.pop(tp, None)

    async def perform_seek(self) -> None:
        """After an assignment: what was queued before is delivered again, from where the owner needs it; as long as it
        does not know that itself, from the committed offsets."""
        self._forget(list(self._chunks))
        await self._seek_to_committed()
        for tp in self._thread.assignment():
            offset = self.needed(tp.topic, tp.partition)
            if offset is not None:
                self.place(tp, offset)

    async def _seek_to_committed(self) -> None:
        """Or let Faust begin its work after an assignment anew.

        :raises RebalanceAgain: the broker did not say the offsets in time.
        """
        try:
            async with asyncio.timeout(self.app.conf.broker_request_timeout - MARGIN_S):
                await super().perform_seek()
        except TimeoutError as error:
            self.log.warning("committed offsets can't be read, asking again")
            self.app.tables.recovery.signal_recovery_start.set()
            raise RebalanceAgain from error

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """Faust waits for the chunks in work and commits; then they are someone else's."""
        await super().on_partitions_revoked(revoked)
        self._forget(revoked)


class Transport(driver.Transport):  # type: ignore[misc]
    """The driver that ``faust.App`` is given."""

    Consumer = Consumer
