"""What contradicts the journal rule in a topic's settings is found, whatever the topic."""

from __future__ import annotations

import pytest

from riskstream.embedded.broker import EmbeddedBroker
from schemas.topics import BARS, DECISIONS, METRICS, ORDERS, STATE, TOPICS, Topic
from streams import topics as module
from streams.cluster import Described
from streams.settings import StreamSettings
from streams.topic_rules import Verdict, judge
from streams.topics import (
    TopicMismatch,
    check_topics,
    config_of,
    create_topics,
    dead_letter_config,
    required_topics,
    verify_topics,
)

SETTINGS = StreamSettings()
#: What a broker whose own settings are unfit says of those that nobody set.
DEFAULTS = {"max.message.bytes": "200000", "retention.bytes": "1000000", "message.timestamp.type": "CreateTime"}
REFUSED = [
    (DECISIONS, {"cleanup.policy": "compact"}, r"cleanup.policy of risk\.decisions\.v1 is compact, expected delete"),
    (DECISIONS, {"retention.ms": "3600000"}, r"retention.ms of risk\.decisions\.v1 is 3600000"),
    (STATE, {"cleanup.policy": "delete"}, r"cleanup.policy of risk\.state\.v1"),
    (ORDERS, {"retention.ms": "3600000"}, r"retention.ms of risk\.orders\.v1"),
    (METRICS, {"unclean.leader.election.enable": "true"}, ""),
]


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


@pytest.mark.parametrize(("in_sync", "verdict"), [("1", Verdict.WEAK), ("2", Verdict.OK), ("3", Verdict.WRONG)])
def test_of_two_replicas_both_should_have_it(in_sync: str, verdict: Verdict) -> None:
    """One copy works, but losing its machine loses what was acknowledged; three can't be had."""
    assert verdicts(DECISIONS, 2, min_insync_replicas=in_sync)["min.insync.replicas"] is verdict


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
    with pytest.raises(TopicMismatch, match=r"settings are unknown, .* nothing was made"):
        await create_topics(settings)
    assert await create_topics(settings, allow_unknown=True) == []
    assert await check_topics(settings) is None


@pytest.mark.parametrize(("topic", "changes", "message"), REFUSED)
async def test_a_worker_rests_on_no_topic_that_contradicts_the_rule(
    topic: Topic, changes: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Journal, snapshots and inputs as the rule asks, or no worker begins; what else is wrong does not stop it."""
    described = {
        name: Described(partitions, 3, config_of(METRICS, 3) | {"retention.ms": "900000000"})
        for name, partitions in required_topics(SETTINGS).items()
    }
    for each in TOPICS:
        name = SETTINGS.topic(each)
        described[name] = described[name]._replace(config=config_of(each, 3) | (changes if each == topic else {}))

    async def answer(*_: object, **__: object) -> dict[str, Described]:
        return described

    monkeypatch.setattr(module, "describe", answer)
    if message:
        with pytest.raises(TopicMismatch, match=message):
            await check_topics(SETTINGS)
    else:
        assert await check_topics(SETTINGS) == 30 * 86_400_000
