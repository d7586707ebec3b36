"""Who gets which partitions, as workers come and go."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata
from yarl import URL

from schemas.topics import COMMANDS, FILLS, ORDERS, TICKS
from streams.assignor import Assignor

INPUTS = (ORDERS.name, FILLS.name, COMMANDS.name)


class Group:
    """Assignors of the members of a group, which the broker would carry words between."""

    def __init__(self, partitions: dict[str, int]) -> None:
        self._cluster = SimpleNamespace(partitions_for_topic=lambda topic: set(range(partitions[topic])))
        self._partitions = partitions
        self._members: dict[str, Assignor] = {}

    def join(self, name: str) -> None:
        """As one that has nothing yet; Faust's settings say one standby."""
        sensors = SimpleNamespace(on_assignment_start=lambda _: None, on_assignment_completed=lambda *_: None)
        app = SimpleNamespace(
            tables=SimpleNamespace(data={}, changelog_topics=set()),
            tracer=None,
            sensors=sensors,
            conf=SimpleNamespace(canonical_url=URL(f"http://{name}")),
        )
        self._members[name] = Assignor(app, replicas=1)

    def leave(self, name: str) -> None:
        """Without a word."""
        del self._members[name]

    def rebalance(self, names: list[str]) -> list[dict[str, set[int]]]:
        """What each has by topic, when they joined in this order; the first leads."""
        told: dict[str, ConsumerProtocolMemberMetadata] = {
            name: self._members[name].metadata(set(self._partitions)) for name in names
        }
        answers: Any = self._members[names[0]].assign(self._cluster, told)
        for name, answer in answers.items():
            self._members[name].on_assignment(answer)
        return [{topic: set(places) for topic, places in answer.assignment} for answer in answers.values()]


@pytest.mark.parametrize("partitions", [1, 4, 12, 64])
@pytest.mark.parametrize("ticks", [1, 4])
def test_each_gets_its_share_of_whole_partitions(partitions: int, ticks: int) -> None:
    """Through random joins and leaves each partition has one worker, with all its inputs; nobody is without one
    as long as there are enough, or has more than its share rounded up."""
    chance = random.Random(partitions * ticks)
    group = Group({**dict.fromkeys(INPUTS, partitions), TICKS.name: ticks})
    present: list[str] = []
    for number in range(300):
        if len(present) < 2 or (len(present) < 6 and chance.random() < 0.5):
            present.append(f"worker-{number}")
            group.join(present[-1])
        else:
            group.leave(present.pop(chance.randrange(len(present))))
        chance.shuffle(present)
        given = group.rebalance(present)
        for topics in given:
            assert topics.get(ORDERS.name) == topics.get(FILLS.name) == topics.get(COMMANDS.name)
        parts = [topics.get(ORDERS.name, set()) for topics in given]
        assert sorted(partition for part in parts for partition in part) == list(range(partitions))
        assert min(map(len, parts)) >= min(1, partitions // len(present))
        assert max(map(len, parts)) <= -(-partitions // len(present))
        assert sum(len(topics.get(TICKS.name, ())) for topics in given) == ticks
