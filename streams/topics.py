"""The topics on a broker: what there must be, making them, and refusing what contradicts the rule."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from schemas import topics
from schemas.topics import TOPICS, Topic
from streams.settings import StreamSettings

DAY_MS = 86_400_000
JOURNAL_RETENTION_MS = 30 * DAY_MS
REFERENCE_RETENTION_MS = -1
OUTPUT_RETENTION_MS = 7 * DAY_MS


class TopicMismatch(Exception):
    """Topics are missing or have another partition count than the settings say."""


class TopicInfo(NamedTuple):
    """A topic as it is, beside what it should be; ``partitions`` is ``None`` where it does not exist."""

    name: str
    partitions: int | None
    expected: int


def required_topics(settings: StreamSettings) -> dict[str, int]:
    """Every topic with its partition count, dead letters included."""
    wanted: dict[str, int] = {}
    for topic in TOPICS:
        wanted[settings.topic(topic)] = settings.partitions_of(topic)
        if topic.dead_letters:
            wanted[settings.dead_letters(topic)] = settings.partitions_of(topic)
    return wanted


def config_of(topic: Topic, replicas: int = 1) -> dict[str, str]:
    """Broker settings of a topic. The journal is never compacted (that would remove claims) and takes no unclean
    leader; bars are the estimators' history and are kept."""
    config = {"min.insync.replicas": str(max(1, replicas - 1)), "unclean.leader.election.enable": "false"}
    if topic.compacted:
        return config | {"cleanup.policy": "compact"}
    kept = {topics.DECISIONS: JOURNAL_RETENTION_MS, topics.BARS: REFERENCE_RETENTION_MS}
    return config | {"cleanup.policy": "delete", "retention.ms": str(kept.get(topic, OUTPUT_RETENTION_MS))}


async def create_topics(settings: StreamSettings, replicas: int = 1) -> list[str]:
    """Make what is missing; gives the names made.

    :raises TopicMismatch: one exists with another partition count.
    """
    from aiokafka.admin import AIOKafkaAdminClient, NewTopic

    missing = [info for info in await list_topics(settings) if info.partitions is None]
    configs = {settings.topic(topic): config_of(topic, replicas) for topic in TOPICS}
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await admin.start()
    try:
        await admin.create_topics(
            [NewTopic(info.name, info.expected, replicas, topic_configs=configs.get(info.name, {})) for info in missing]
        )
    finally:
        await admin.close()
    return [info.name for info in missing]


async def list_topics(settings: StreamSettings) -> list[TopicInfo]:
    """Every topic as it is on the broker.

    :raises aiokafka.errors.KafkaConnectionError: no broker answers.
    """
    found = await _partition_counts(settings, required_topics(settings))
    return [TopicInfo(name, found[name], expected) for name, expected in required_topics(settings).items()]


async def check_partitions(settings: StreamSettings) -> None:
    """Every topic must be there with the count that the settings give: orders, fills, commands and decisions of an
    account meet in one partition only if their counts are the same.

    :raises TopicMismatch: one is not; the message names each.
    """
    wrong = [
        f"{info.name} has {info.partitions or 'no'} partitions, expected {info.expected}"
        for info in await list_topics(settings)
        if info.partitions != info.expected
    ]
    if wrong:
        raise TopicMismatch(
            "; ".join(wrong) + ". Create topics with `riskstream topics create`, or set "
            "RISKSTREAM_PARTITIONS to what they have"
        )


async def _partition_counts(settings: StreamSettings, names: Iterable[str]) -> dict[str, int | None]:
    """All topics are asked for, not these: asking by name may create a topic."""
    from aiokafka.admin import AIOKafkaAdminClient

    admin: Any = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await admin.start()
    try:
        found = {each["topic"]: len(each["partitions"]) for each in await admin.describe_topics()}
    finally:
        await admin.close()
    return {name: found.get(name) for name in names}
