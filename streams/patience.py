"""What has to get through, however long the broker is away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError

from streams.exits import told
from streams.log import LogUnavailable

T = TypeVar("T")
LOG = logging.getLogger(__name__)
#: What no broker takes, however often it is tried.
TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)
BACK_OFF_S, BACK_OFF_MAX_S = 0.2, 5.0


async def patiently(work: Callable[[], Awaitable[T]], what: str) -> T:
    """What ``work`` gives, tried again for as long as it raises a :class:`KafkaError` that may pass.

    :raises aiokafka.errors.KafkaError: it sends what is too large: a fault of this code or of the topic's settings.

    >>> tries = iter([KafkaError(), KafkaError(), None])
    >>> async def work():
    ...     error = next(tries)
    ...     if error:
    ...         raise error
    ...     return "done"
    >>> asyncio.run(patiently(work, "greetings"))
    'done'
    """
    pause_s = BACK_OFF_S
    while True:
        try:
            return await work()
        except TOO_LARGE:
            raise
        except (KafkaError, LogUnavailable) as error:
            LOG.warning("%s wait for the broker: %s", what, told(error))
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, BACK_OFF_MAX_S)
