"""What a worker does with the inputs of one partition, without Kafka: inputs in, journal records out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from risk.engine import RiskEngine
from schemas import topics
from schemas.codec import BadPayload, decode, encode
from schemas.decisions import Decision
from schemas.records import Body, Facts, Skip
from schemas.reference import Account, Instrument
from streams.dead_letters import DeadLetter
from streams.journal import Header, Input, Kind, Source
from streams.partitioning import partition_of

INPUTS: dict[Input, topics.Topic] = {
    Input.ORDERS: topics.ORDERS, Input.FILLS: topics.FILLS, Input.COMMANDS: topics.COMMANDS,
}
_INPUT_OF = {topic: number for number, topic in INPUTS.items()}


class InputHole(Exception):
    """An input topic goes on after an offset that was never consumed: fatal, fail closed."""


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

    def __init__(self, engine: RiskEngine, partition: int, partitions: int, now_ns: Callable[[int], int]) -> None:
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
        pending = []
        for reference in references:
            if isinstance(reference, Account) and not self._is_home(reference.account_id):
                continue
            for body in self.engine.define(reference):
                self.engine.apply(body)
                pending.append(_pending(body, None))
        return pending

    def sweep(self) -> list[Pending]:
        """What the market changed in account state, orders or none."""
        bodies = self.engine.events(self._now_ns(0))
        for body in bodies:
            self.engine.apply(body)
        return [_pending(body, None) for body in bodies]

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
                event = decode(INPUTS[number], record.value)
            except BadPayload as error:
                self._skip(record, source, str(error), outcome)
                continue
            outcome.records.extend(self._step(event, source))
        return outcome

    def _step(self, event: Any, source: Source) -> list[Pending]:
        now_ns = self._now_ns(event.event_time_ns)
        account_id = getattr(event, "account_id", None)
        stray = account_id is not None and not self._is_home(account_id)
        bodies = self.engine.step(event, now_ns, wrong_partition=stray)
        return [_pending(body, source if index == len(bodies) - 1 else None) for index, body in enumerate(bodies)]

    def _skip(self, record: Any, source: Source, reason: str, outcome: Outcome) -> None:
        body = Skip(reason=reason, event_time_ns=self._now_ns(0))
        outcome.records.append(Pending(Kind.SKIP, source, record.key, encode(body)))
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


def input_of(topic: topics.Topic) -> Input:
    """The number of an input topic in journal headers."""
    return _INPUT_OF[topic]


def _pending(body: Body, source: Source | None) -> Pending:
    kind = Kind.DECISION if isinstance(body, Decision) else Kind.FACTS if isinstance(body, Facts) else Kind.EVENT
    account_id = getattr(body, "account_id", None)
    return Pending(kind, source, account_id.encode() if account_id else None, encode(body))
