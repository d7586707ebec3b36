"""The journal rule once more, from its text alone: which records count, and what they must say about their inputs.

It shares nothing with the workers but the layout of the header, so that a misreading there is not repeated here.
"""

from __future__ import annotations

import struct
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from tests.kafka.content import Body, Given, body_of, wrong_decision, wrong_facts
from tests.kafka.outcomes import Values, events, rows

#: version, kind, epoch, owner, seq (of a claim: the epoch before), input, first, last, digest
LAYOUT = struct.Struct(">BBQ16sQBQQ8s")
CLAIM, DECISION, FACTS, EVENT, SKIP = range(1, 6)
INPUTS = {1: "orders", 2: "fills", 3: "commands"}


class Header(NamedTuple):
    """The header ``j`` of a journal record."""

    version: int
    kind: int
    epoch: int
    owner: bytes
    seq: int
    input: int
    first: int
    last: int
    digest: bytes


class Answer(NamedTuple):
    """What a decision says of its order."""

    status: str
    repeat: bool


class Partition:
    """The journal of one partition, read by the rule; the effective records against the inputs."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.epoch = self.seq = self.void = self.effective = self.decided = 0
        self.owner = b""
        self.vector = dict.fromkeys(INPUTS, 0)
        self.inputs: dict[int, list[Given]] = {number: [] for number in INPUTS}
        self.answers: dict[tuple[str, str], list[Answer]] = defaultdict(list)
        #: By topic or table: what has to be there because of the effective records.
        self.expected: dict[str, dict[Values, Values]] = defaultdict(dict)
        self.reasons: Counter[str] = Counter()
        self._unmatched: list[tuple[Header, Body]] = []
        self.faults: list[str] = []

    def read(self, offset: int, header: Header, payload: bytes) -> None:
        """The next record of the journal."""
        if header.kind == CLAIM:
            if (header.seq, header.epoch) == (self.epoch, self.epoch + 1):
                self.epoch, self.owner = header.epoch, header.owner
            else:
                self.void += 1
        elif (header.epoch, header.owner, header.seq) == (self.epoch, self.owner, self.seq + 1):
            self.seq = header.seq
            self._take(offset, header, payload)
        else:
            self.void += 1

    def _take(self, offset: int, header: Header, payload: bytes) -> None:
        self.effective += 1
        body = body_of(payload)
        self._consume(header, body)
        if header.kind == DECISION:
            self.decided += 1
            self.answers[body.account_id, body.order_id].append(Answer(body.status, body.repeat))
            self.reasons[body.reason] += 1
        for each in (*events(self._id(header), body), *rows(self.number, header.seq, offset, body, payload)):
            self.expected[each.place][each.key] = each.values

    def _consume(self, header: Header, body: Body) -> None:
        if header.input:
            if header.first != self.vector[header.input] or header.last < header.first:
                self.faults.append(
                    f"I1: record {self._id(header)} consumes {INPUTS[header.input]} "
                    f"{header.first}..{header.last}, the record before ended at "
                    f"{self.vector[header.input]}"
                )
            self.vector[header.input] = header.last + 1
            self._unmatched.append((header, body))
        elif header.kind != EVENT:
            self.faults.append(f"I1: record {self._id(header)} of kind {header.kind} has no source")

    def match(self) -> None:
        """Compare the records with the inputs that they name; both have been read."""
        for header, body in self._unmatched:
            given = self.inputs[header.input][header.first : header.last + 1]
            if problem := _mismatch(header, body, given):
                self.faults.append(f"I1: record {self._id(header)} of {INPUTS[header.input]} {header.first}: {problem}")
        self._unmatched.clear()

    def decided_twice(self) -> list[str]:
        """Orders with more or less than one decision, and repeats that contradict it."""
        found = []
        for (account_id, order_id), answers in self.answers.items():
            real = [answer for answer in answers if not answer.repeat]
            if len(real) != 1 or any(answer.status != real[0].status for answer in answers):
                found.append(
                    f"I2: {account_id}/{order_id} has the decisions "
                    f"{[(answer.status, 'repeat' if answer.repeat else 'decided') for answer in answers]}"
                )
        return found

    @property
    def repeats(self) -> int:
        """Decisions that say again what was decided."""
        return sum(answer.repeat for answers in self.answers.values() for answer in answers)

    @property
    def behind(self) -> int:
        """Inputs that no effective record covers yet."""
        return sum(len(given) - self.vector[number] for number, given in self.inputs.items())

    def uncovered(self) -> list[str]:
        """Inputs that were never decided."""
        return [
            f"I1: {INPUTS[number]}-{self.number} has {len(given)} records, {self.vector[number]} are covered"
            for number, given in self.inputs.items()
            if len(given) != self.vector[number]
        ]

    def _id(self, header: Header) -> str:
        return f"{self.number}-{header.seq}"


def _mismatch(header: Header, body: Body, given: Sequence[Given]) -> str:
    """Why the record is not the answer to these inputs; empty if it is."""
    if len(given) != header.last - header.first + 1:
        return f"only {len(given)} of its inputs exist"
    if header.kind == SKIP:
        return "" if all(each.poison for each in given) else "a good input was skipped"
    if any(each.poison for each in given):
        return "poison was taken"
    if header.kind == DECISION:
        return wrong_decision(body, given)
    if header.kind == FACTS:
        return wrong_facts(body, given)
    return f"kind {header.kind} consumes no input"
