"""The inputs of a partition on Kafka: where the worker's consumer goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from streams.journal import Input
from streams.processor import INPUTS
from streams.settings import StreamSettings

#: Moves the consumer of a (topic, partition) to an offset, if the partition is assigned to it.
Place = Callable[[str, int, int], None]


def nowhere(topic: str, partition: int, offset: int) -> None:
    """A :data:`Place` where there is no consumer."""


class KafkaInputs:
    """A :class:`streams.ports.Inputs` of the consumer that ``place`` moves."""

    def __init__(self, settings: StreamSettings, partition: int, place: Place) -> None:
        self._settings, self._partition, self._place = settings, partition, place

    def place(self, vector: Mapping[Input, int]) -> None:
        """Seek each topic."""
        for number, offset in vector.items():
            self._place(self._settings.topic(INPUTS[number]), self._partition, offset)
