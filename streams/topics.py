"""The topics on a broker: what there must be, making them, and refusing what contradicts the rule."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

from schemas import topics
from schemas.topics import TOPICS, Topic
from streams.cluster import FOR_EVER, Described, describe
from streams.settings import StreamSettings
from streams.topic_rules import DAY_MS, IN_SYNC_MIN, INPUTS, JOURNAL_RETENTION_DAYS_MIN, Finding, Verdict, judge

JOURNAL_RETENTION_MS = 30 * DAY_MS
REFERENCE_RETENTION_MS = FOR_EVER
OUTPUT_RETENTION_MS = JOURNAL_RETENTION_DAYS_MIN * DAY_MS
#: Kafka's default, which a whole batch fits into.
MESSAGE_MAX_BYTES = 1_048_588
APPEAR_TIMEOUT_S, APPEAR_CHECK_S = 30.0, 0.1


class TopicMismatch(Exception):
    """Topics are missing, have another partition count than the settings say, or contradict the rule."""


class TopicInfo(NamedTuple):
    """A topic as it is, beside what it should be; ``partitions`` is ``None`` where it does not exist."""

    name: str
    partitions: int | None
    expected: int


def required_topics(settings: StreamSettings) -> dict[str, int]:
    """Every topic with its partition count, dead letters included."""
    return {name: settings.partitions_of(topic) for name, topic in _named(settings)}


def _named(settings: StreamSettings) -> list[tuple[str, Topic]]:
    """Every name that there must be, with the topic that it is of; dead letters are of their topic."""
    return [
        (name(topic), topic)
        for topic in TOPICS
        for name in (settings.topic, settings.dead_letters)[: 1 + topic.dead_letters]
    ]


def config_of(topic: Topic, replicas: int = 1) -> dict[str, str]:
    """Broker settings of a topic, whatever the broker's defaults are. The journal is never compacted (that would remove
    claims), never shortened to a size, and takes no unclean leader; bars are the estimators' history and are kept. The
    broker stamps inputs: an order is late by its clock."""
    config = dead_letter_config(replicas)
    if topic.compacted:
        return {name: value for name, value in config.items() if name != "retention.ms"} | {"cleanup.policy": "compact"}
    kept = {topics.DECISIONS: JOURNAL_RETENTION_MS, topics.BARS: REFERENCE_RETENTION_MS}
    stamped = {"message.timestamp.type": "LogAppendTime"} if topic in INPUTS else {}
    return config | {"retention.ms": str(kept.get(topic, OUTPUT_RETENTION_MS))} | stamped


def dead_letter_config(replicas: int = 1) -> dict[str, str]:
    """Broker settings of a topic of dead letters: a week to find them. Two copies of what is acknowledged, if there are
    two: of two replicas none may be away, of more one may."""
    return {
        "min.insync.replicas": str(min(replicas, max(IN_SYNC_MIN, replicas - 1))),
        "unclean.leader.election.enable": "false",
        "cleanup.policy": "delete",
        "retention.ms": str(OUTPUT_RETENTION_MS),
        "retention.bytes": str(FOR_EVER),
        "max.message.bytes": str(MESSAGE_MAX_BYTES),
    }


async def create_topics(settings: StreamSettings, replicas: int = 1, allow_unknown: bool = False) -> list[str]:
    """Make what is missing; gives the names made. Nothing is made while an existing one contradicts the rule.

    :raises TopicMismatch: one does, or (without ``allow_unknown``) it can't be known.
    :raises aiokafka.errors.KafkaError: no broker answers, or it refuses to make one.
    :raises TimeoutError: they were made, but the brokers know nothing of them.
    """
    from aiokafka.admin import NewTopic

    described = await describe(settings)
    findings = _judged(settings, described)
    refused = {Verdict.WRONG} if allow_unknown else {Verdict.WRONG, Verdict.UNKNOWN}
    _refuse(findings, refused, "nothing was made")
    missing = {each.topic for each in findings if each.verdict is Verdict.MISSING}
    configs = {settings.topic(topic): config_of(topic, replicas) for topic in TOPICS}
    new = [
        NewTopic(name, count, replicas, topic_configs=configs.get(name, dead_letter_config(replicas)))
        for name, count in required_topics(settings).items()
        if name in missing
    ]
    if new:
        await _create(settings, new)
        await _appear(settings, missing)
        _refuse(await verify_topics(settings), {Verdict.WRONG}, "someone else made it")
    return [topic.name for topic in new]


async def verify_topics(settings: StreamSettings) -> list[Finding]:
    """Every setting that the rule asks for, as it is on the broker.

    :raises aiokafka.errors.KafkaConnectionError: no broker answers.
    """
    return _judged(settings, await describe(settings))


async def list_topics(settings: StreamSettings) -> list[TopicInfo]:
    """Every topic as it is on the broker.

    :raises aiokafka.errors.KafkaConnectionError: no broker answers.
    """
    described = await describe(settings, with_configs=False)
    return [
        TopicInfo(name, described[name].partitions if name in described else None, expected)
        for name, expected in required_topics(settings).items()
    ]


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


async def check_topics(settings: StreamSettings) -> int | None:
    """What a worker needs before it begins: partition counts, and no setting of journal, snapshots and inputs that the
    rule forbids; a broker that tells none is believed. Gives for how many milliseconds the journal keeps records,
    ``None``: for ever, or nobody knows.

    :raises TopicMismatch: something contradicts the rule; the message names each.
    """
    await check_partitions(settings)
    described = await describe(settings)
    rested_on = {settings.topic(topic) for topic in (topics.DECISIONS, topics.STATE, *INPUTS)}
    findings = [each for each in _judged(settings, described) if each.topic in rested_on]
    _refuse(findings, {Verdict.WRONG}, "no worker begins")
    return described[settings.topic(topics.DECISIONS)].retention_ms


def _judged(settings: StreamSettings, described: Mapping[str, Described]) -> list[Finding]:
    letters = {settings.dead_letters(topic) for topic in TOPICS}
    return [
        finding
        for name, topic in _named(settings)
        for finding in judge(
            settings, name, None if name in letters else topic, settings.partitions_of(topic), described.get(name)
        )
    ]


def _refuse(findings: list[Finding], refused: set[Verdict], consequence: str) -> None:
    wrong = [each.text for each in findings if each.verdict in refused - {Verdict.UNKNOWN}]
    untold = sum(each.verdict is Verdict.UNKNOWN for each in findings) if Verdict.UNKNOWN in refused else 0
    if untold:
        wrong.append(
            f"{untold} settings are unknown, as `riskstream topics verify` lists them (--allow-unknown accepts)"
        )
    if wrong:
        raise TopicMismatch(f"{'; '.join(wrong)}: {consequence}")


async def _create(settings: StreamSettings, new: list[Any]) -> None:
    """A topic that another one made in the meantime is there, as asked."""
    from aiokafka.admin import AIOKafkaAdminClient
    from aiokafka.errors import TopicAlreadyExistsError, for_code

    admin: Any = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    try:
        await admin.start()
        answer = await admin.create_topics(new)
    finally:
        await admin.close()
    for name, code, *text in answer.topic_errors:
        if code not in {0, TopicAlreadyExistsError.errno}:
            raise for_code(code)(f"{name} could not be made: {' '.join(filter(None, text))}")


async def _appear(settings: StreamSettings, names: set[str]) -> None:
    """The controller makes topics; the brokers that clients ask hear of them a moment later."""
    async with asyncio.timeout(APPEAR_TIMEOUT_S):
        while not names <= (await describe(settings, with_configs=False)).keys():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(APPEAR_CHECK_S)
