"""What contradicts the journal rule in a topic's settings is found, whatever the topic."""

from __future__ import annotations

import pytest

from riskstream.embedded.broker import EmbeddedBroker
from schemas.topics import BARS, DECISIONS, METRICS, ORDERS, STATE, TOPICS, Topic
from streams.cluster import Described
from streams.settings import StreamSettings
from streams.topic_rules import Verdict, judge
from streams.topics import TopicMismatch, config_of, create_topics, dead_letter_config, required_topics, verify_topics

SETTINGS = StreamSettings()
#: What a broker says of settings that nobody set.
DEFAULTS = {"max.message.bytes": "1048588", "retention.bytes": "-1", "message.timestamp.type": "CreateTime"}


def verdicts(topic: Topic | None, replicas: int = 3, partitions: int = 4, **changes: str) -> dict[str, Verdict]:
    """The verdict on each setting of a topic as it is created, but for the changes."""
    made = dead_letter_config(replicas) if topic is None else config_of(topic, replicas)
    changed = {name.replace("_", "."): value for name, value in changes.items()}
    found = Described(partitions, replicas, DEFAULTS | made | changed)
    return {each.setting: each.verdict for each in judge(SETTINGS, "t", topic, 4, found)}


@pytest.mark.parametrize("replicas", [1, 2, 3, 5])
@pytest.mark.parametrize("topic", [*TOPICS, None], ids=lambda topic: topic.name if topic else "dlq")
def test_what_is_created_holds(topic: Topic | None, replicas: int) -> None:
    """Topics as this version makes them contradict nothing; too few replicas are weak, but no contradiction."""
    found = verdicts(topic, replicas)
    assert found.pop("replicas") == (Verdict.OK if replicas >= 3 else Verdict.WEAK)
    assert set(found.values()) == {Verdict.OK}


@pytest.mark.parametrize(
    ("topic", "setting", "value"),
    [
        (DECISIONS, "cleanup.policy", "compact"),
        (DECISIONS, "cleanup.policy", "compact,delete"),
        (DECISIONS, "retention.ms", str(7 * 86_400_000 - 1)),
        (DECISIONS, "retention.bytes", "1000000000"),
        (DECISIONS, "min.insync.replicas", "1"),
        (DECISIONS, "unclean.leader.election.enable", "true"),
        (DECISIONS, "max.message.bytes", "999999"),
        (STATE, "cleanup.policy", "delete"),
        (STATE, "max.message.bytes", "10000"),
        (ORDERS, "cleanup.policy", "compact"),
        (ORDERS, "retention.ms", "3600000"),
        (ORDERS, "message.timestamp.type", "CreateTime"),
        (ORDERS, "min.insync.replicas", "4"),
        (METRICS, "unclean.leader.election.enable", "true"),
        (BARS, "retention.ms", "604800000"),
        (None, "cleanup.policy", "compact"),
    ],
)
def test_a_contradiction_is_wrong(topic: Topic | None, setting: str, value: str) -> None:
    """Each setting that the rule asks for is found when it is anything else, and nothing else is."""
    found = verdicts(topic, **{setting.replace(".", "_"): value})
    assert {name for name, verdict in found.items() if verdict is Verdict.WRONG} == {setting}


def test_retention_covers_a_hundred_snapshots() -> None:
    """Rare snapshots ask for a longer journal; one that is kept for ever is always long enough."""
    rare = StreamSettings(snapshot_ms=86_400_000)
    for kept_ms, verdict in ((30 * 86_400_000, Verdict.WRONG), (100 * 86_400_000, Verdict.OK), (-1, Verdict.OK)):
        config = DEFAULTS | config_of(DECISIONS, 3) | {"retention.ms": str(kept_ms)}
        found = judge(rare, "t", DECISIONS, 4, Described(4, 3, config))
        assert next(each.verdict for each in found if each.setting == "retention.ms") is verdict


def test_partitions_missing_and_unknown() -> None:
    """Another partition count is wrong, no topic is missing, no word on a setting is unknown: none of them passes."""
    assert verdicts(ORDERS, partitions=3)["partitions"] is Verdict.WRONG
    assert [each.verdict for each in judge(SETTINGS, "t", ORDERS, 4, None)] == [Verdict.MISSING]
    silent = judge(SETTINGS, "t", ORDERS, 4, Described(4, 3, None))
    assert {each.verdict for each in silent if each.setting not in {"partitions", "replicas"}} == {Verdict.UNKNOWN}
    assert {"cleanup.policy of t is unknown, expected delete"} <= {each.text for each in silent}


async def test_a_broker_that_tells_no_settings(broker: EmbeddedBroker, settings: StreamSettings) -> None:
    """The embedded broker knows partitions only: the rest is unknown, and making topics beside it must be allowed."""
    findings = await verify_topics(settings)
    assert {each.topic for each in findings} == set(required_topics(settings))
    assert {each.verdict for each in findings} == {Verdict.OK, Verdict.WEAK, Verdict.UNKNOWN}
    with pytest.raises(TopicMismatch, match=r"cleanup\.policy of risk\.decisions\.v1 is unknown, expected delete"):
        await create_topics(settings)
    assert await create_topics(settings, allow_unknown=True) == []
