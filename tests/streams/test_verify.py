"""Whatever contradicts the journal rule in a log is found from outside, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.codec import encode
from schemas.records import Skip
from streams.journal import Cursor, Header, Input, Kind, Source, decode_header
from streams.log import Pending
from streams.ranges import Range
from streams.verify import Audit
from tests.streams.test_processor import orders, ready
from tests.streams.written import A, B, Written, decided

EMPTY = {Input.ORDERS: Range(0, 0), Input.FILLS: Range(0, 0), Input.COMMANDS: Range(0, 0)}


def audit(written: Written, consumed: int = 0, **ranges: Any) -> Audit:
    """A closed audit of a journal beside so many orders."""
    found = Audit(written.partition, 4)
    for record in written.records:
        found.take(record)
    found.close(
        ranges.get("end", len(written.records)), EMPTY | {Input.ORDERS: ranges.get("orders", Range(0, consumed))}
    )
    return found


def rules(found: Audit) -> list[str]:
    return [finding.rule for finding in found.findings]


def test_a_journal_by_the_rule_has_no_findings() -> None:
    """Claims, decisions, a zombie's void record and a takeover are all in order; each is counted."""
    found = audit(decided(4), consumed=4)
    assert found.findings == []
    counts = found.counts
    assert (counts["claim"], counts["decision"], counts["void"]) == (2, 4, 1)
    assert counts["effective"] + counts["void"] == counts["records"]
    assert found.reader.cursor == decided(4).cursor
    assert set(found.lags.values()) == {0}


def test_lag_is_no_finding() -> None:
    """Inputs after the vector are not decided yet: that is lag, not a contradiction."""
    found = audit(decided(4), consumed=9)
    assert (found.findings, found.lags[Input.ORDERS]) == ([], 5)


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (2, 2, "orders 1 to 1 were never consumed"),
        (0, 0, "orders 0 to 0 are consumed again"),
        (0, 1, "orders 0 to 0 are consumed again"),
        (5, 1, "orders 5 to 1 is no range"),
    ],
)
def test_inputs_are_covered_once_and_in_order(first: int, last: int, text: str) -> None:
    """A hole, a repeat, an overlap and a backward range break I1; the message names the inputs."""
    written = Written()
    written.claim()
    written.skip(0)
    written.skip(first, last)
    found = audit(written, consumed=9)
    assert [(each.rule, each.text, each.offset) for each in found.findings] == [("I1", text, 2)]


def test_void_records_cover_nothing() -> None:
    """What a zombie appended consumed nothing: the new owner consumes it, once."""
    written = Written()
    written.claim(A)
    written.claim(B)
    written.put(Header(Kind.SKIP, 1, A, 1, Source(Input.ORDERS, 0, 0)), encode(Skip(reason="x")))
    written.skip(0)
    assert audit(written, consumed=1).findings == []


def test_an_order_is_decided_once() -> None:
    """A second decision of an order id that is not marked as a repeat breaks I2; a repeat and a dry run do not."""
    processor, defined = ready()
    first, second, repeated = orders(2) + orders(1)
    second.value = second.value.replace(b'"o1"', b'"o0"')
    repeated.offset = 1
    taken = processor.take(Input.ORDERS, [first, repeated]).records
    written = Written()
    written.claim()
    for pending in [*defined, *taken]:
        written.add(pending)
    assert audit(written, consumed=2).findings == []
    fresh, _ = ready()
    fresh.vector[Input.ORDERS] = 2
    second.offset = 2
    for pending in fresh.take(Input.ORDERS, [second]).records:
        written.add(pending)
    found = audit(written, consumed=3)
    assert rules(found) == ["I2"]
    assert "order 'o0' of 'acc' was decided in record" in found.findings[0].text


def test_bodies_are_what_their_headers_say() -> None:
    """A body of another kind, or none at all, is found, in void records too."""
    written = Written()
    written.claim()
    written.body(Kind.DECISION, Skip(reason="x"), Source(Input.ORDERS, 0, 0))
    written.add(Pending(Kind.SKIP, Source(Input.ORDERS, 1, 1), None, b"{"))
    written.put(Header(Kind.FACTS, 7, B, 9), encode(Skip(reason="x")))
    found = audit(written, consumed=2)
    assert rules(found) == ["body", "body", "body"]
    assert "the header says decision, the body is Skip" in found.findings[0].text


def test_what_always_consumes_names_its_input() -> None:
    """A decision, facts or skip without a source leaves its input uncovered."""
    written = Written()
    written.claim()
    written.body(Kind.SKIP, Skip(reason="x"))
    assert rules(audit(written)) == ["I1"]


def test_claims_are_for_this_deployment() -> None:
    """Another partition count, a later schema, or an epoch that skips one, is found."""
    written = Written()
    written.claim(partitions=8)
    written.claim(schema_version=99)
    written.put(Header(Kind.CLAIM, 9, A, 2), written.records[0].value)
    found = audit(written)
    assert rules(found) == ["claim", "claim", "claim"]


@pytest.mark.parametrize("header", [None, b"\x02" + bytes(67), b""])
def test_an_unknown_record_ends_the_check(header: bytes | None) -> None:
    """Where a record can't be read, which of the later ones count is not known: one finding, and no guess."""
    written = Written()
    written.claim()
    written.put(header, b"{}")
    written.skip(5)
    found = audit(written)
    assert rules(found) == ["readable"]
    assert (found.findings[0].offset, found.counts["records"], found.counts["effective"]) == (1, 3, 1)


def test_offsets_are_dense() -> None:
    """A hole within the journal, or after its last record, is what a transaction or compaction leaves."""
    written = Written()
    written.claim()
    written.skip(0)
    written.records[1].offset = 2
    assert rules(audit(written, consumed=1, end=3)) == ["dense"]
    assert rules(audit(decided(), consumed=4, end=len(decided().records) + 1)) == ["dense"]


def test_inputs_that_are_gone_are_found() -> None:
    """An input topic that ends before what was consumed was made anew; one that starts after it lost inputs."""
    assert rules(audit(decided(4), orders=Range(0, 3))) == ["I1"]
    assert rules(audit(decided(4), orders=Range(6, 9))) == ["I1"]
    assert audit(decided(4), orders=Range(4, 9)).findings == []


def test_it_goes_on_from_a_snapshot() -> None:
    """With a cursor and its vector, the rest is judged as if all had been read."""
    written = decided(4)
    cut = 1 + next(at for at, record in enumerate(written.records) if decode_header(record.headers[0][1]).source)
    found = Audit(written.partition, 4, Cursor(cut, 1, A, cut - 1), {Input.ORDERS: 1})
    for record in written.records[cut:]:
        found.take(record)
    found.close(len(written.records), EMPTY | {Input.ORDERS: Range(0, 4)})
    assert (found.findings, found.reader.cursor) == ([], written.cursor)
