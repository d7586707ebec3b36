"""What the journal rule asks of a topic's settings, and what a live topic says to that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NamedTuple

from schemas import topics
from schemas.topics import Topic
from streams.cluster import FOR_EVER, Described
from streams.log import BATCH_MAX_BYTES
from streams.settings import StreamSettings

DAY_MS = 86_400_000
JOURNAL_RETENTION_DAYS_MIN = 7
SNAPSHOT_PERIODS_MIN = 100
#: From so many replicas on, one of them may be lost while two still have what was acknowledged.
REPLICAS_SAFE = 3
INPUTS = (topics.ORDERS, topics.FILLS, topics.COMMANDS)
#: Copies that there must be of what is acknowledged.
IN_SYNC_MIN = 2


class Verdict(StrEnum):
    """``weak``: it works, but a lost machine can lose what was acknowledged; the others but ``ok`` are refusals."""

    OK = "ok"
    WEAK = "weak"
    WRONG = "wrong"
    MISSING = "missing"
    UNKNOWN = "unknown"


class Finding(NamedTuple):
    """One setting of one topic: what it is (``None``: not there, or not told) and what it should be."""

    topic: str
    setting: str
    found: str | None
    expected: str
    verdict: Verdict

    @property
    def text(self) -> str:
        """In one sentence."""
        if self.verdict is Verdict.MISSING:
            return f"{self.topic} does not exist"
        if self.setting in {"partitions", "replicas"}:
            return f"{self.topic} has {self.found} {self.setting}, expected {self.expected}"
        if self.verdict is Verdict.UNKNOWN:
            return f"{self.setting} of {self.topic} is unknown, expected {self.expected}"
        return f"{self.setting} of {self.topic} is {self.found}, expected {self.expected}"


class Rule(NamedTuple):
    """A setting, what it should be in words, and the verdict on a value."""

    setting: str
    expected: str
    verdict: Callable[[str], Verdict]


def judge(
    settings: StreamSettings, name: str, topic: Topic | None, partitions: int, found: Described | None
) -> list[Finding]:
    """Every rule against a topic; ``topic`` is ``None`` for dead letters, ``found`` if it does not exist."""
    if found is None:
        return [Finding(name, "partitions", None, str(partitions), Verdict.MISSING)]
    same = Verdict.OK if found.partitions == partitions else Verdict.WRONG
    copies = Verdict.OK if found.replicas >= REPLICAS_SAFE else Verdict.WEAK
    return [
        Finding(name, "partitions", str(found.partitions), str(partitions), same),
        Finding(name, "replicas", str(found.replicas), f"at least {REPLICAS_SAFE}", copies),
        *(_finding(name, rule, found.config) for rule in rules(settings, topic, found.replicas)),
    ]


def rules(settings: StreamSettings, topic: Topic | None, replicas: int) -> list[Rule]:
    """What is asked of the settings of a topic with so many replicas."""
    asked = [
        _in_sync(replicas),
        _equal("unclean.leader.election.enable", "false"),
        _equal("cleanup.policy", "compact" if topic is not None and topic.compacted else "delete"),
    ]
    if topic is None or topic in {topics.DECISIONS, topics.STATE}:
        asked.append(_at_least("max.message.bytes", BATCH_MAX_BYTES))
    if topic == topics.DECISIONS:
        snapshots_ms = SNAPSHOT_PERIODS_MIN * settings.snapshot_ms
        asked += [
            _kept("retention.ms", max(JOURNAL_RETENTION_DAYS_MIN * DAY_MS, snapshots_ms)),
            _equal("retention.bytes", str(FOR_EVER)),
        ]
    if topic in INPUTS:
        asked += [
            _kept("retention.ms", DAY_MS),
            _equal("retention.bytes", str(FOR_EVER)),
            _equal("message.timestamp.type", "LogAppendTime"),
        ]
    if topic == topics.BARS:
        asked.append(_equal("retention.ms", str(FOR_EVER)))
    return asked


def _finding(name: str, rule: Rule, config: Mapping[str, str] | None) -> Finding:
    value = config.get(rule.setting) if config is not None else None
    verdict = Verdict.UNKNOWN if value is None else rule.verdict(value)
    return Finding(name, rule.setting, value, rule.expected, verdict)


def _either(holds: bool) -> Verdict:
    return Verdict.OK if holds else Verdict.WRONG


def _equal(setting: str, value: str) -> Rule:
    return Rule(setting, value, lambda found: _either(found == value))


def _at_least(setting: str, least: int) -> Rule:
    return Rule(setting, f"at least {least}", lambda found: _either(int(found) >= least))


def _kept(setting: str, least: int) -> Rule:
    return Rule(setting, f"at least {least}", lambda found: _either(int(found) == FOR_EVER or int(found) >= least))


def _in_sync(replicas: int) -> Rule:
    """Two copies of what is acknowledged, as far as there are two; more than there are would stop every writer."""
    least = min(IN_SYNC_MIN, replicas)

    def verdict(found: str) -> Verdict:
        if 1 <= int(found) < least and replicas < REPLICAS_SAFE:
            return Verdict.WEAK
        return _either(least <= int(found) <= replicas)

    return Rule("min.insync.replicas", f"{least} to {replicas}" if least < replicas else str(least), verdict)
