"""Everything around the workers that they touch: time, faults, the topics, and who watches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from schemas.decisions import Decision
from streams.journal import Cursor, Input
from streams.log import LogUnavailable
from streams.processor import InputHole
from streams.reader import JournalGap
from streams.settings import Clock, StreamSettings
from streams.tail import JournalStartsLate
from tests.simulation.chaos import Chaos
from tests.simulation.checker import Checker
from tests.simulation.inputs import TOPICS, Inputs
from tests.simulation.lineage import Lineages
from tests.simulation.log import Journal, Kept
from tests.simulation.loop import VirtualLoop, running
from tests.simulation.node import Node
from tests.simulation.rule import Head, head_of
from tests.simulation.store import State
from tests.simulation.warehouse import Copier, Database

SESSION_S = 2.0
KINDS = ("", "claim", "decision", "facts", "event", "skip")


class World:
    """What is the same for all workers of a run, and the list of them: the last one is the one that is assigned."""

    def __init__(self, chaos: Chaos) -> None:
        self.chaos, self.loop = chaos, VirtualLoop()
        self._context = copy_context()
        draw = chaos.random
        self.settings = StreamSettings(
            partitions=2,
            clock=Clock.EVENT,
            sweep_ms=draw.choice((400, 900)),
            metrics_ms=4000,
            digest_every=1,
            snapshot_records=draw.choice((2, 3, 5, 9)),
            snapshot_rests=0,
            snapshot_ms=3000,
            batch_max=draw.randint(2, 12),
            session_timeout_ms=int(SESSION_S * 1000),
            latency_budget_ms=draw.choice((0, 1500, 5000)),
        )
        #: Nothing that happens from now on counts.
        self.over = False
        self.steps = 0
        self.history: list[str] = []
        self.inputs = Inputs(draw, self.loop.time)
        self.buried: set[tuple[int, int]] = set()
        self.checker = Checker(self.inputs.given, self.buried)
        self.lineages = Lineages()
        self.journal, self.state = Journal(self), State(self)
        self.committed: dict[Input, int] = dict.fromkeys(TOPICS, 0)
        self.projected = Cursor()
        #: What every worker learns of market and reference data, in order.
        self.news: list[Any] = []
        self.nodes: list[Node] = []
        #: What the output topics hold, where the sink puts it and the journal, and its processes.
        self.outputs: dict[TopicPartition, list[bytes]] = {}
        self.database = Database(self)
        self.copiers: list[Copier] = []
        #: Inputs that the venue is about to send.
        self.answers = 0

    def note(self, text: str) -> None:
        """A line of the history."""
        process = running()
        self.history.append(f"{self.loop.time():9.4f} {process.name if process else '-':4} {text}")

    def at(self, when_s: float, callback: Callable[..., None], *args: Any) -> None:
        """Call at a time, outside of all processes."""
        self.loop.call_at(when_s, callback, *args, context=self._context)

    def after(self, delay_s: float, callback: Callable[..., None], *args: Any) -> None:
        """Call later, outside of all processes."""
        self.at(self.loop.time() + delay_s, callback, *args)

    async def step(self, what: str, failing: str | None = None) -> None:
        """A worker's step of input or output: it may end or stop here, wait, or be refused.

        :raises LogUnavailable: the fault ``failing`` happens.
        """
        if self.over:
            raise asyncio.CancelledError
        self.steps += 1
        self.note(f"#{self.steps} {what}")
        self.chaos.counts[f"step {what.rstrip('0123456789+ ')}"] += 1
        fault = self.chaos.at_step(self.steps)
        if fault is not None:
            self._strike(fault)
            await asyncio.sleep(0.0)
        delay_s = self.chaos.latency_s()
        if delay_s:
            await asyncio.sleep(delay_s)
        if failing is not None and self.chaos.happens(failing):
            raise LogUnavailable(f"{what}: no answer")

    def stop(self, node: Node | Copier) -> None:
        """A process's end, which others know of."""
        node.ended = True
        self.loop.stop_process(node.process)

    def failed(self, node: Node, error: BaseException | None) -> None:
        """A worker ends itself: only ever because of what was done to it."""
        self.note(f"{node.process.name} fails: {error!r}")
        deleted = isinstance(error, JournalStartsLate | JournalGap) and self.journal.begin > 0
        expected = isinstance(error, KafkaError) or deleted or (isinstance(error, InputHole) and node.gapped)
        if not expected:
            self.checker.fault(f"I7: a worker ended itself: {error!r}")
        self.chaos.counts[f"failed {type(error).__name__}"] += 1
        self.stop(node)

    def landed(self, kept: Kept) -> None:
        """A record is in the journal; the venue answers an approved order."""
        head, offset = head_of(kept.header), len(self.checker.counted)
        effective = self.checker.landed(kept.header, kept.payload, kept.lineage)
        self._note_record(offset, head)
        if effective is not None and isinstance(effective.body, Decision):
            for delay_s, number, event in self.inputs.answers_to(effective.body):
                self.answers += 1
                self.after(delay_s, self._answer, number, event)

    def forget(self) -> None:
        """The journal's beginning goes, as far as a snapshot makes up for it and everything is projected and stored."""
        begin = min(self.state.newest, self.projected.offset, self.database.journal_end)
        if begin > self.journal.begin and self.chaos.happens("retention"):
            self.journal.begin = begin
            self.note(f"the journal begins at {begin}")

    def commit(self, node: Node, number: Input, offset: int) -> None:
        """A worker commits; the group takes it from the one it assigned, and hardly from another."""
        if node is self.nodes[-1] or self.chaos.happens("zombie_commits"):
            self.committed[number] = offset

    def _strike(self, fault: str) -> None:
        """The process that runs ends here, or stops and goes on later: after its session, perhaps."""
        node = next(node for node in (*self.nodes, *self.copiers) if node.process is running())
        self.note(fault)
        self.loop.stop_process(node.process)
        node.stopped_at = self.loop.time()
        if fault == "crash":
            self.after(self.chaos.between_s(0.0, SESSION_S), self.stop, node)
        else:
            self.after(self.chaos.between_s(0.2, 3 * SESSION_S), self._continue, node)

    def _continue(self, node: Node | Copier) -> None:
        if not node.ended:
            self.note(f"{node.process.name} goes on")
            node.stopped_at = None
            self.loop.continue_process(node.process)

    def _answer(self, number: Input, event: Any) -> None:
        self.answers -= 1
        self.inputs.put(number, event)

    def _note_record(self, offset: int, head: Head) -> None:
        source = f" {Input(head.input).name.lower()} {head.first}..{head.last}" if head.input else ""
        self.note(
            f"@{offset} {KINDS[head.kind]} epoch {head.epoch} owner {head.owner.hex()[:4]} seq {head.seq}{source}"
            f"{'' if self.checker.counted[offset] else ' VOID'}"
        )
