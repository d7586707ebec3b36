"""What a worker does with the inputs of one partition, without Kafka: inputs in, journal records out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

import msgspec

from risk.arrival import Arrival
from risk.state import PartitionState
from schemas import topics
from schemas.base import Event
from schemas.codec import BadPayload, decode, decode_body, encode
from schemas.commands import SkipInputs
from schemas.decisions import Decision
from schemas.orders import OrderCancel, OrderReplace, OrderRequest
from schemas.outputs import RiskMetrics, StressResult, VarResult
from schemas.records import Body, Facts, Skip
from schemas.reference import Account, Instrument
from streams.dead_letters import DeadLetter
from streams.gaps import Gap
from streams.journal import NO_DIGEST, Header, Input, Kind, Source
from streams.log import BODY_MAX_BYTES, Pending, RecordTooLong
from streams.partitioning import partition_of
from streams.projections import tells
from streams.state_versions import comparable

LOG = logging.getLogger(__name__)
INPUTS: dict[Input, topics.Topic] = {
    Input.ORDERS: topics.ORDERS,
    Input.FILLS: topics.FILLS,
    Input.COMMANDS: topics.COMMANDS,
}
ORDERS = (OrderRequest, OrderReplace, OrderCancel)
MILLISECOND_NS = 1_000_000
_KINDS: dict[type[Event], Kind] = {Decision: Kind.DECISION, Facts: Kind.FACTS, Skip: Kind.SKIP}
Metrics = list[RiskMetrics | VarResult | StressResult]


class Engine(Protocol):
    """What the processor needs of :class:`risk.engine.RiskEngine`; only ``apply`` changes anything."""

    state: PartitionState

    def define(self, reference: Account | Instrument) -> tuple[Body, ...]:
        """The records that reference data leads to."""

    def events(self, now_ns: int, accounts: Iterable[str] | None = None) -> tuple[Body, ...]:
        """What the market changed in these accounts, or all."""

    def decide(self, event: Any, now_ns: int, arrival: Arrival = ...) -> tuple[Body, ...]:
        """What an input of the partition leads to."""

    def refuse(self, order: Any, now_ns: int, error: str) -> tuple[Body, ...]:
        """The decision on an order that the engine failed on."""

    def digest(self) -> bytes:
        """Of the whole state."""

    def apply(self, body: Body) -> None:
        """Change the state as a record says."""

    def metrics(self, now_ns: int, accounts: Iterable[str] | None = None) -> Metrics:
        """What is measured of these accounts, or all."""


class InputHole(Exception):
    """An input topic goes on after an offset that was never consumed: fatal, fail closed."""


class DigestMismatch(Exception):
    """A record says another state than its fold gives: code or state is not what it was; fatal."""


class Undecidable(Exception):
    """The engine failed on an input, or answered with what no reader could decode. An order is refused for it; anything
    else goes to the dead letters."""


class Pace(NamedTuple):
    """The partition count, how long an order may be on its way (``None``: for ever), and every how many records one
    carries a digest."""

    partitions: int
    budget_ns: int | None = None
    digest_every: int = 10_000


class Outcome(NamedTuple):
    """What a chunk of inputs led to, in order."""

    records: list[Pending]
    letters: list[DeadLetter]


class Processor:
    """Engine and input vector of one partition. ``vector`` holds the next offset of each input, ``seq`` the number of
    records so far: both folds, as the engine's state is.

    ``now_ns`` gives the time an event is judged at, ``wall_ns`` the time that orders are late by.
    """

    def __init__(
        self, engine: Engine, partition: int, pace: Pace, now_ns: Callable[[int], int], wall_ns: Callable[[], int]
    ) -> None:
        self.engine = engine
        self.partition, self._pace = partition, pace
        self.vector: dict[Input, int] = dict.fromkeys(INPUTS, 0)
        self.seq = 0
        self._signed = False
        self._now_ns, self._wall_ns = now_ns, wall_ns

    def resume(self, vector: Mapping[Input, int], seq: int) -> None:
        """Go on from where a snapshot was taken, whose state the engine has."""
        self.vector, self.seq = dict(vector), seq

    def fold(self, header: Header, body: Body) -> None:
        """Take over one effective record of the journal. Never decides, sees no market.

        :raises InputHole: its source does not continue the vector.
        :raises DigestMismatch: the state is not the one that its writer had.
        :raises UnknownRecord: its writer was of a later version.
        """
        if header.source is not None:
            self._advance(header.source)
        self.engine.apply(body)
        self.seq += 1
        place = f"the state after record {header.seq}"
        if comparable(header.digest, place) and header.digest != self.engine.digest():
            raise DigestMismatch(
                f"partition {self.partition}: {place} has digest "
                f"{self.engine.digest().hex()}, its writer had {header.digest.hex()}"
            )

    def define(self, references: Iterable[Account | Instrument]) -> list[Pending]:
        """Let reference data into the state: of instruments, and of the accounts that live in this partition."""
        pending: list[Pending] = []
        for reference in references:
            if not isinstance(reference, Account) or self._is_home(reference.account_id):
                pending += self._apply(partial(self.engine.define, reference))
        return pending

    def sweep(self) -> list[Pending]:
        """What the market changed in account state, orders or none; an account that fails is none of the others'."""
        now_ns = self._now_ns(0)
        return [record for account_id in list(self.engine.state.accounts) for record in self._swept(now_ns, account_id)]

    def _swept(self, now_ns: int, account_id: str) -> list[Pending]:
        try:
            return self._apply(lambda: self.engine.events(now_ns, (account_id,)))
        except Undecidable as error:  # each of its orders is refused for the same cause, see `_step`
            LOG.error("partition %s: no sweep of %s: %s", self.partition, account_id, error)  # noqa: TRY400
            return []

    def metrics(self, account_id: str) -> Metrics:
        """Risk metrics of an account after the newest record, under its (partition, seq); none if that fails, which
        harms no decision."""
        try:
            metrics = self.engine.metrics(self._now_ns(0), (account_id,))
            return [msgspec.structs.replace(each, partition=self.partition, seq=self.seq) for each in metrics]
        except Exception:
            LOG.exception("partition %s: no metrics of %s", self.partition, account_id)
            return []

    def take(self, number: Input, records: Sequence[Any]) -> Outcome:
        """Decide a chunk of raw records of one input topic, gaps that may be passed among them; the state goes ahead
        with it.

        :raises InputHole: the chunk starts after the next offset.
        """
        outcome = Outcome([], [])
        for record in records:
            if isinstance(record, Gap):
                self._pass(number, record, outcome.records)
                continue
            if record.offset < self.vector[number]:
                continue
            source = Source(number, record.offset, record.offset)
            self._advance(source)
            try:
                event = decode(INPUTS[number], record.value)
                received_ns = max(0, record.timestamp) * MILLISECOND_NS  # no time at all is long ago
                self._step(event, source, received_ns, outcome.records)
            except (BadPayload, Undecidable) as error:
                self._skip(record, source, str(error), outcome)
        return outcome

    def _pass(self, number: Input, gap: Gap, records: list[Pending]) -> None:
        """Cover offsets that no record will come from, as far as they are not covered yet."""
        first = max(gap.offset, self.vector[number])
        if first <= gap.last:
            source = Source(number, first, gap.last)
            self._advance(source)
            records.append(self._skipped(source, gap.reason, gap.author))

    def _skipped(self, source: Source, reason: str, author: str = "") -> Pending:
        body = Skip(reason=reason[:500], author=author, event_time_ns=self._now_ns(0))
        return self._become(body, encode(body), source)

    def _step(self, event: Any, source: Source, received_ns: int, records: list[Pending]) -> None:
        """``RiskEngine.step`` in its two halves, so that what the market changed stays journaled if deciding fails."""
        if isinstance(event, SkipInputs):  # it was looked for when it was needed; in its turn it is only on record
            records.append(self._skipped(source, f"leave to pass inputs: {event.reason}", event.author))
            return
        now_ns, account_id = self._now_ns(event.event_time_ns), getattr(event, "account_id", None)
        accounts = None if account_id is None else (account_id,)
        stray = account_id is not None and not self._is_home(account_id)
        is_order = isinstance(event, ORDERS)
        try:
            records += self._apply(lambda: self.engine.events(now_ns, accounts))
        except Undecidable as error:
            if is_order:
                self._refuse(event, source, now_ns, error, records)
                return
            LOG.error("partition %s: no view of the market for %s: %s", self.partition, source, error)  # noqa: TRY400
        try:
            arrival = Arrival(stray, received_ns, self._wall_ns(), self._pace.budget_ns)
            records += self._apply(lambda: self.engine.decide(event, now_ns, arrival), source)
        except Undecidable as error:
            if not is_order:
                raise
            self._refuse(event, source, now_ns, error, records)

    def _refuse(self, order: Any, source: Source, now_ns: int, error: Exception, records: list[Pending]) -> None:
        reason = str(error)
        records += self._apply(lambda: self.engine.refuse(order, now_ns, reason), source)

    def _apply(self, judge: Callable[[], tuple[Body, ...]], source: Source | None = None) -> list[Pending]:
        """Ask the engine, make sure that every reader will understand the answer, then make it the state. The last
        record has the source; with one, there must be an answer."""
        try:
            bodies = judge()
            payloads = [_readable(body) for body in bodies]
        except Exception as error:
            LOG.exception("partition %s: the engine failed", self.partition)
            raise Undecidable(f"the engine failed: {error!r}") from error
        if not bodies:
            if source is not None:
                raise Undecidable("the engine had no answer")
            return []
        last = len(bodies) - 1
        return [
            self._become(body, payload, source if index == last else None)
            for index, (body, payload) in enumerate(zip(bodies, payloads, strict=True))
        ]

    def _become(self, body: Body, payload: bytes, source: Source | None) -> Pending:
        self.engine.apply(body)
        self.seq += 1
        due = self.seq % self._pace.digest_every == 0 or not self._signed
        self._signed = True
        kind = _KINDS.get(type(body), Kind.EVENT)
        account_id = getattr(body, "account_id", None)
        return Pending(
            kind,
            source,
            account_id.encode() if account_id else None,
            payload,
            self.engine.digest() if due else NO_DIGEST,
            tells(body),
        )

    def _skip(self, record: Any, source: Source, reason: str, outcome: Outcome) -> None:
        outcome.records.append(self._skipped(source, reason))
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
        return partition_of(account_id, self._pace.partitions) == self.partition


def _readable(body: Body) -> bytes:
    """A body as a record's payload, which must fit into one.

    A decision is made of parts that were checked when they came in; what is left to go wrong is a number that is not
    finite, which becomes null, as nothing else does: absent values are left out. Everything else is rare enough to try.

    :raises msgspec.ValidationError: it would be written, but nobody could read it.
    :raises RecordTooLong: it could not even be written.
    """
    payload = encode(body)
    if len(payload) > BODY_MAX_BYTES:
        raise RecordTooLong(f"the answer has {len(payload)} bytes, expected at most {BODY_MAX_BYTES}")
    if not isinstance(body, Decision) or b"null" in payload:
        decode_body(payload)
    return payload
