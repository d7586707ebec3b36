"""Topics on a real broker: those that `topics create` makes pass `topics verify`, and any contradiction is found."""

from __future__ import annotations

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType

from schemas.topics import DECISIONS, ORDERS, STATE
from streams.settings import StreamSettings
from streams.topic_rules import Verdict
from streams.topics import TopicMismatch, check_topics, create_topics, required_topics, verify_topics
from tests.kafka.broker import KafkaBroker
from tests.waiting import until


def alter(servers: str, topic: str, setting: str, value: str) -> None:
    """Change one setting of a live topic."""
    entry = ConfigEntry(setting, value, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    admin = AdminClient({"bootstrap.servers": servers})
    admin.incremental_alter_configs([resource])[resource].result(10)


async def test_what_create_makes_passes_verify(kafka: str, prefix: str) -> None:
    """Every setting of every topic is known and right; one copy of everything is weak, and said to be."""
    settings = StreamSettings(bootstrap_servers=kafka, prefix=prefix)
    assert set(await create_topics(settings)) == set(required_topics(settings))
    findings = await verify_topics(settings)
    assert {each.verdict for each in findings if each.setting != "replicas"} == {Verdict.OK}
    assert {each.verdict for each in findings if each.setting == "replicas"} == {Verdict.WEAK}


async def test_what_create_makes_does_not_rest_on_the_brokers_defaults(proxied_kafka: KafkaBroker) -> None:
    """Of a cluster that keeps little and takes only short records by default: every topic is as the rule asks."""
    settings = StreamSettings(bootstrap_servers=proxied_kafka.bootstrap_servers)
    admin = AdminClient({"bootstrap.servers": settings.bootstrap_servers})
    defaults = {"message.max.bytes": "100000", "log.retention.bytes": "1000000", "log.retention.ms": "3600000"}
    entries = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in defaults.items()
    ]
    broker = ConfigResource(ResourceType.BROKER, "1", incremental_configs=entries)
    admin.incremental_alter_configs([broker])[broker].result(10)
    await create_topics(settings)
    assert {each.text for each in await verify_topics(settings) if each.verdict is Verdict.WRONG} == set()
    assert await check_topics(settings) == 30 * 86_400_000


async def test_a_live_contradiction_is_found_and_refused(kafka: str, prefix: str) -> None:
    """A journal that is compacted, or input that its producers stamp: verify names it, create makes nothing beside."""
    settings = StreamSettings(bootstrap_servers=kafka, prefix=prefix)
    await create_topics(settings)
    for topic, setting, value in (
        (DECISIONS, "cleanup.policy", "compact"),
        (DECISIONS, "retention.ms", "3600000"),
        (STATE, "unclean.leader.election.enable", "true"),
        (ORDERS, "message.timestamp.type", "CreateTime"),
    ):
        alter(kafka, settings.topic(topic), setting, value)
    expected = {
        (settings.topic(DECISIONS), "cleanup.policy", "compact"),
        (settings.topic(DECISIONS), "retention.ms", "3600000"),
        (settings.topic(STATE), "unclean.leader.election.enable", "true"),
        (settings.topic(ORDERS), "message.timestamp.type", "CreateTime"),
    }

    async def found() -> bool:
        return expected == {
            (each.topic, each.setting, each.found)
            for each in await verify_topics(settings)
            if each.verdict is Verdict.WRONG
        }

    await until(found, 20, "the four contradictions and no other")
    with pytest.raises(TopicMismatch, match=r"cleanup\.policy of \S+ is compact, expected delete"):
        await create_topics(settings)


async def test_nothing_is_made_beside_a_contradiction(kafka: str, prefix: str) -> None:
    """One topic with another partition count, the rest missing: the rest stays missing."""
    settings = StreamSettings(bootstrap_servers=kafka, prefix=prefix, partitions=4)
    admin = AdminClient({"bootstrap.servers": kafka})
    admin.create_topics([NewTopic(settings.topic(ORDERS), 3, 1)])[settings.topic(ORDERS)].result(10)

    async def is_there() -> bool:
        return any(each.found == "3" for each in await verify_topics(settings) if each.setting == "partitions")

    await until(is_there, 20, "the topic of someone else")
    with pytest.raises(TopicMismatch, match="has 3 partitions, expected 4"):
        await create_topics(settings)
    found = await verify_topics(settings)
    assert sum(each.verdict is Verdict.MISSING for each in found) == len(required_topics(settings)) - 1
