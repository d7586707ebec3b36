"""The journal rule: which records count, whatever replaced workers append."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.journal import Cursor, Header, Input, Kind, Reader, Source, UnknownRecord, decode_header, encode_header

A, B = b"a" * 16, b"b" * 16
LARGE = st.integers(0, 2**63 - 1)
HEADERS = st.builds(
    Header,
    st.sampled_from(Kind),
    LARGE,
    st.binary(min_size=16, max_size=16),
    LARGE,
    st.none() | st.builds(Source, st.sampled_from([Input.ORDERS, Input.FILLS, Input.COMMANDS]), LARGE, LARGE),
    st.binary(min_size=8, max_size=8),
)


def claim(owner: bytes, previous: int) -> Header:
    return Header(Kind.CLAIM, previous + 1, owner, previous)


def record(owner: bytes, epoch: int, seq: int) -> Header:
    return Header(Kind.DECISION, epoch, owner, seq)


def judged(headers: list[Header], reader: Reader | None = None) -> list[bool]:
    reader = reader or Reader()
    return [reader.effective(reader.offset, header) for header in headers]


@given(HEADERS)
def test_headers_survive_their_bytes(header: Header) -> None:
    """A header is read as it was written."""
    assert decode_header(encode_header(header)) == header


@pytest.mark.parametrize(
    "payload", [b"", b"\x02" + bytes(59), encode_header(claim(A, 0))[:-1], b"\x01\x09" + bytes(58)]
)
def test_an_unknown_header_stops_the_reader(payload: bytes) -> None:
    """Another version, kind or length is never guessed at."""
    with pytest.raises(UnknownRecord):
        decode_header(payload)


def test_records_of_the_owner_count_in_sequence() -> None:
    """After its claim, an owner's records count one after the other."""
    assert judged([claim(A, 0), record(A, 1, 1), record(A, 1, 2)]) == [True, True, True]


def test_a_replaced_worker_writes_void_records() -> None:
    """What a paused worker appends after another's claim does not count; the new owner goes on from before."""
    log = [claim(A, 0), record(A, 1, 1), claim(B, 1), record(A, 1, 2), record(B, 2, 2), record(A, 1, 3)]
    assert judged(log) == [True, True, True, False, True, False]


def test_of_two_claims_for_the_same_epoch_the_first_wins() -> None:
    """Both racers propose the same epoch; only the owner tells them apart."""
    log = [claim(A, 0), claim(B, 0), record(B, 1, 1), record(A, 1, 1)]
    assert judged(log) == [True, False, False, True]


def test_a_repeated_or_missing_batch_does_not_count() -> None:
    """A record counts only as the next in sequence."""
    log = [claim(A, 0), record(A, 1, 1), record(A, 1, 1), record(A, 1, 3), record(A, 1, 2)]
    assert judged(log) == [True, True, False, False, True]


OWNERS = st.sampled_from([A, B])
CLAIMS = st.builds(claim, OWNERS, st.integers(0, 4))
LOG = st.lists(CLAIMS | st.builds(record, OWNERS, st.integers(0, 4), st.integers(1, 6)), max_size=40)


@given(LOG, st.integers(0, 40))
def test_a_reader_can_stop_and_go_on_anywhere(log: list[Header], stop: int) -> None:
    """From its four-part cursor a later reader judges the rest as one that never stopped."""
    whole = judged(log)
    first = Reader()
    head = judged(log[:stop], first)
    second = Reader(Cursor(*first.cursor))
    assert head + judged(log[stop:], second) == whole


@given(LOG)
def test_effective_records_are_gapless(log: list[Header]) -> None:
    """The sequence numbers of what counts are 1, 2, 3, ... over all owners."""
    reader = Reader()
    numbers = [h.seq for h in log if reader.effective(reader.offset, h) and h.kind is not Kind.CLAIM]
    assert numbers == list(range(1, len(numbers) + 1))
