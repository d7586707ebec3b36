"""The invariants I1 to I10 of the journal rule, watched from outside the workers while a simulation runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from risk.apply import apply
from risk.digest import state_digest
from risk.state import PartitionState
from schemas.codec import decode_body
from schemas.commands import Kill
from schemas.decisions import Decision
from schemas.reasons import Reason
from schemas.records import BreakerMoved, DayRolled, Facts
from tests.simulation.content import NO_EVENTS, PLANTED, is_torn, mismatch, read_set
from tests.simulation.ledger import Ledger
from tests.simulation.rule import CLAIM, EVENT, Head, Place, head_of, judge

INPUTS = (1, 2, 3)
SEVERITY = {name: rank for rank, name in enumerate(("normal", "warning", "restricted", "reduce_only", "halted"))}


class Cut(NamedTuple):
    """What the effective records before an offset fold to."""

    place: Place
    vector: tuple[int, ...]
    digest: bytes


class Effective(NamedTuple):
    """An effective record."""

    offset: int
    head: Head
    body: Any


class Checker:
    """Sees every record as it lands, every acknowledgement, snapshot and event; ``faults`` is what is wrong.

    ``given`` tells the event at a place of an input, ``None`` for poison; ``buried`` are places of dead letters.
    """

    def __init__(self, given: Callable[[int, int], Any], buried: Collection[tuple[int, int]]) -> None:
        self._given, self._buried = given, buried
        self.faults: list[str] = []
        self.counts: Counter[str] = Counter()
        self.heads: list[Head] = []
        self.effective: list[Effective] = []
        self.vector = dict.fromkeys(INPUTS, 0)
        self.cuts: list[Cut] = [Cut(Place(), (0, 0, 0), state_digest(PartitionState()))]
        self.expected: dict[tuple[str, str], int] = {}
        self.published: set[tuple[str, str]] = set()
        self._state, self._ledger = PartitionState(), Ledger()
        self._decided: set[tuple[str, str]] = set()

    def fault(self, text: str) -> None:
        """Something is wrong."""
        self.faults.append(text)

    def landed(self, header: bytes, payload: bytes) -> Effective | None:
        """A record is in the journal; gives it if it counts."""
        cut, head = self.cuts[-1], head_of(header)
        counts, place = judge(cut.place, head)
        record = Effective(cut.place.offset, head, decode_body(payload) if counts else None)
        self.heads.append(head)
        digest = cut.digest
        if head.kind == CLAIM:
            self.counts["claims" if counts else "lost_claims"] += 1
        elif not counts:
            self.counts["void"] += 1
        else:
            digest = self._take(record)
        self.cuts.append(Cut(place, tuple(self.vector.values()), digest))
        return record if counts and head.kind != CLAIM else None

    def _take(self, record: Effective) -> bytes:
        self.effective.append(record)
        self._source(record)
        self._once(record)
        for text in self._ledger.take(record.body):
            self.fault(text)
        apply(self._state, record.body)
        digest = state_digest(self._state)
        if record.head.digest not in {digest, bytes(8)}:
            self.fault(f"I3: record @{record.offset} was decided on another state than the effective records give")
        self._expect(record)
        return digest

    def _source(self, record: Effective) -> None:
        _, kind, *_, number, first, last, _ = record.head
        if not number:
            return
        if first != self.vector[number] or last < first:
            self.fault(
                f"I1: record @{record.offset} of kind {kind} consumes input {number} {first}..{last}, "
                f"the record before ended at {self.vector[number]}"
            )
        self.vector[number] = last + 1
        given = [self._given(number, offset) for offset in range(first, last + 1)]
        for text in mismatch(record.body, given, (number, first) in self._buried):
            self.fault(f"I1: record @{record.offset} of input {number} {first}..{last} {text}")

    def _once(self, record: Effective) -> None:
        body = record.body
        if not isinstance(body, Decision):
            return
        self.counts["repeats" if body.repeat else str(body.status)] += 1
        planted = PLANTED in body.text or NO_EVENTS in body.text
        if body.reason is Reason.DECISION_FAILED and not (body.repeat or planted):
            self.fault(f"the engine failed on order {body.order_id}: {body.text}")
        if body.repeat or body.dry_run:
            return
        key = body.account_id, body.order_id
        if key in self._decided:
            self.fault(f"I2: order {key} is decided again @{record.offset}")
        self._decided.add(key)

    def _expect(self, record: Effective) -> None:
        """What has to leave because of this record."""
        number, body = f"0-{record.head.seq}", record.body
        self.counts[type(body).__name__] += record.head.kind == EVENT
        if isinstance(body, BreakerMoved):
            self.expected["breakers", number] = record.offset
            if SEVERITY[body.level_to] > SEVERITY[body.level_from]:
                self.expected["alerts", number] = record.offset
        if isinstance(body, DayRolled) and body.exceeded is not None:
            self.expected["backtests", number] = record.offset
        if isinstance(body, Facts) and any(isinstance(fact, Kill) for fact in body.facts):
            self.expected["alerts", number] = record.offset

    def acknowledged(self, number: int, last: int) -> None:
        """An input is acknowledged up to here."""
        if last >= self.vector[number]:
            self.fault(
                f"I4: input {number} is acknowledged to {last}, effective records end before {self.vector[number]}"
            )

    def publishes(self, topic: str, number: str) -> None:
        """A breaker event or an alert is durable."""
        self.counts["published"] += 1
        if (topic, number) not in self.expected:
            self.fault(f"I6: {topic} has {number}, which follows from no effective record")
        self.published.add((topic, number))

    def projected(self, offset: int) -> None:
        """A projector says that everything before this offset has left."""
        lost = [key for key, at in self.expected.items() if at < offset and key not in self.published]
        if lost:
            self.fault(f"I6: projected up to {offset}, but {lost[0]} was never published")

    def gives_up(self, offset: int) -> None:
        """A projector whose cursor lies before the journal's beginning goes on here; it says that the rest is lost."""
        self.counts["projector_jumps"] += 1
        self.published |= {key for key, at in self.expected.items() if at < offset}

    def snapshot(self, items: Mapping[bytes, bytes], key: bytes) -> int:
        """The manifest of a snapshot is durable; gives where its journal goes on, or 0 if a chunk is another set's."""
        found = read_set(items, key)
        if found is None:
            return 0
        place, vector, digest = found
        self.counts["snapshots"] += 1
        if place.offset >= len(self.cuts) or self.cuts[place.offset] != Cut(place, vector, digest):
            self.fault(f"I5: the snapshot at {place} is not what the journal folds to there")
        return place.offset

    def looks_at(self, items: Mapping[bytes, bytes]) -> None:
        """A worker reads the snapshots: count those that a crash or a late write has torn."""
        for key in items:
            if key.endswith(b"manifest") and is_torn(items, key):
                self.counts["torn_sets_read"] += 1

    def unfinished(self, ends: Mapping[int, int]) -> list[str]:
        """Inputs that no effective record covers."""
        return [
            f"I1: input {number} has {end} records, {self.vector[number]} are covered"
            for number, end in ends.items()
            if end != self.vector[number]
        ]

    def restarted(self, reader: Any, offset: int, headers: Sequence[Any]) -> None:
        """I10: a worker's reader that starts from a cursor in the middle says what this one said."""
        said = [reader.effective(offset + index, header) for index, header in enumerate(headers)]
        mine = {record.offset for record in self.effective}
        claims = {
            at
            for at, (before, after) in enumerate(zip(self.cuts, self.cuts[1:], strict=False))
            if after.place.epoch != before.place.epoch
        }
        if said != [offset + index in mine | claims for index in range(len(headers))]:
            self.fault(f"I10: a reader that starts at {offset} finds other records effective")
