"""The journal rule once more, from its text alone: which records count, and what they must say about their inputs.

It shares nothing with the workers but the layout of the header, so that a misreading there is not repeated here.
"""

from __future__ import annotations

import struct
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

#: version, kind, epoch, owner, seq (of a claim: the epoch before), input, first, last, digest
LAYOUT = struct.Struct(">BBQ16sQBQQ8s")
CLAIM, DECISION, FACTS, EVENT, SKIP = range(1, 6)
INPUTS = {1: "orders", 2: "fills", 3: "commands"}
LEVELS = ("normal", "warning", "restricted", "reduce_only", "halted")


class Fact(msgspec.Struct):
    """What identifies a fill, a venue close or a command."""

    type: str
    fill_id: str = ""
    order_id: str = ""
    command_id: str = ""

    @property
    def ident(self) -> tuple[str, str]:
        """Its type and id."""
        return self.type, self.fill_id or self.command_id or self.order_id


class Body(Fact):
    """What the checks need of any input or journal record."""

    account_id: str = ""
    repeat: bool = False
    status: str = ""
    reason: str = ""
    event_id: str = ""
    alert_id: str = ""
    level_from: str = ""
    level_to: str = ""
    breaker: str = ""
    facts: tuple[Fact, ...] = ()


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


class Given(NamedTuple):
    """An input as it lies in its topic."""

    poison: bool
    ident: tuple[str, str]
    account_id: str


class Partition:
    """The journal of one partition, read by the rule; the effective records against the inputs."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.epoch = self.seq = self.void = self.effective = 0
        self.owner = b""
        self.vector = dict.fromkeys(INPUTS, 0)
        self.inputs: dict[int, list[Given]] = {number: [] for number in INPUTS}
        self.decisions: dict[tuple[str, str], list[Body]] = defaultdict(list)
        self.decision_seqs: set[int] = set()
        self.expected: dict[str, dict[str, str]] = {"breakers": {}, "alerts": {}}
        self.reasons: Counter[str] = Counter()
        self._unmatched: list[tuple[Header, Body]] = []
        self.faults: list[str] = []

    def read(self, header: Header, payload: bytes) -> None:
        """The next record of the journal."""
        if header.kind == CLAIM:
            if (header.seq, header.epoch) == (self.epoch, self.epoch + 1):
                self.epoch, self.owner = header.epoch, header.owner
            else:
                self.void += 1
        elif (header.epoch, header.owner, header.seq) == (self.epoch, self.owner, self.seq + 1):
            self.seq = header.seq
            self._take(header, msgspec.json.decode(payload, type=Body))
        else:
            self.void += 1

    def _take(self, header: Header, body: Body) -> None:
        self.effective += 1
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
        if header.kind == DECISION:
            self.decisions[body.account_id, body.order_id].append(body)
            self.decision_seqs.add(header.seq)
            self.reasons[body.reason] += 1
        self._project(header, body)

    def _project(self, header: Header, body: Body) -> None:
        """What has to leave because of this record."""
        if body.type == "breaker_moved":
            self.expected["breakers"][self._id(header)] = f"{body.breaker} {body.level_from}->{body.level_to}"
            if LEVELS.index(body.level_to) > LEVELS.index(body.level_from):
                self.expected["alerts"][self._id(header)] = ""
        if any(fact.type == "kill" for fact in body.facts):
            self.expected["alerts"][self._id(header)] = ""

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
        for (account_id, order_id), bodies in self.decisions.items():
            real = [body for body in bodies if not body.repeat]
            if len(real) != 1 or any(body.status != real[0].status for body in bodies):
                found.append(
                    f"I2: {account_id}/{order_id} has the decisions "
                    f"{[(body.status, 'repeat' if body.repeat else 'decided') for body in bodies]}"
                )
        return found

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
        (only,) = given
        same = (body.order_id, body.account_id) == (only.ident[1], only.account_id)
        return "" if same else f"it decides {body.account_id}/{body.order_id}, asked was {only}"
    if header.kind == FACTS:
        idents = [fact.ident for fact in body.facts]
        return "" if idents == [each.ident for each in given] else f"it has {idents}, sent were {given}"
    return f"kind {header.kind} consumes no input"


def given_of(payload: bytes | None, poison: bool) -> Given:
    """An input of a topic; what is poison on purpose is not decoded."""
    if poison:
        return Given(True, ("", ""), "")
    body = msgspec.json.decode(payload or b"", type=Body)
    return Given(False, body.ident, body.account_id)
