"""The checker finds what it is there to find: a journal with one thing wrong each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256

import msgspec
import pytest

from tests.kafka.checker import Checker
from tests.kafka.content import Given, unlike
from tests.kafka.differences import differences
from tests.kafka.rule import CLAIM, DECISION, EVENT, FACTS, SKIP, Header, Partition

A, B = b"a" * 16, b"b" * 16


def order(number: int, **fields: object) -> dict[str, object]:
    """An order as it is sent."""
    common = {"type": "order_request", "order_id": f"o{number}", "account_id": "acc", "quantity": "5"}
    return common | fields


def fill(**fields: object) -> dict[str, object]:
    """A fill as it is sent."""
    common = {"type": "fill", "fill_id": "f1", "order_id": "o1", "account_id": "acc", "symbol": "AAA", "side": "buy"}
    return common | {"quantity": "5", "price": "100.5"} | fields


class Writer:
    """A partition with a claim by A and three orders, written record by record."""

    def __init__(self) -> None:
        self.checker = Checker("", "t", 1)
        self.partition: Partition = self.checker.partitions[0]
        self.offset = 0
        #: Of each record, as it was written.
        self.payloads: list[bytes] = []
        for number in range(3):
            self.give(1, order(number))
        self.claim(1, A)

    def give(self, number: int, event: Mapping[str, object]) -> None:
        """An input."""
        self.partition.inputs[number].append(Given(False, msgspec.json.encode(event)))

    def claim(self, epoch: int, owner: bytes) -> None:
        """A claim after ``epoch - 1``."""
        self._append(Header(1, CLAIM, epoch, owner, epoch - 1, 0, 0, 0, b""), b"{}")

    def write(
        self, kind: int, seq: int, source: tuple[int, int, int], epoch: int = 1, owner: bytes = A, **body: object
    ) -> None:
        """A record."""
        payload = msgspec.json.encode({"type": "decision", "account_id": "acc", "status": "approved"} | body)
        self._append(Header(1, kind, epoch, owner, seq, *source, b""), payload)

    def decide(self, seq: int, offset: int, epoch: int = 1, owner: bytes = A, **body: object) -> None:
        """A decision on the order of that offset."""
        common = {"order_id": f"o{offset}", "order": order(offset)}
        self.write(DECISION, seq, (1, offset, offset), epoch, owner, **common | body)

    def apply(self, seq: int, fact: dict[str, object]) -> None:
        """The first fill."""
        self.write(FACTS, seq, (2, 0, 0), type="facts", facts=[fact])

    def violations(self) -> list[str]:
        """What the checker says."""
        self.partition.match()
        return self.checker.violations()

    def _append(self, header: Header, payload: bytes) -> None:
        self.partition.read(self.offset, header, payload)
        self.payloads.append(payload)
        self.offset += 1


def good(writer: Writer) -> None:
    """A takeover, a void claim, and void records of the owner before."""
    writer.decide(1, 0)
    writer.claim(2, B)
    writer.claim(2, A)
    writer.decide(2, 1, status="rejected")
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
    writer.decide(2, 1, order_id="o0", order=order(0))


def contradicted(writer: Writer) -> None:
    writer.partition.inputs[1][1] = writer.partition.inputs[1][0]
    writer.decide(1, 0)
    writer.decide(2, 1, order_id="o0", order=order(0), repeat=True, status="rejected")


def left_undecided(writer: Writer) -> None:
    writer.decide(1, 0)


def of_another_order(writer: Writer) -> None:
    writer.decide(1, 0, order_id="o1", order=order(1))


def under_another_id(writer: Writer) -> None:
    writer.decide(1, 0, order_id="o1")


def of_another_quantity(writer: Writer) -> None:
    writer.decide(1, 0, order=order(0, quantity="50"))


def good_one_skipped(writer: Writer) -> None:
    writer.write(SKIP, 1, (1, 0, 0))


def facts_of_nothing(writer: Writer) -> None:
    writer.apply(1, fill())


def facts_of_another_price(writer: Writer) -> None:
    writer.give(2, fill())
    writer.apply(1, fill(price="101"))


def fact_left_out(writer: Writer) -> None:
    writer.give(2, fill())
    writer.give(2, fill(fill_id="f2"))
    writer.write(FACTS, 1, (2, 0, 1), type="facts", facts=[fill()])


def acknowledged_too_early(writer: Writer) -> None:
    writer.decide(1, 0)
    writer.checker.acknowledged["orders", 0] = 2


def backtest_not_told(writer: Writer) -> None:
    tested = {"method": "historical", "exceeded": True, "exceptions": 1, "observations": 1, "zone": "green"}
    writer.write(EVENT, 1, (0, 0, 0), type="day_rolled", backtests=[tested])


def kill_not_told(writer: Writer) -> None:
    kill = {"type": "kill", "command_id": "k1", "scope": "desk", "scope_id": "equities"}
    writer.give(3, kill)
    writer.write(FACTS, 1, (3, 0, 0), type="facts", facts=[kill])


def crisis_not_told(writer: Writer) -> None:
    writer.write(EVENT, 1, (0, 0, 0), type="crisis_moved", active=True)


def fills_lost_not_told(writer: Writer) -> None:
    writer.write(EVENT, 1, (0, 0, 0), type="fills_lost", count=2)


def command_lost_not_told(writer: Writer) -> None:
    writer.write(EVENT, 1, (0, 0, 0), type="command_lost", command_id="t", command="trip_breaker")


def alert_of_another_severity(writer: Writer) -> None:
    breaker_not_told(writer)
    writer.checker._sent["alerts"].append((("0-1",), ("acc", "warning", "circuit_breaker")))


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
        (of_another_order, "I1: record 0-1 of orders 0: order_id was o0, is o1"),
        (under_another_id, "I1: record 0-1 of orders 0: it decides acc/o1, its order is acc/o0"),
        (of_another_quantity, "I1: record 0-1 of orders 0: quantity was 5, is 50"),
        (good_one_skipped, "I1: record 0-1 of orders 0: a good input was skipped"),
        (facts_of_nothing, "I1: record 0-1 of fills 0: only 0 of its inputs exist"),
        (facts_of_another_price, "I1: record 0-1 of fills 0: price was 100.5, is 101"),
        (fact_left_out, "I1: record 0-1 of fills 0: 1 facts out of 2 inputs"),
        (acknowledged_too_early, "I4: orders-0 is acknowledged up to 2, effective up to 1"),
        (breaker_not_told, "I6: breakers ('0-1',) is effective, but not there"),
        (backtest_not_told, "I6: backtests ('0-1-0',) is effective, but not there"),
        (kill_not_told, "I6: alerts ('kill-k1',) is effective, but not there"),
        (crisis_not_told, "I6: alerts ('0-1',) is effective, but not there"),
        (fills_lost_not_told, "I6: alerts ('0-1',) is effective, but not there"),
        (command_lost_not_told, "I6: alerts ('0-1',) is effective, but not there"),
        (alert_of_another_severity, "I6: alerts ('0-1',) is ('acc', 'warning', 'circuit_breaker'), the journal says"),
    ],
)
def test_one_thing_wrong_is_found(wrong: Callable[[Writer], None], expected: str) -> None:
    """Each is named with the invariant that it breaks."""
    writer = Writer()
    wrong(writer)
    assert [text for text in writer.violations() if text.startswith(expected)]


def test_rows_of_a_database_are_the_effective_records() -> None:
    """A row too many, one missing, one that is there twice, and one with the right id and the body of a void record
    are told apart."""
    writer = Writer()
    good(writer)
    effective = writer.checker.expected_rows("decisions")
    assert sorted(effective) == [(0, 1), (0, 2), (0, 4)]
    assert effective[0, 2][-1] == sha256(writer.payloads[5]).digest()
    assert differences("decisions", effective, effective.items()) == []
    void = (5, "o1", "acc", "approved", "", sha256(writer.payloads[4]).digest())
    rows = [((0, 1), effective[0, 1]), ((0, 1), effective[0, 1]), ((0, 2), void), ((0, 3), void)]
    assert differences("decisions", effective, rows) == [
        "I6: decisions (0, 4) is effective, but not there",
        "I6: decisions (0, 3) is there, but not effective",
        "I6: decisions (0, 1) is there 2 times",
        f"I6: decisions (0, 2) is {void}, the journal says {effective[0, 2]}",
    ]


def test_facts_and_events_are_rows_of_their_tables() -> None:
    """Fills and closes by record and place, breaker events and alerts by the record's id."""
    writer = Writer()
    close = {"type": "order_closed", "order_id": "o2", "account_id": "acc", "reason": "expired"}
    writer.partition.inputs[1][0] = Given(False, msgspec.json.encode(close))
    writer.give(2, fill())
    writer.write(FACTS, 1, (1, 0, 0), type="facts", facts=[close])
    writer.apply(2, fill())
    writer.write(EVENT, 3, (0, 0, 0), type="breaker_moved", breaker="drawdown", level_from="halted", level_to="normal")
    expected = {table: list(writer.checker.expected_rows(table)) for table in ("fills", "order_closes", "risk_alerts")}
    assert expected == {"fills": [(0, 2, 0)], "order_closes": [(0, 1, 0)], "risk_alerts": []}
    assert writer.checker.expected_rows("circuit_breaker_events") == {("0-3",): ("acc", "drawdown", "halted", "normal")}
    assert writer.checker.expected_rows("order_closes")[0, 1, 0] == ("o2", "acc", "expired")


@pytest.mark.parametrize(
    ("sent", "taken", "difference"),
    [
        (b'{"quantity":"5"}', b'{"quantity":"5.0"}', ""),
        (b'{"quantity":5}', b'{"quantity":"5"}', ""),
        (b'{"order_type":"market","dry_run":false,"limit_price":null}', b"{}", ""),
        (b'{"changes":{"leverage_max":2}}', b'{"changes":{"leverage_max":2.0}}', ""),
        (b'{"changes":{"leverage_max":2}}', b'{"changes":{"leverage_max":3}}', "changes was"),
        (b"{}", b'{"reduce_only":true}', "reduce_only was None, is True"),
        (b'{"symbol":"1"}', b'{"symbol":"1.0"}', "symbol was 1, is 1.0"),
    ],
)
def test_an_event_is_the_same_whatever_way_it_is_written(sent: bytes, taken: bytes, difference: str) -> None:
    """Decimals by value, what is left out by its default; every other difference is one."""
    assert unlike(sent, taken).startswith(difference)
    assert bool(unlike(sent, taken)) == bool(difference)
