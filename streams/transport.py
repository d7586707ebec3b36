"""A Faust transport for micro-batches: the Kafka consumer runs in the worker's own event loop.

Faust hands over one event at a time from a thread of its own, 250 microseconds each with its hops between threads.
Here a topic with a :class:`BatchSchema` yields one event per chunk of a partition (its value is the list of raw
records), and the consumer runs in the app's loop. Other topics yield one event per record, as usual.

Private names of Faust 0.15.3 are used, which is why that version is pinned. What each override is for:

- Acknowledgements out of order would commit past unfinished records (``_add_gap`` includes the message's own offset),
  so each partition keeps a queue of its chunks and only the finished prefix counts.
- The compiled iterator bypasses ``Consumer.ack`` and sets ``Message.acked``: that is where a chunk learns of it.
- ``on_buffer_full`` takes a partition out of the active set, and with none active Faust sleeps a whole second. Here
  whoever takes the records says of each partition whether it is ``full``, and of those nothing is fetched; the others
  are not kept waiting.
- The generation is captured after a fetch returned: captured before, the whole backlog of a takeover would be thrown
  away with the position already advanced.
- A forward gap in offsets is never passed over: the consumer seeks back; the same gap again is a real hole.
- Where a partition goes on is its owner's to say, who folded the journal: committed offsets are a hint that bridges the
  time until then.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

import faust
from aiokafka.errors import KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types.tuples import TP, ConsumerMessage
from mode import Service
from mode.utils.futures import maybe_async

from streams.connections import hear, is_member

STOP_COMMIT_S = LEAVE_S = 1.0
HEAR_S = 0.2
ENDS_S = 2.0
#: While something is not fetched because it is full, room is looked for this often.
FULL_S = 0.005


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

    ``token`` = [acknowledged, last offset, stale] is shared with the consumer's queue, so an acknowledgement reaches
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


class InLoopConsumer(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """The interface of Faust's consumer thread without a thread: a service of the app's own loop."""

    wait_for_shutdown = False
    fetch_max_wait_ms = 100

    # ServiceThread replaced these by versions that cross threads: put back those of mode.Service.
    start, stop, maybe_start, crash = Service.start, Service.stop, Service.maybe_start, Service.crash
    set_shutdown, _stopped_set = Service.set_shutdown, Service._stopped_set  # noqa: SLF001
    _stop_children, _stop_futures = Service._stop_children, Service._stop_futures  # noqa: SLF001
    _stop_exit_stacks = Service._stop_exit_stacks  # noqa: SLF001

    def __init__(self, consumer: Any, **kwargs: Any) -> None:
        super().__init__(consumer, thread_loop=consumer.loop, **kwargs)

    @Service.task  # type: ignore[untyped-decorator]
    async def _thread_keepalive(self) -> None:
        """There is no thread to keep alive."""

    @Service.task  # type: ignore[untyped-decorator]
    async def _hear_group_errors(self) -> None:
        while not self.should_stop:
            if self._consumer is not None:
                hear(self._consumer)
            await self.sleep(HEAR_S)

    @Service.task  # type: ignore[untyped-decorator]
    async def _look_at_ends(self) -> None:
        """For the lag: fetches stop under back-pressure, and what they knew of the ends is old then."""
        while not self.should_stop:
            places = list(self._consumer.assignment()) if self._consumer is not None else []
            with contextlib.suppress(KafkaError, TimeoutError):
                self.consumer.ends = _by_place(await self._consumer.end_offsets(places)) if places else {}
            await self.sleep(ENDS_S)

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = self.fetch_max_wait_ms  # noqa: SLF001 - 1500 is hard-coded in Faust
        return consumer

    async def on_stop(self) -> None:
        """Leave the group. aiokafka would wait for the answer to a join that is under way, which comes when all other
        members have joined: it is not worth the wait, the group misses this one when its session ends."""
        if self._consumer is None:
            return
        try:
            async with asyncio.timeout(LEAVE_S):
                await self._consumer.stop()
        except TimeoutError:
            self.log.warning("ended without leaving the group, which was busy for %s s", LEAVE_S)
            await self._consumer._client.close()  # noqa: SLF001 - aiokafka is pinned

    async def call_thread(self, fun: Any, *args: Any, **kwargs: Any) -> Any:
        """Call at once: it is the same loop."""
        return await maybe_async(fun(*args, **kwargs))

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """From aiokafka's coordination task, in the same loop."""
        await self.consumer.on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: Any, generation_id: int = 0) -> None:
        """From aiokafka's coordination task, in the same loop."""
        await self.consumer.on_partitions_assigned(assigned, generation_id)


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
        self._chunks: dict[Any, deque[list[Any]]] = defaultdict(deque)
        self._growing: dict[Any, BatchMessage] = {}
        self._safe: dict[Any, int] = {}
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
            if _is_stale(message):
                continue
            if any(channel.queue.full() for channel in channels[message.tp]):
                # Wait for room, but not beyond the start of a rebalance.
                await self.wait_first(self.callback(message), self.suspend_flow.wait())
            else:
                await self.callback(message)
            if not self.flow_active or self.app.consumer_generation_id != generation:
                self._growing.clear()
                return
            if not _is_stale(message):
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
        taken = self._grow(tp, records, generation)
        out = []
        while taken < len(records):
            chunk = records[taken : taken + self._fitting(records, taken, self.max_records, self.max_bytes)]
            out.append(self._chunk(tp, list(chunk), generation))
            taken += len(chunk)
        return out

    def _grow(self, tp: Any, records: Any, generation: int) -> int:
        """A chunk that the stream has not taken yet grows: otherwise small chunks pile up under load."""
        message = self._growing.get(tp)
        if message is None or message.tracked or message.generation_id != generation:
            return 0
        room = self.max_bytes - message.serialized_value_size
        taken = self._fitting(records, 0, self.max_records - len(message.value), room, least=0)
        if taken:
            message.value.extend(records[:taken])
            message.serialized_value_size += sum(record.serialized_value_size for record in records[:taken])
            message.offset = message.token[1] = message.value[-1].offset
            self._read_offset[tp] = message.offset + 1
        return taken

    @staticmethod
    def _fitting(records: Any, start: int, most: int, room: int, least: int = 1) -> int:
        """How many records from ``start`` fit into ``most`` records and ``room`` bytes."""
        count = 0
        while start + count < len(records) and count < most:
            room -= records[start + count].serialized_value_size
            if room < 0 and count >= least:
                break
            count += 1
        return count

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
        self._chunks[tp].append(message.token)
        return message

    def _new_offset(self, tp: Any) -> int | None:
        """The offset after the last chunk up to which all chunks are acknowledged."""
        if tp not in self._chunks:
            offset: int | None = super()._new_offset(tp)
            return offset
        tokens = self._chunks[tp]
        while tokens and tokens[0][0]:
            self._safe[tp] = tokens.popleft()[1] + 1
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        return self._safe.get(tp)

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
        self._thread.seek(tp, offset)
        self._read_offset[tp] = self._safe[tp] = offset
        self._committed_offset[tp] = None
        self._chunks[tp].clear()

    def _forget(self, tps: Any) -> None:
        for token in (token for tp in tps for token in self._chunks.get(tp, ())):
            token[2] = True
        for state in (self._chunks, self._growing, self._safe, self._acked, self._acked_index, self._hole):
            for tp in tps:
                state.pop(tp, None)

    async def perform_seek(self) -> None:
        """After an assignment: what was queued before is delivered again, from where the owner needs it; as long as it
        does not know that itself, from the committed offsets."""
        self._forget(list(self._chunks))
        await super().perform_seek()
        for tp in self._thread.assignment():
            offset = self.needed(tp.topic, tp.partition)
            if offset is not None:
                self.place(tp, offset)

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """Faust waits for the chunks in work and commits; then they are someone else's."""
        await super().on_partitions_revoked(revoked)
        self._forget(revoked)


def _by_place(offsets: Any) -> dict[Any, int]:
    """In Faust's own type of topic and partition."""
    return {TP(place.topic, place.partition): offset for place, offset in offsets.items()}


def _is_stale(message: Any) -> bool:
    return isinstance(message, BatchMessage) and message.stale


class Transport(driver.Transport):  # type: ignore[misc]
    """The driver that ``faust.App`` is given."""

    Consumer = Consumer
