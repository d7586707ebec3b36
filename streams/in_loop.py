"""The Kafka consumer as a service of the worker's own event loop.

Faust's runs in a thread of its own, and every record costs hops between threads. Private names of Faust 0.15.3 are
used, which is why that version is pinned.
"""

from __future__ import annotations

import asyncio
import contextlib
from time import monotonic
from typing import Any

from aiokafka.errors import KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types.tuples import TP
from mode import Service
from mode.utils.futures import maybe_async

from streams.connections import hear, is_member, started, stopped
from streams.patience import patiently

LEAVE_S = 1.0
HEAR_S = 0.2
ENDS_S = 2.0
#: How often is looked whether anything is fetched, and after how long without it the worker ends.
WATCH_S, STUCK_S = 5.0, 60.0


class FlowStuck(Exception):
    """Nothing is fetched, for no cause that is known: fatal."""


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
    async def _watch_flow(self) -> None:
        """Faust resumes what a rebalance suspends; should it ever not, the process had better end than fetch nothing.

        :raises FlowStuck: the group counts on this member, and nothing is fetched.
        """
        stuck_s = 0.0
        while stuck_s < STUCK_S:
            await self.sleep(WATCH_S)
            if self.should_stop:
                return
            stuck_s = stuck_s + WATCH_S if await self._is_stuck() else 0.0
        raise FlowStuck(f"this worker belongs to its group, and has fetched nothing for {STUCK_S:g} s")

    async def _is_stuck(self) -> bool:
        return self._consumer is not None and not self.consumer.flow_active and await is_member(self._consumer)

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

    async def on_start(self) -> None:
        """Connect, however long the broker is away; the group is joined later, by the first subscription."""
        self._consumer = await patiently(self._connected, "the group")
        self.time_started = monotonic()

    async def _connected(self) -> Any:
        return await started(self._create_consumer(loop=self.thread_loop))

    async def on_stop(self) -> None:
        """Leave the group. aiokafka would wait for the answer to a join that is under way, which comes when all other
        members have joined: it is not worth the wait, the group misses this one when its session ends."""
        if self._consumer is None:
            return
        try:
            async with asyncio.timeout(LEAVE_S):
                await stopped(self._consumer)
        except TimeoutError:
            self.log.warning("ended without leaving the group, which was busy for %s s", LEAVE_S)
            await self._consumer._client.close()  # noqa: SLF001 - aiokafka is pinned

    async def seek_to_committed(self) -> dict[Any, int | None]:
        """All partitions by one request; aiokafka's own sends one for each, and all may wait for a broker."""
        consumer = self._ensure_consumer()
        found = await consumer._coordinator.fetch_committed_offsets(list(consumer.assignment()))  # noqa: SLF001
        committed = {tp: found[tp].offset if tp in found else -1 for tp in consumer.assignment()}
        for tp, offset in committed.items():
            if offset > 0:
                consumer.seek(tp, offset)
        return {tp: offset if offset >= 0 else None for tp, offset in committed.items()}

    async def call_thread(self, fun: Any, *args: Any, **kwargs: Any) -> Any:
        """Call at once: it is the same loop."""
        return await maybe_async(fun(*args, **kwargs))

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """From aiokafka's coordination task, in the same loop."""
        await self.consumer.on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: Any, generation_id: int = 0) -> None:
        """From aiokafka's coordination task, in the same loop."""
        await self.consumer.on_partitions_assigned(assigned, generation_id)


def _by_place(offsets: Any) -> dict[Any, int]:
    """In Faust's own type of topic and partition."""
    return {TP(place.topic, place.partition): offset for place, offset in offsets.items()}
