"""The invariants I1 to I10 of the journal rule, watched from outside the workers while a simulation runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from schemas.codec import decode_body
from schemas.decisions import Decision
from schemas.reasons import Reason
from tests.simulation.approvals import take_decision
from tests.simulation.consequences import IDS, Fields, consequences, differences
from tests.simulation.content import NO_EVENTS, PLANTED, is_torn, mismatch, read_set
from tests.simulation.ledger import Books, Ledger
from tests.simulation.lineage import GENESIS, linked
from tests.simulation.rule import CLAIM, EVENT, NO_DIGEST, Head, Place, head_of, judge
from tests.simulation.verdicts import Verdicts

INPUTS = (1, 2, 3)


class Cut(NamedTuple):
    """What the effective records before an offset come to; the digest is what the last of them says it is."""

    place: Place
    vector: tuple[int, ...]
    digest: bytes
    lineage: bytes
    books: Books


class Effective(NamedTuple):
    """An effective record."""

    offset: int
    head: Head
    body: Any
    payload: bytes


class Checker:
    """Sees every record as it lands, every acknowledgement, snapshot and event; ``faults`` is what is wrong.

    ``given`` tells the event at a place of an input, ``None`` for poison; ``buried`` are places of dead letters.
    """

    def __init__(self, given: Callable[[int, int], Any], buried: Collection[tuple[int, int]]) -> None:
        self._given, self._buried = given, buried
        self.faults: list[str] = []
        self.counts: Counter[str] = Counter()
        #: Of each record, whether it counts; of all that do, but for claims, what they are.
        self.counted: list[bool] = []
        self.effective: list[Effective] = []
        self.vector = dict.fromkeys(INPUTS, 0)
        self._ledger, self._verdicts = Ledger(), Verdicts()
        self.cuts: list[Cut] = [Cut(Place(), (0, 0, 0), b"", GENESIS, self._ledger.books())]
        self.expected: dict[tuple[str, str], tuple[int, Fields]] = {}
        self.published: set[tuple[str, str]] = set()
        self._digests: dict[bytes, Books] = {}

    def fault(self, text: str) -> None:
        """Something is wrong."""
        self.faults.append(text)

    def landed(self, header: bytes, payload: bytes, lineage: bytes) -> Effective | None:
        """A record is in the journal, whose writer had taken in what the lineage says; gives it if it counts."""
        cut, head = self.cuts[-1], head_of(header)
        counts, place = judge(cut.place, head)
        self.counted.append(counts)
        record = None
        if head.kind == CLAIM:
            self.counts["claims" if counts else "lost_claims"] += 1
        elif not counts:
            self.counts["void"] += 1
        else:
            record = Effective(cut.place.offset, head, decode_body(payload), payload)
            self._take(record, lineage)
            cut = cut._replace(
                vector=tuple(self.vector.values()),
                digest=head.digest,
                lineage=linked(cut.lineage, payload),
                books=self._ledger.books(),
            )
            self._says_something(record, cut.books)
        self.cuts.append(cut._replace(place=place))
        return record

    def _take(self, record: Effective, lineage: bytes) -> None:
        self.effective.append(record)
        if lineage != self.cuts[-1].lineage:
            self.fault(f"I3: record @{record.offset} was decided on another state than the effective records give")
        self._source(record)
        body = record.body
        if isinstance(body, Decision):
            self._decision(record.offset, body)
        else:
            self._ledger.take(body)
        self.counts[type(body).__name__] += record.head.kind == EVENT
        for topic, number, fields in consequences(body, f"0-{record.head.seq}"):
            self.expected[topic, number] = record.offset, fields

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

    def _decision(self, offset: int, body: Decision) -> None:
        self.counts["repeats" if body.repeat else str(body.status)] += 1
        planted = PLANTED in body.text or NO_EVENTS in body.text
        if body.reason is Reason.DECISION_FAILED and not (body.repeat or planted):
            self.fault(f"the engine failed on order {body.order_id}: {body.text}")
        for text in self._verdicts.take(body):
            self.fault(f"I2: order {body.order_id} of {body.account_id} @{offset} {text}")
        for text in take_decision(self._ledger, body):
            self.fault(text)

    def _says_something(self, record: Effective, books: Books) -> None:
        """A digest is there, and stands for one state alone: what folds later is compared with it."""
        if record.head.digest == NO_DIGEST:
            self.fault(f"I3: record @{record.offset} has no digest of the state")
        if self._digests.setdefault(record.head.digest, books) != books:
            self.fault(f"I3: the digest of record @{record.offset} was that of another state before")

    def acknowledged(self, number: int, last: int) -> None:
        """An input is acknowledged up to here."""
        if last >= self.vector[number]:
            self.fault(
                f"I4: input {number} is acknowledged to {last}, effective records end before {self.vector[number]}"
            )

    def answered(self, expected: int | None, base: int, count: int) -> bool:
        """An owner learns where its records are, having expected them somewhere; gives whether they all count."""
        void = [offset for offset in range(base, base + count) if not self.counted[offset]]
        if void and base == expected:
            self.fault(f"I8: record @{void[0]} is void, though its owner was answered with the offset it expected")
        return not void

    def publishes(self, topic: str, content: Mapping[str, Any]) -> None:
        """A breaker event, an alert or a backtest is durable."""
        self.counts["published"] += 1
        number = content[IDS[topic]]
        if (topic, number) not in self.expected:
            self.fault(f"I6: {topic} has {number}, which follows from no effective record")
            return
        self.published.add((topic, number))
        for text in differences(self.expected[topic, number][1], content):
            self.fault(f"I6: {topic} has {number}, whose {text}")

    def projected(self, offset: int) -> None:
        """A projector says that everything before this offset has left."""
        lost = [key for key, (at, _) in self.expected.items() if at < offset and key not in self.published]
        if lost:
            self.fault(f"I6: projected up to {offset}, but {lost[0]} was never published")

    def gives_up(self, offset: int) -> None:
        """A projector whose cursor lies before the journal's beginning goes on here; it says that the rest is lost."""
        self.counts["projector_jumps"] += 1
        self.published |= {key for key, (at, _) in self.expected.items() if at < offset}

    def snapshot(self, items: Mapping[bytes, bytes], key: bytes, lineage: Callable[[bytes, int], bytes]) -> int:
        """The manifest of a snapshot is durable; gives where its journal goes on, or 0 if a chunk is another set's."""
        found = read_set(items, key)
        if found is None:
            return 0
        place = found.place
        self.counts["snapshots"] += 1
        mine = self.cuts[place.offset] if place.offset < len(self.cuts) else None
        if mine is None or mine[:2] != found[:2] or mine.digest not in {b"", found.digest}:
            self.fault(f"I5: the snapshot at {place} is of another place in the journal")
        elif lineage(place.owner, place.seq) != mine.lineage:
            self.fault(f"I5: the snapshot at {place} is not what the journal folds to there")
        else:
            for name, had, has in zip(Books._fields, mine.books, found.books, strict=True):
                if had != has:
                    self.fault(f"I5: the snapshot at {place} has other {name} than the effective records give")
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
        if said != self.counted[offset:]:
            self.fault(f"I10: a reader that starts at {offset} finds other records effective")
