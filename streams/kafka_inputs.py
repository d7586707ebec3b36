"""The inputs of a partition on Kafka: where the worker's consumer goes on, and what is where no record came from."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from streams.control_batches import only_control_batches
from streams.gaps import Gap
from streams.journal import Input, Source
from streams.log import LogUnavailable
from streams.permissions import permission
from streams.processor import INPUTS
from streams.publisher import Publisher
from streams.settings import StreamSettings

LOG = logging.getLogger(__name__)
#: Moves the consumer of a (topic, partition) to an offset, if the partition is assigned to it.
Place = Callable[[str, int, int], None]

#: Asks the group whether a (topic, partition) is still this consumer's.
Assigned = Callable[[str, int], Awaitable[bool]]


def nowhere(topic: str, partition: int, offset: int) -> None:
    """A :data:`Place` where there is no consumer."""


async def always(topic: str, partition: int) -> bool:  # noqa: ARG001
    """An :data:`Assigned` where there is no group."""
    return True


class KafkaInputs:
    """A :class:`streams.ports.Inputs` of the consumer that ``place`` moves."""

    def __init__(
        self, settings: StreamSettings, partition: int, place: Place, assigned: Assigned, publisher: Publisher
    ) -> None:
        self._settings, self._partition, self._publisher = settings, partition, publisher
        self._place, self._assigned = place, assigned

    async def assigned(self) -> bool:
        """The inputs of a partition are together, so one of them says it of all."""
        return await self._assigned(self._settings.topic(INPUTS[Input.ORDERS]), self._partition)

    def place(self, vector: Mapping[Input, int]) -> None:
        """Seek each topic."""
        for number, offset in vector.items():
            self._place(self._settings.topic(INPUTS[number]), self._partition, offset)

    async def explain(self, gap: Source) -> Gap | None:
        """Transactions end in control batches, which no consumer is given; an operator's leave is a command."""
        place = TopicPartition(self._settings.topic(INPUTS[gap.input]), self._partition)
        try:
            if await only_control_batches(self._publisher.producer.client, place, gap.first, gap.last):
                return Gap(gap.first, gap.last, "no records but the ends of transactions")
            command = await permission(self._settings, self._partition, gap)
        except KafkaError as error:
            raise LogUnavailable(f"what {place.topic}-{place.partition} lacks can't be read: {error!r}") from error
        if command is None:
            return None
        LOG.error("%s-%s: %s passes %s to %s: %s", *place, command.author, gap.first, gap.last, command.reason)
        return Gap(gap.first, gap.last, f"passed by an operator: {command.reason}"[:500], command.author)
