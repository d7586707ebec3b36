"""What a worker does with the inputs of one partition, without Kafka: inputs in, journal records out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

from schemas import topics
from schemas.codec import BadPayload, decode, decode_body, encode
from schemas.decisions import Decision
from schemas.outputs import RiskMetrics, StressResult, VarResult
from schemas.records import Body, Facts, Skip
from schemas.reference import Account, Instrument
from streams.dead_letters import DeadLetter
from streams.journal import Header, Input, Kind, Source
from streams.partitioning import partition_of

LOG = logging.getLogger(__name__)
INPUTS: dict[Input, topics.Topic] = {
    Input.ORDERS: topics.ORDERS, Input.FILLS: topics.FILLS, Input.COMMANDS: topics.COMMANDS,
}
Metrics = list[RiskMetrics | VarResult | StressResult]


class Engine(Protocol):
    """What the processor needs of :class:`risk.engine.RiskEngine`; only ``apply`` changes anything."""

    def define(self, reference: Account | Instrument) -> tuple[Body, ...]: ...
    def events(self, now_ns: int, accounts: Iterable[str] | None = None) -> tuple[Body, ...]: ...
    def decide(self, event: Any, now_ns: int, wrong_partition: bool = False) -> tuple[Body, ...]: ...
    def apply(self, body: Body) -> None: ...
    def metrics(self, now_ns: int) -> Metrics: ...


class InputHole(Exception):
    """An input topic goes on after an offset that was never consumed: fatal, fail closed."""


class Undecidable(Exception):
    """The engine failed on an input, or answered with what no reader could decode. The input goes to the dead letters:
    no decision is no approval."""


class Pending(NamedTuple):
    """A journal record that is not sent yet: everything but epoch, owner and seq."""

    kind: Kind
    source: Source | None
    key: bytes | None
    payload: bytes


class Outcome(NamedTuple):
    """What a chunk of inputs led to, in order."""

    records: list[Pending]
    letters: list[DeadLetter]


class Processor:
    """Engine and input vector of one partition. ``vector`` holds the next offset of each input: a fold of sources.

    ``now_ns`` gives the time an event is judged at.
    """

    def __init__(self, engine: Engine, partition: int, partitions: int, now_ns: Callable[[int], int]) -> None:
        self.engine = engine
        self.partition, self.partitions = partition, partitions
        self.vector: dict[Input, int] = dict.fromkeys(INPUTS, 0)
        self._now_ns = now_ns

    def fold(self, header: Header, body: Body) -> None:
        """Take over one effective record of the journal. Never decides, sees no market.

        :raises InputHole: its source does not continue the vector.
        """
        if header.source is not None:
            self._advance(header.source)
        self.engine.apply(body)

    def define(self, references: Iterable[Account | Instrument]) -> list[Pending]:
        """Let reference data into the state: of instruments, and of the accounts that live in this partition."""
        pending: list[Pending] = []
        for reference in references:
            if not isinstance(reference, Account) or self._is_home(reference.account_id):
                pending += self._apply(partial(self.engine.define, reference))
        return pending

    def sweep(self) -> list[Pending]:
        """What the market changed in account state, orders or none."""
        try:
            return self._apply(lambda: self.engine.events(self._now_ns(0)))
        except Undecidable as error:  # each order is refused for the same cause, see `_step`
            LOG.error("partition %s: no sweep: %s", self.partition, error)  # noqa: TRY400
            return []

    def metrics(self) -> Metrics:
        """Risk metrics of all accounts; none if that fails, which harms no decision."""
        try:
            return self.engine.metrics(self._now_ns(0))
        except Exception:
            LOG.exception("partition %s: no metrics", self.partition)
            return []

    def take(self, number: Input, records: Sequence[Any]) -> Outcome:
        """Decide a chunk of raw records of one input topic; the state goes ahead with it.

        :raises InputHole: the chunk starts after the next offset.
        """
        outcome = Outcome([], [])
        for record in records:
            if record.offset < self.vector[number]:
                continue
            source = Source(number, record.offset, record.offset)
            self._advance(source)
            try:
                self._step(decode(INPUTS[number], record.value), source, outcome.records)
            except (BadPayload, Undecidable) as error:
                self._skip(record, source, str(error), outcome)
        return outcome

    def _step(self, event: Any, source: Source, records: list[Pending]) -> None:
        """``RiskEngine.step`` in its two halves, so that what the market changed stays journaled if deciding fails."""
        now_ns, account_id = self._now_ns(event.event_time_ns), getattr(event, "account_id", None)
        stray = account_id is not None and not self._is_home(account_id)
        accounts = None if account_id is None else (account_id,)
        records += self._apply(lambda: self.engine.events(now_ns, accounts))
        decided = self._apply(lambda: self.engine.decide(event, now_ns, wrong_partition=stray))
        if not decided:
            raise Undecidable("the engine had no answer")
        records += [*decided[:-1], decided[-1]._replace(source=source)]

    def _apply(self, judge: Callable[[], tuple[Body, ...]]) -> list[Pending]:
        """Ask the engine, make sure that every reader will understand the answer, then make it the state."""
        try:
            bodies = judge()
            pending = [_pending(body) for body in bodies]
        except Exception as error:
            LOG.exception("partition %s: the engine failed", self.partition)
            raise Undecidable(f"the engine failed: {error!r}") from error
        for body in bodies:
            self.engine.apply(body)
        return pending

    def _skip(self, record: Any, source: Source, reason: str, outcome: Outcome) -> None:
        body = Skip(reason=reason[:500], event_time_ns=self._now_ns(0))
        outcome.records.append(Pending(Kind.SKIP, source, record.key, encode(body)))
        self.engine.apply(body)
        outcome.letters.append(
            DeadLetter(record.topic, record.partition, record.offset, record.key, record.value, reason)
        )

    def _advance(self, source: Source) -> None:
        if source.first != self.vector[source.input]:
            raise InputHole(
                f"{INPUTS[source.input].name}-{self.partition} goes on at offset {source.first}, "
                f"needed {self.vector[source.input]}"
            )
        self.vector[source.input] = source.last + 1

    def _is_home(self, account_id: str) -> bool:
        return partition_of(account_id, self.partitions) == self.partition


def _pending(body: Body) -> Pending:
    """A body as a record.

    :raises msgspec.ValidationError: it would be written, but nobody could read it (nan becomes null, for example).
    """
    kind = Kind.DECISION if isinstance(body, Decision) else Kind.FACTS if isinstance(body, Facts) else Kind.EVENT
    account_id, payload = getattr(body, "account_id", None), encode(body)
    decode_body(payload)
    return Pending(kind, None, account_id.encode() if account_id else None, payload)
