"""The checker finds what it is there to find: a journal with one thing wrong each."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from tests.kafka.checker import Checker
from tests.kafka.rule import CLAIM, DECISION, EVENT, FACTS, SKIP, Header, Partition, given_of

A, B = b"a" * 16, b"b" * 16


class Writer:
    """A partition with a claim by A and three orders, written record by record."""

    def __init__(self) -> None:
        self.checker = Checker("", "t", 1)
        self.partition: Partition = self.checker.partitions[0]
        for number in range(3):
            payload = msgspec.json.encode({"type": "order_request", "order_id": f"o{number}", "account_id": "acc"})
            self.partition.inputs[1].append(given_of(payload, poison=False))
        self.claim(1, A)

    def claim(self, epoch: int, owner: bytes) -> None:
        """A claim after ``epoch - 1``."""
        self.partition.read(Header(1, CLAIM, epoch, owner, epoch - 1, 0, 0, 0, b""), b"{}")

    def write(
        self, kind: int, seq: int, source: tuple[int, int, int], epoch: int = 1, owner: bytes = A, **body: object
    ) -> None:
        """A record."""
        payload = msgspec.json.encode({"type": "decision", "account_id": "acc", "status": "approved"} | body)
        self.partition.read(Header(1, kind, epoch, owner, seq, *source, b""), payload)

    def decide(self, seq: int, offset: int, epoch: int = 1, owner: bytes = A, **body: object) -> None:
        """A decision on the order of that offset."""
        self.write(DECISION, seq, (1, offset, offset), epoch, owner, **{"order_id": f"o{offset}"} | body)

    def violations(self) -> list[str]:
        """What the checker says."""
        self.partition.match()
        return self.checker.violations()


def good(writer: Writer) -> None:
    """A takeover, a void claim, and void records of the owner before."""
    writer.decide(1, 0)
    writer.claim(2, B)
    writer.claim(2, A)
    writer.decide(2, 1)
    writer.decide(2, 1, 2, B)
    writer.write(EVENT, 3, (0, 0, 0), 2, B, type="day_rolled")
    writer.decide(4, 2, 2, B)


def test_a_takeover_with_void_records_is_as_it_should_be() -> None:
    """Records of who lost the partition do not count, and are no violation."""
    writer = Writer()
    good(writer)
    assert writer.violations() == []
    assert (writer.partition.void, writer.partition.epoch, writer.partition.seq) == (2, 2, 4)


def left_out(writer: Writer) -> None:
    writer.decide(1, 0)
    writer.decide(2, 2)


def consumed_twice(writer: Writer) -> None:
    writer.decide(1, 0)
    writer.decide(2, 0, repeat=True)


def decided_twice(writer: Writer) -> None:
    writer.partition.inputs[1][1] = writer.partition.inputs[1][0]
    writer.decide(1, 0)
    writer.decide(2, 1, order_id="o0")


def contradicted(writer: Writer) -> None:
    writer.partition.inputs[1][1] = writer.partition.inputs[1][0]
    writer.decide(1, 0)
    writer.decide(2, 1, order_id="o0", repeat=True, status="rejected")


def left_undecided(writer: Writer) -> None:
    writer.decide(1, 0)


def of_another_order(writer: Writer) -> None:
    writer.decide(1, 0, order_id="o1")


def good_one_skipped(writer: Writer) -> None:
    writer.write(SKIP, 1, (1, 0, 0))


def facts_of_nothing(writer: Writer) -> None:
    writer.write(FACTS, 1, (2, 0, 0), facts=[{"type": "fill", "fill_id": "f1"}])


def breaker_not_told(writer: Writer) -> None:
    writer.write(EVENT, 1, (0, 0, 0), type="breaker_moved", breaker="drawdown", level_from="normal", level_to="halted")


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (left_out, "I1: record 0-2 consumes orders 2..2"),
        (consumed_twice, "I1: record 0-2 consumes orders 0..0"),
        (decided_twice, "I2: acc/o0 has the decisions"),
        (contradicted, "I2: acc/o0 has the decisions"),
        (left_undecided, "I1: orders-0 has 3 records, 1 are covered"),
        (of_another_order, "I1: record 0-1 of orders 0: it decides acc/o1"),
        (good_one_skipped, "I1: record 0-1 of orders 0: a good input was skipped"),
        (facts_of_nothing, "I1: record 0-1 of fills 0: only 0 of its inputs exist"),
        (breaker_not_told, "I6: breakers 0-1: sent None, the journal says 'drawdown normal->halted'"),
    ],
)
def test_one_thing_wrong_is_found(wrong: Callable[[Writer], None], expected: str) -> None:
    """Each is named with the invariant that it breaks."""
    writer = Writer()
    wrong(writer)
    assert [text for text in writer.violations() if text.startswith(expected)]


def test_rows_of_a_database_are_the_effective_decisions() -> None:
    """A row too many, one missing and one that is there twice are told apart."""
    writer = Writer()
    good(writer)
    assert writer.checker.rows_missing_or_extra([(0, 1), (0, 2), (0, 4)]) == []
    found = writer.checker.rows_missing_or_extra([(0, 1), (0, 1), (0, 2), (0, 3)])
    assert found == [
        "I6: decision (0, 4) is effective, but not in the database",
        "I6: decision (0, 3) is in the database, but not effective",
        "I6: decision (0, 1) is in the database 2 times",
    ]
