"""One partition without Kafka: every input offset is consumed once, in order, by exactly one journal record."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from risk.engine import RiskEngine
from risk.state import STATE_VERSION, PartitionState, encode_state
from schemas.codec import decode_body, encode
from schemas.decisions import Decision
from schemas.reasons import Reason
from schemas.records import Skip
from schemas.reference import Account
from streams.journal import NO_DIGEST, Header, Input, Kind, UnknownRecord
from streams.log import Pending
from streams.partitioning import partition_of
from streams.processor import DigestMismatch, InputHole, Pace, Processor
from tests.risk.world import LOOSE, NOW_NS, World, calm_market, instrument

MARKET = calm_market()
HOME = partition_of("acc", 4)


def processor(partition: int = HOME) -> Processor:
    return Processor(
        RiskEngine(PartitionState(), MARKET),
        partition,
        Pace(4, digest_every=2),
        lambda event_ns: max(NOW_NS, event_ns),
        lambda: 0,
    )


def ready() -> tuple[Processor, list[Pending]]:
    """A processor that knows the account and its instruments, and the records by which it does."""
    made = processor()
    account = Account(account_id="acc", cash={"USD": Decimal(1_000_000)}, limits=LOOSE)
    return made, made.define([*(instrument(symbol) for symbol in ("AAA", "BBB")), account])


def raw(offset: int, payload: bytes | None) -> Any:
    return SimpleNamespace(
        topic="risk.orders.v1", partition=HOME, offset=offset, key=b"acc", value=payload, timestamp=0
    )


def orders(count: int, start: int = 0) -> list[Any]:
    world = World(market=MARKET)
    return [raw(start + n, encode(world.order(order_id=f"o{start + n}"))) for n in range(count)]


def header(record: Pending, seq: int) -> Header:
    return Header(record.kind, 1, b"o" * 16, seq, record.source, record.digest)


def poison(quantity: bytes) -> bytes:
    return (
        b'{"type":"order_request","order_id":"p","account_id":"acc","symbol":"AAA","side":"buy","quantity":'
        + quantity
        + b',"event_time_ns":1}'
    )


def decisions(records: list[Pending]) -> list[Decision]:
    bodies = [decode_body(record.payload) for record in records]
    return [body for body in bodies if isinstance(body, Decision)]


def test_each_offset_is_the_source_of_one_record() -> None:
    """Events that come before a decision have no source; the decision has the order's."""
    made, _ = ready()
    records = made.take(Input.ORDERS, orders(3)).records
    assert [r.source.first for r in records if r.source] == [0, 1, 2]
    assert [d.order_id for d in decisions(records)] == ["o0", "o1", "o2"]
    assert records[0].kind is Kind.EVENT
    assert records[0].source is None


def test_what_was_consumed_is_dropped() -> None:
    """Redelivered records below the vector lead to nothing."""
    made, _ = ready()
    batch = orders(3)
    made.take(Input.ORDERS, batch)
    assert made.take(Input.ORDERS, batch).records == []
    assert made.vector[Input.ORDERS] == 3


def test_a_hole_is_fatal() -> None:
    """An input that goes on after a gap is never passed over."""
    made, _ = ready()
    with pytest.raises(InputHole, match=r"orders-\d goes on at offset 5, needed 0"):
        made.take(Input.ORDERS, orders(1, start=5))


@pytest.mark.parametrize(
    "payload",
    [
        None,
        b"",
        b"{",
        b"[]",
        b'{"type":"trade"}',
        b'{"type":"order_request","order_id":1}',
        b"\xff\xfe",
        b"x" * 70_000,
        poison(b'"NaN"'),
        poison(b"-5"),
        poison(b"1e400"),
    ],
)
def test_poison_is_buried_and_its_neighbours_are_decided(payload: bytes | None) -> None:
    """What is no order becomes a skip and a dead letter with reason and offset; its neighbours are decided."""
    made, _ = ready()
    first, second = orders(1) + orders(1, start=2)
    outcome = made.take(Input.ORDERS, [first, raw(1, payload), second])
    assert [d.order_id for d in decisions(outcome.records)] == ["o0", "o2"]
    skip = next(decode_body(r.payload) for r in outcome.records if r.kind is Kind.SKIP)
    assert isinstance(skip, Skip)
    (letter,) = outcome.letters
    assert (letter.offset, letter.payload, letter.reason) == (1, payload, skip.reason)
    assert dict(letter.headers)["offset"] == b"1"


def test_a_stray_order_is_refused() -> None:
    """An order on a partition that is not its account's was not published with the default partitioner."""
    made = processor(partition=(HOME + 1) % 4)
    (decision,) = decisions(made.take(Input.ORDERS, orders(1)).records)
    assert decision.reason is Reason.ORDER_WRONG_PARTITION


def test_folding_the_records_gives_state_and_vector() -> None:
    """Another worker that folds the journal stands where this one does, and goes on without deciding anything again."""
    made, defined = ready()
    records = defined + made.take(Input.ORDERS, orders(4)).records + made.sweep()
    other = processor()
    for number, record in enumerate(records):
        other.fold(header(record, number + 1), decode_body(record.payload))
    assert other.vector == made.vector
    assert encode_state(other.engine.state) == encode_state(made.engine.state)
    assert other.take(Input.ORDERS, orders(4)).records == []


def test_a_fold_checks_the_digests() -> None:
    """The first record here, and then every second, carries the digest of the state after it; a fold that comes to
    another state ends."""
    made, defined = ready()
    records = defined + made.take(Input.ORDERS, orders(4)).records
    assert [record.digest != NO_DIGEST for record in records[:4]] == [True, True, False, True]
    other = processor()
    digested = records[1]  # the fold misses the first
    with pytest.raises(DigestMismatch, match="the state after record 2 has digest"):
        other.fold(header(digested, 2), decode_body(digested.payload))


def test_a_fold_of_what_another_version_wrote() -> None:
    """The digests of an earlier version say nothing to it; that of a later one, from its first record on, ends it."""
    made, defined = ready()
    first, second = (defined + made.take(Input.ORDERS, orders(4)).records)[:2]
    other = processor()
    other.fold(header(first._replace(digest=bytes(2) + b"others"), 1), decode_body(first.payload))
    later = (STATE_VERSION + 1).to_bytes(2)
    with pytest.raises(UnknownRecord, match=f"record 2 has state version {STATE_VERSION + 1}"):
        other.fold(header(second._replace(digest=later + b"others"), 2), decode_body(second.payload))


def test_a_fold_that_misses_an_input_is_fatal() -> None:
    """Sources must continue the vector without a gap."""
    made, _ = ready()
    record = made.take(Input.ORDERS, orders(2)).records[-1]
    with pytest.raises(InputHole):
        processor().fold(header(record, 1), decode_body(record.payload))


def test_accounts_live_in_one_partition_only() -> None:
    """Reference data of an account enters the journal of its own partition, instruments that of every one."""
    elsewhere = processor(partition=(HOME + 1) % 4)
    elsewhere.define([instrument("AAA"), Account(account_id="acc")])
    assert list(elsewhere.engine.state.instruments) == ["AAA"]
    assert not elsewhere.engine.state.accounts
