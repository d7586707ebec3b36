"""What aiokafka needs to live through the loss of its broker: an error it can handle, an end, and a log to read."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any, TypeVar

from aiokafka import AIOKafkaProducer
from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    KafkaError,
    NoError,
    ProducerClosed,
    TopicAuthorizationFailedError,
    for_code,
)
from aiokafka.protocol.group import HeartbeatRequest

Client = TypeVar("Client", bound=Any)
LOG = logging.getLogger(__name__)
LOGGERS = (
    "aiokafka",
    "aiokafka.conn",
    "aiokafka.consumer.fetcher",
    "aiokafka.consumer.group_coordinator",
    "aiokafka.producer.sender",
    "aiokafka.client",
    "aiokafka.cluster",
)
REPEAT_AFTER_S = 5.0


def harden() -> None:
    """Let a send on a connection that the broker closed fail as a lost connection, in every loop.

    asyncio's transport drops what is written to it after its end, and aiokafka counts on that; uvloop's raises a
    RuntimeError, which ends aiokafka's background tasks for good: the consumer would never come back.
    """
    if getattr(AIOKafkaConnection.send, "hardened", False):
        return
    original = AIOKafkaConnection.send

    def send(self: Any, request: Any, expect_response: bool = True) -> Any:
        try:
            return original(self, request, expect_response)
        except KafkaError:  # which is a RuntimeError too
            raise
        except RuntimeError as error:
            self.close(reason=CloseReason.CONNECTION_BROKEN)
            raise KafkaConnectionError(f"connection at {self.host}:{self.port} broken: {error}") from error

    send.hardened = True  # type: ignore[attr-defined]
    AIOKafkaConnection.send = send


async def started(client: Client) -> Client:
    """The consumer or producer, connected; if it can't be, what it began is ended: nobody would stop what
    did not start.

    :raises aiokafka.errors.KafkaError: no broker answers.
    """
    try:
        await client.start()
    except BaseException:
        await stopped(client)
        raise
    return client


async def stopped(client: Any) -> None:
    """End a consumer or producer with all that belongs to it.

    aiokafka's ``stop`` cancels its own tasks and waits for them, and one that paused after a failed fetch, or had not
    begun, ends it like a cancellation of the caller (its issue 647): half done, and the caller would be gone for good.
    """
    try:
        await client.stop()
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        fetcher = getattr(client, "_fetcher", None)  # a consumer has one
        left = {fetcher._fetch_task, *fetcher._pending_tasks} if fetcher is not None else set()  # noqa: SLF001 - pinned
        for each in left:
            each.cancel()
        if left:
            await asyncio.wait(left)
        await (client.client if isinstance(client, AIOKafkaProducer) else client._client).close()  # noqa: SLF001


def hear(consumer: Any) -> None:
    """Take note of what went wrong in a consumer's group, so that its coordination goes on.

    aiokafka holds the coordination (no heartbeat, no rejoining) until whoever polls the consumer was told of an error,
    and Faust polls a layer below that.

    :raises KafkaError: it won't get better: the group or a topic is forbidden, or the coordination has ended.
    """
    coordinator = consumer._coordinator  # noqa: SLF001 - aiokafka is pinned
    if coordinator._coordination_task.cancelled():  # noqa: SLF001 - and nobody asked for that
        raise KafkaError("the coordination of the group has ended")
    try:
        coordinator.check_errors()
    except (GroupAuthorizationFailedError, TopicAuthorizationFailedError):
        raise
    except KafkaError as error:
        if coordinator._coordination_task.done():  # noqa: SLF001
            raise
        LOG.warning("joining the group again after %r", error)


async def is_member(consumer: Any) -> bool:
    """Whether the group says right now that the consumer belongs to its generation, and none follows yet.

    It only asks. aiokafka's own heartbeat resets the generation on a refusal, and one that waits in the broker behind a
    join under way is refused with that join's end: the member would join again and again.
    """
    coordinator = consumer._coordinator  # noqa: SLF001 - aiokafka is pinned
    generation, joined = coordinator.generation, coordinator._rejoin_needed_fut  # noqa: SLF001
    if joined.done():
        return False
    try:
        answer = await coordinator._send_req(  # noqa: SLF001
            HeartbeatRequest(coordinator.group_id, generation, coordinator.member_id)
        )
    except KafkaError:
        return False
    if for_code(answer.error_code) is not NoError:
        return False
    return bool(coordinator.generation == generation) and not coordinator._rejoin_needed_fut.done()  # noqa: SLF001


async def abandon(producer: Any) -> None:
    """End a producer whose batches get no answer, for which its own ``stop`` would wait; their fate stays unknown.

    The sender, though cancelled, waits for its requests: they end with the client, and fail for their batches are done.
    """
    sender = producer._sender  # noqa: SLF001 - aiokafka is pinned
    producer._message_accumulator.fail_all(ProducerClosed())  # noqa: SLF001
    task = sender.sender_task
    if task is not None:
        task.remove_done_callback(sender._fail_all)  # noqa: SLF001 - which was done just now
        task.cancel()
    await producer.client.close()
    await asyncio.gather(*filter(None, (task,)), return_exceptions=True)


class Seldom(logging.Filter):
    """Lets a place in the code speak once in five seconds: aiokafka says the same thousands of times a second while its
    broker is away.

    >>> clock = iter([0.0, 1.0, 6.0])
    >>> seldom = Seldom(lambda: next(clock))
    >>> record = logging.makeLogRecord({"module": "conn", "lineno": 7})
    >>> [seldom.filter(record) for _ in range(3)]
    [True, False, True]
    """

    def __init__(self, clock: Any = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[tuple[str, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is written."""
        place, now_s = (record.module, record.lineno), self._clock()
        if now_s - self._said.get(place, -REPEAT_AFTER_S) < REPEAT_AFTER_S:
            return False
        self._said[place] = now_s
        return True


def seldom() -> None:
    """Keep aiokafka's log readable. A filter holds for the logger that a record is made by, so each gets one."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(Seldom())
