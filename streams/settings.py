"""How the streaming side is set up; every process of a deployment shares these values."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from risk.estimators.settings import MarketConfig
from schemas import topics

Count = Annotated[int, msgspec.Meta(ge=1)]
Name = Annotated[str, msgspec.Meta(min_length=1)]
#: What Kafka allows in the name of a topic, with room for the rest of it.
TopicName = Annotated[str, msgspec.Meta(pattern=r"^[a-zA-Z0-9._-]+$", max_length=128)]
Milliseconds = Annotated[int, msgspec.Meta(ge=1)]


class Clock(StrEnum):
    """What "now" is. ``event``: the latest event time seen, for replays of history; ``wall``: this machine's clock."""

    WALL = "wall"
    EVENT = "event"


class StreamSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Broker, topics, clock and pace.

    ``fetch_wait_ms`` is how long a fetch may wait for data at the broker; the embedded broker always waits that long,
    so it wants a short one. ``bar_period_ms`` > 0 builds bars out of trades, for feeds that deliver none.
    ``latency_budget_ms`` is how long an order may be between broker and decision, 0: for ever. A snapshot is taken
    every ``snapshot_records`` records and every ``snapshot_ms``; the former only when ``snapshot_rests`` times as long
    has passed as the last one took, for in a burst snapshots would be half of the work. One record in ``digest_every``
    carries the digest of the state. ``stress_scenarios`` names a TOML file of scenarios beside those that ship,
    ``presets`` one of presets, the same for all workers.
    ``market`` are the settings of the market view (a table in the file, JSON in a variable).
    ``web_port`` > 0 serves ``/health`` and ``/metrics`` of a worker there.
    """

    bootstrap_servers: Name = "127.0.0.1:9092"
    prefix: TopicName = topics.PREFIX
    application: TopicName = "riskstream"
    partitions: Count = 4
    market_partitions: Count = 1
    clock: Clock = Clock.WALL
    conflation_ms: Milliseconds = 100
    bar_period_ms: Annotated[int, msgspec.Meta(ge=0)] = 0
    sweep_ms: Milliseconds = 1000
    metrics_ms: Milliseconds = 1000
    latency_budget_ms: Annotated[int, msgspec.Meta(ge=0)] = 5000
    snapshot_records: Count = 20_000
    snapshot_ms: Milliseconds = 60_000
    snapshot_rests: Annotated[int, msgspec.Meta(ge=0)] = 9
    digest_every: Count = 10_000
    batch_max: Count = 500
    batch_max_bytes: Count = 900_000
    fetch_wait_ms: Milliseconds = 100
    session_timeout_ms: Milliseconds = 6000
    heartbeat_ms: Milliseconds = 2000
    rebalance_timeout_ms: Milliseconds = 10_000
    stress_scenarios: str = ""
    market: MarketConfig = MarketConfig()
    presets: str = ""
    web_host: str = "127.0.0.1"
    web_port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 0

    def topic(self, topic: topics.Topic) -> str:
        """The topic's full name, such as ``risk.orders.v1``."""
        return topics.full_name(topic, self.prefix)

    def dead_letters(self, topic: topics.Topic) -> str:
        """The full name of the topic's dead letters."""
        return topics.dead_letter_name(topic, self.prefix)

    def partitions_of(self, topic: topics.Topic) -> int:
        """How many partitions the topic has."""
        return topics.partitions(topic, self.partitions, self.market_partitions)
