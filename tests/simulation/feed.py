"""The consumer that a group gives to a worker, rightly or not."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from streams.backlog import Chunk
from streams.gaps import Gap
from streams.journal import Input, Source
from tests.simulation.inputs import MARK, TOPICS

if TYPE_CHECKING:
    from tests.simulation.node import Node
    from tests.simulation.world import World


class Feed:
    """The consumer of the three inputs: chunks of a topic in order, topics in any; commits the finished prefix."""

    def __init__(self, world: World, node: Node) -> None:
        self._world, self._node = world, node
        self._tokens: dict[Input, deque[list[Any]]]
        self._positions: dict[Input, int]
        self._begin(world.committed)

    def rewind(self) -> None:
        """As after each assignment, whatever is under way: where the owner says, or else at the committed offsets."""
        needed = {number: self._node.owner.needed(number) for number in TOPICS}
        committed = self._world.committed
        self._begin({number: committed[number] if at is None else at for number, at in needed.items()})

    def place(self, vector: Mapping[Input, int]) -> None:
        """Begin there, and commit that; what was handed over before never comes to be acknowledged."""
        self._seek(vector)
        self._tokens = {number: deque([[True, offset]]) for number, offset in vector.items()}

    async def assigned(self) -> bool:
        """What the group says."""
        await self._world.step("ask the group", None)
        return self._node is self._world.nodes[-1]

    async def explain(self, gap: Source) -> Gap | None:
        """The ends of transactions may be passed; a record that was not given may not."""
        await self._world.step("explain", "read_failed")
        records = self._world.inputs.topics[gap.input][gap.first : gap.last + 1]
        self._world.chaos.counts["gaps_explained"] += 1
        return None if any(record.value is not None for record in records) else Gap(gap.first, gap.last, MARK)

    def _seek(self, offsets: Mapping[Input, int]) -> None:
        self._positions = dict(offsets)
        self._tokens = {number: deque() for number in TOPICS}

    def _begin(self, offsets: Mapping[Input, int]) -> None:
        """There, or before; or elsewhere altogether, for committed offsets get lost, and anybody may set them."""
        chaos, topics = self._world.chaos, self._world.inputs.topics
        back = chaos.random.randint(1, 5) if chaos.happens("older") else 0
        if chaos.happens("committed_lost"):
            offsets = dict.fromkeys(TOPICS, 0)
        elif chaos.happens("committed_beyond"):
            offsets = {number: len(records) for number, records in topics.items()}
        self._seek({number: max(0, offset - back) for number, offset in offsets.items()})

    async def run(self) -> None:
        """Until the process ends."""
        world = self._world
        while True:
            ready = [number for number, at in self._positions.items() if at < len(world.inputs.topics[number])]
            if ready and not self._node.owner.full:
                self._node.owner.put(self._chunk(world.chaos.random.choice(ready)))
                await asyncio.sleep(world.chaos.latency_s())
            else:
                await asyncio.sleep(0.1)

    def _chunk(self, number: Input) -> Chunk:
        chaos, at = self._world.chaos, self._positions[number]
        there = [record for record in self._world.inputs.topics[number][at:] if record.value is not None]
        records = there[: chaos.random.randint(1, 4)]
        if len(records) > 1 and chaos.happens("gap"):
            self._node.gapped = True
            records = records[1:]
        end = self._positions[number] = records[-1].offset + 1
        token = [False, end]
        self._tokens[number].append(token)
        return Chunk(number, records, partial(self._finished, token, number))

    def _finished(self, token: list[Any], number: Input) -> None:
        token[0] = True
        if not self._world.over:
            self._world.checker.acknowledged(number, token[1] - 1)

    async def commit_forever(self) -> None:
        """What is finished without a gap, now and then."""
        chaos = self._world.chaos
        while True:
            await asyncio.sleep(chaos.between_s(0.1, 0.5))
            for number, tokens in self._tokens.items():
                end = None
                while tokens and tokens[0][0]:
                    end = tokens.popleft()[1]
                if end is not None:
                    await self._world.step("commit")
                    if not chaos.happens("commit_lost"):
                        self._world.commit(self._node, number, end)
