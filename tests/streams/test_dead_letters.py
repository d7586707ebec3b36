"""Dead letters say where they come from and why, and always fit into a record."""

from __future__ import annotations

from streams.dead_letters import PAYLOAD_MAX_BYTES, DeadLetter


def letter(payload: bytes | None) -> DeadLetter:
    return DeadLetter("risk.orders.v1", 2, 77, b"acc", payload, "not JSON")


def test_headers_name_the_place_and_the_reason() -> None:
    """An operator finds the record and the cause without opening the payload, which is as it came."""
    assert dict(letter(b"{").headers) == {
        "reason": b"not JSON",
        "topic": b"risk.orders.v1",
        "partition": b"2",
        "offset": b"77",
    }
    assert letter(b"{").value == b"{"
    assert letter(None).value is None


def test_a_payload_too_long_for_a_record_is_cut() -> None:
    """The largest record there can be still goes to the dead letters, and they say that it was longer."""
    cut = letter(b"x" * 1_048_000)
    assert len(cut.value or b"") == PAYLOAD_MAX_BYTES
    assert dict(cut.headers)["cut_from_bytes"] == b"1048000"
