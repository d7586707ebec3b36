"""What a partition's owner needs of the world outside: a simulation brings its own."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from risk.engine import RiskEngine
from risk.market import MarketState
from risk.state import PartitionState
from schemas.base import Event
from schemas.outputs import Alert
from schemas.presets import Preset
from streams.dead_letters import DeadLetter
from streams.gaps import Gap
from streams.journal import Input, Source
from streams.kafka_inputs import Assigned, KafkaInputs, Place, always, nowhere
from streams.kafka_log import KafkaLog
from streams.kafka_snapshots import KafkaSnapshots
from streams.log import Log
from streams.presets import known_presets
from streams.processor import Engine
from streams.publisher import Publisher
from streams.settings import StreamSettings
from streams.snapshots import SnapshotStore

EngineMaker = Callable[[PartitionState, MarketState, Mapping[str, Preset]], Engine]


class Out(Protocol):
    """Where everything goes that is no journal."""

    async def bury(self, letters: Sequence[DeadLetter]) -> None:
        """Write dead letters; done when they are durable. :raises streams.log.LogUnavailable: they are not."""

    async def metrics(self, events: Iterable[Event]) -> None:
        """Publish metrics; losing some does no harm."""

    async def alert(self, alert: Alert) -> None:
        """Publish an alert about the worker itself. :raises streams.log.LogUnavailable: it can't be."""


class Inputs(Protocol):
    """The inputs of one partition, as the consumer gives them that its group assigned it to."""

    def place(self, vector: Mapping[Input, int]) -> None:
        """Hand over each input from this offset on; nothing that was handed over before comes any more."""

    async def assigned(self) -> bool:
        """Whether the group says right now that the partition is this worker's."""

    async def explain(self, gap: Source) -> Gap | None:
        """Why offsets that no record came from may be passed, if the broker shows it or an operator said so.

        :raises streams.log.LogUnavailable: nobody can be asked.
        """


class Ports(NamedTuple):
    """What decides; by partition a new log session, the snapshots and the inputs; outputs; the wall clock; where nonces
    and back-offs come from; how long the journal keeps records (``None``: for ever, or nobody knows). Time that passes
    is the event loop's.
    """

    engine: Callable[[PartitionState, MarketState], Engine]
    log: Callable[[int], Log]
    snapshots: Callable[[int], SnapshotStore]
    inputs: Callable[[int], Inputs]
    out: Out
    wall_ns: Callable[[], int]
    random: random.Random
    retention_ms: int | None = None


def kafka_ports(
    settings: StreamSettings,
    publisher: Publisher,
    engine: EngineMaker = RiskEngine,
    retention_ms: int | None = None,
    place: Place = nowhere,
    assigned: Assigned = always,
) -> Ports:
    """The world of a worker process; ``place`` moves its consumer, ``assigned`` asks its group.

    :raises BadPreset: the settings name a file of presets that can't be used.
    """
    presets = known_presets(settings)
    return Ports(
        engine=lambda state, market: engine(state, market, presets),
        log=lambda partition: KafkaLog(settings, partition),
        snapshots=lambda partition: KafkaSnapshots(settings, partition, publisher),
        inputs=lambda partition: KafkaInputs(settings, partition, place, assigned, publisher),
        out=publisher,
        wall_ns=time.time_ns,
        random=random.SystemRandom(),
        retention_ms=retention_ms,
    )
