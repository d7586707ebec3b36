"""The journal of a partition against the rule and against its inputs, as an outsider sees them. It changes nothing.

What is checked: offsets without a hole, bodies that are what their headers say, claims for this partition count, every
input offset covered exactly once and in order (I1), one decision that is no repeat for each order id (I2). What is
compared between partitions is in :mod:`streams.copies`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from risk.state import DEDUP_WINDOW, order_key, trim
from schemas.codec import decode_body
from schemas.commands import Kill, SetLimits, Unkill
from schemas.decisions import Decision
from schemas.records import Claim, Facts, Skip, StateEvent
from streams.copies import NEVER_NS, Part, wide
from streams.journal import SCHEMA_VERSION, Cursor, Input, Kind, Reader, Source, UnknownRecord
from streams.processor import INPUTS
from streams.ranges import Judge, Judged, Range

BODIES: dict[Kind, Any] = {
    Kind.CLAIM: Claim,
    Kind.DECISION: Decision,
    Kind.FACTS: Facts,
    Kind.EVENT: StateEvent,
    Kind.SKIP: Skip,
}
BEGINNING = Cursor()
#: Kinds that always consume inputs; of what one input leads to, only the last record names it.
CONSUMING = {Kind.DECISION, Kind.FACTS, Kind.SKIP}


class Finding(NamedTuple):
    """One thing that contradicts the rule, at an offset of the journal."""

    partition: int
    offset: int
    rule: str
    text: str


class Audit:
    """Of one partition, from a cursor (and the input vector there) on: take each record, then compare with the inputs.

    ``lags`` are, after :meth:`close`, the records of each input that are not covered yet.
    """

    def __init__(
        self, partition: int, partitions: int, cursor: Cursor = BEGINNING, vector: Mapping[Input, int] | None = None
    ) -> None:
        self.partition, self._partitions = partition, partitions
        self._judge = Judge({partition: cursor})
        self.vector = dict.fromkeys(INPUTS, 0) | dict(vector or {})
        self.counts: Counter[str] = Counter()
        self.lags: dict[Input, int] = {}
        self.findings: list[Finding] = []
        self.readable = True
        self._decided: dict[str, int] = {}
        self._commands: dict[str, SetLimits | Kill | Unkill] = {}
        self._since_ns = 0 if cursor == BEGINNING else NEVER_NS

    @property
    def reader(self) -> Reader:
        """Where the journal is."""
        return self._judge.readers[self.partition]

    def take(self, record: Any) -> None:
        """The next raw record. After one that can't be read, the rest can't be judged and is only counted."""
        self.counts["records"] += 1
        self._since_ns = min(self._since_ns, record.timestamp * 1_000_000)
        if not self.readable:
            return
        if record.offset != self.reader.offset:
            self.find(
                record.offset,
                "dense",
                f"goes on here after {self.reader.offset - 1}: a transaction, or records were removed",
            )
        try:
            judged = self._judge.judged(record)
        except UnknownRecord as error:
            self.give_up(f"{error}; nothing from there on was checked")
            return
        self._take(judged)

    def close(self, end: int, inputs: Mapping[Input, Range]) -> None:
        """Compare where the journal ends, and the vector with the ranges that the input topics have."""
        if self.readable and self.reader.offset < end:
            self.find(self.reader.offset, "dense", f"holds no more records, but ends at {end}")
        for number, span in inputs.items():
            name, covered, at = INPUTS[number].name, self.vector[number], self.reader.offset
            self.lags[number] = max(0, span.end - max(covered, span.begin))
            if covered > span.end:
                self.find(at, "I1", f"{name} is covered to before {covered}, but ends at {span.end}: it was made anew")
            if span.begin > covered and self.readable:
                self.find(
                    at, "I1", f"{name} is covered to before {covered}, but starts at {span.begin}: inputs are lost"
                )

    def part(self) -> Part:
        """What was read, after :meth:`close`, to be compared with other partitions."""
        complete = self.readable and not self.lags.get(Input.COMMANDS)
        return Part(self.partition, self._since_ns, self._commands, complete)

    def give_up(self, why: str) -> None:
        """The journal can't be judged at all."""
        self.readable = False
        self.find(self.reader.offset, "readable", why)

    def _take(self, judged: Judged) -> None:
        header, body = judged.header, self._body(judged)
        kind = header.kind.name.lower()
        self.counts["effective" if judged.effective else "void"] += 1
        if header.kind is Kind.CLAIM and header.epoch != header.seq + 1:
            self.find(judged.offset, "claim", f"claims epoch {header.epoch} after {header.seq}")
        if not judged.effective:
            return
        self.counts[kind] += 1
        if header.source is not None:
            self._cover(judged.offset, header.source)
        elif header.kind in CONSUMING:
            self.find(judged.offset, "I1", f"{kind} {header.seq} names no input")
        if isinstance(body, Claim):
            self._check_claim(judged.offset, body)
        if isinstance(body, Decision):
            self._check_decision(judged, body)
        if isinstance(body, Facts):
            self._commands |= {command.command_id: command for command in wide(body.facts)}

    def _body(self, judged: Judged) -> Any:
        try:
            body = decode_body(judged.payload)
        except msgspec.DecodeError as error:
            self.find(judged.offset, "body", f"can't be read: {error}")
            return None
        if not isinstance(body, BODIES[judged.header.kind]):
            self.find(
                judged.offset,
                "body",
                f"the header says {judged.header.kind.name.lower()}, the body is {type(body).__name__}",
            )
        return body

    def _cover(self, offset: int, source: Source) -> None:
        name, covered = INPUTS[source.input].name, self.vector[source.input]
        if not source.first <= source.last:
            self.find(offset, "I1", f"{name} {source.first} to {source.last} is no range")
        elif source.first > covered:
            self.find(offset, "I1", f"{name} {covered} to {source.first - 1} were never consumed")
        elif source.first < covered:
            self.find(offset, "I1", f"{name} {source.first} to {min(source.last, covered - 1)} are consumed again")
        self.vector[source.input] = max(covered, source.last + 1)

    def _check_claim(self, offset: int, claim: Claim) -> None:
        if claim.partitions != self._partitions:
            self.find(offset, "claim", f"is for {claim.partitions} partitions, expected {self._partitions}")
        if claim.schema_version > SCHEMA_VERSION:
            self.find(offset, "claim", f"has schema version {claim.schema_version}, known is {SCHEMA_VERSION}")

    def _check_decision(self, judged: Judged, decision: Decision) -> None:
        """An order id is remembered as long as the workers remember it."""
        self.counts["repeats"] += decision.repeat
        if decision.repeat or decision.dry_run:
            return
        key, seq = order_key(decision.account_id, decision.order_id), judged.header.seq
        if key in self._decided:
            self.find(
                judged.offset,
                "I2",
                f"order {decision.order_id!r} of {decision.account_id!r} was decided in "
                f"record {self._decided[key]} and again in {seq}",
            )
        self._decided[key] = seq
        trim(self._decided, DEDUP_WINDOW)

    def find(self, offset: int, rule: str, text: str) -> None:
        """Something contradicts the rule."""
        self.findings.append(Finding(self.partition, offset, rule, text))
