"""The topic table is complete and unambiguous."""

from __future__ import annotations

from collections import Counter

import pytest

from schemas import commands, topics
from schemas.base import Event
from schemas.json_schema import tag_of
from schemas.topics import INPUTS, TOPICS, Count, Topic, concerns_all, full_name, key_of
from tests.schemas.examples import example

INPUT_TOPICS = (topics.ORDERS, topics.FILLS, topics.COMMANDS, topics.TICKS, topics.INSTRUMENTS, topics.ACCOUNTS)
PAIRS = [(topic, kind) for topic in TOPICS for kind in topic.types]
UNKEYED = {"claim", "facts", "account_defined", "instrument_defined", "skip"}


def test_each_input_has_one_topic() -> None:
    """A type that outsiders publish goes to exactly one input topic."""
    counts = Counter(kind for topic in INPUT_TOPICS for kind in topic.types)
    assert set(counts.values()) == {1}
    assert set(INPUTS) == set(counts)


def test_only_bars_travel_on_two_topics() -> None:
    """Every type has one topic; closed bars also go out again, to the history topic."""
    counts = Counter(kind for _, kind in PAIRS)
    assert {kind.__name__ for kind, count in counts.items() if count > 1} == {"Bar"}


def test_names_and_tags_are_unique() -> None:
    """No two topics share a name, and no two types a tag."""
    assert len({topic.name for topic in TOPICS}) == len(TOPICS)
    kinds = {kind for _, kind in PAIRS}
    assert len({tag_of(kind) for kind in kinds}) == len(kinds)


@pytest.mark.parametrize(("topic", "kind"), PAIRS, ids=lambda part: getattr(part, "__name__", ""))
def test_keys_exist(topic: Topic, kind: type[Event]) -> None:
    """Each event has a key on its topic; partition-wide journal records, which have none, are addressed by number."""
    event = example(kind, full=True)
    if tag_of(kind) in UNKEYED:
        with pytest.raises(ValueError, match="expected an event of topic decisions"):
            key_of(topic, event)
    else:
        assert key_of(topic, event)


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (commands.SetLimits, "scope_id"),
        (commands.Kill, "scope_id"),
        (commands.Unkill, "scope_id"),
        (commands.TripBreaker, "account_id"),
        (commands.ResetBreaker, "account_id"),
        (commands.Timer, "command_id"),
    ],
)
def test_keys_of_commands(kind: type[Event], field: str) -> None:
    """A command is keyed by its account, else by what it is aimed at, else by its own id."""
    event = example(kind, full=True)
    assert key_of(topics.COMMANDS, event) == getattr(event, field)


@pytest.mark.parametrize("scope", commands.Scope)
def test_wide_commands_concern_all_partitions(scope: commands.Scope) -> None:
    """A kill of one account meets that account's orders by key; any wider one needs a copy in each partition."""
    kill = commands.Kill(command_id="c", scope=scope, scope_id="acc", author="x", event_time_ns=1)
    assert concerns_all(kill) == (scope is not commands.Scope.ACCOUNT)
    assert key_of(topics.COMMANDS, kill) == "acc"


def test_timers_concern_all_partitions() -> None:
    """Time passes for every partition, while a breaker reset and an order concern one."""
    assert concerns_all(example(commands.Timer, full=True))
    assert not concerns_all(example(commands.ResetBreaker, full=True))


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_partition_counts(topic: Topic) -> None:
    """What is keyed by account has P partitions so that it meets its orders; ticks M; the rest one."""
    expected = {Count.ACCOUNTS: 6, Count.MARKET: 3, Count.ONE: 1}[topic.counted_by]
    assert topics.partitions(topic, 6, 3) == expected


def test_names() -> None:
    """Full names carry the prefix and the version; dead letters stand beside their topic."""
    assert full_name(topics.ORDERS) == "risk.orders.v1"
    assert full_name(topics.ORDERS, "desk7") == "desk7.orders.v1"
    assert topics.dead_letter_name(topics.FILLS) == "risk.fills.v1.dlq"


def test_inputs_without_dead_letters_are_reference_data() -> None:
    """Each stream of inputs has dead letters; reference data is read by all workers and has none."""
    assert {topic.name for topic in INPUT_TOPICS if not topic.dead_letters} == {"instruments", "accounts"}
