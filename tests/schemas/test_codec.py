"""Decoding validates: what is wrong is refused with the field, the value and what was expected."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from schemas import codec, orders, reference
from schemas.base import Text
from schemas.codec import BadPayload
from schemas.faults import MESSAGE_MAX
from schemas.topics import COMMANDS, ORDERS
from tests.schemas.payloads import LIMITS, ORDER, payload, refusal


@pytest.mark.parametrize("value", ["100", 100, "1e2", 100.0, b"1.00e2"])
def test_decimals_come_as_strings_or_numbers(value: Any) -> None:
    """A quantity may be a JSON string or number, and is exact in both forms."""
    assert codec.decode(ORDERS, payload(ORDER, quantity=value)).quantity == Decimal(100)


def test_json_numbers_are_exact() -> None:
    """A JSON number never passes through a binary float."""
    assert codec.decode(ORDERS, payload(ORDER, quantity=b"0.1")).quantity == Decimal("0.1")


@pytest.mark.parametrize(
    ("value", "seen", "expected"),
    [
        ("NaN", "NaN", "finite"),
        ("sNaN", "sNaN", "finite"),
        ("Infinity", "Infinity", "finite"),
        ("-Infinity", "-Infinity", "finite"),
        ("-1", "-1", "more than 0"),
        (0, "0", "more than 0"),
        ("-0", "-0", "more than 0"),
        ("0.0000000000001", "1E-13", "12 decimals"),
        (b"1e400", "1E+400", "below 1e15"),
        ("1e999999999999", "1E+999999999999", "below 1e15"),
        (b"1e-400", "1E-400", "12 decimals"),
        ("1e15", "1E+15", "below 1e15"),
        (b"9" * 5000, "999...", "below 1e15"),
        ("abc", '"abc"', "decimal"),
        ("", '""', "decimal"),
        (True, "true", "decimal"),
        (None, "null", "decimal"),
        ([1], "[1]", "decimal"),
        ({"a": 1}, '{"a":1}', "decimal"),
    ],
)
def test_bad_quantities_are_refused(value: Any, seen: str, expected: str) -> None:
    """A quantity that is not finite, positive, exact and of sane size is refused by name, value and expectation."""
    message = refusal(ORDERS, payload(ORDER, quantity=value))
    assert "quantity" in message
    assert seen in message
    assert expected in message


@pytest.mark.parametrize(
    ("change", "seen", "expected"),
    [
        ({"order_id": 5}, "is 5, expected", "`str`"),
        ({"order_id": ""}, 'is "", expected', "length >= 1"),
        ({"order_id": "x" * 65}, "xxx...", "length <= 64"),
        ({"account_id": None}, "is null, expected", "`str`"),
        ({"side": "up"}, '"up"', "expected one of buy, sell, sell_short"),
        ({"side": 1}, "is 1, expected", "one of buy, sell, sell_short"),
        ({"side": None}, "is null, expected", "one of buy, sell, sell_short"),
        ({"time_in_force": "gtd"}, '"gtd"', "expected one of day, gtc, ioc, fok"),
        ({"event_time_ns": -1}, "is -1, expected", ">= 0"),
        ({"event_time_ns": 1.5}, "is 1.5, expected", "`int`"),
        ({"event_time_ns": "2020-02-19"}, 'is "2020-02-19", expected', "(nanoseconds since 1970-01-01 UTC)"),
        ({"event_time_ns": 2**63}, str(2**63), "9223372036854775807"),
        ({"reduce_only": 1}, "is 1, expected", "`bool`"),
        ({"strategy_id": ["s"]}, 'is ["s"], expected', "`str | null`"),
    ],
)
def test_bad_fields_are_refused(change: dict[str, Any], seen: str, expected: str) -> None:
    """Any field of the wrong type or out of its range is refused by name, value and expectation."""
    message = refusal(ORDERS, payload(ORDER, **change))
    assert next(iter(change)) in message
    assert seen in message
    assert expected in message


@pytest.mark.parametrize("kind", ["fill", "trade", "decision", "", "OrderRequest"])
def test_types_of_other_topics_are_refused(kind: str) -> None:
    """An event on a topic that it does not travel on is refused, with the types that do."""
    message = refusal(ORDERS, payload(ORDER, type=kind))
    assert f'`type` is "{kind}", expected one of order_request, order_replace, order_cancel, order_closed' in message


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("type", "one of order_request, order_replace, order_cancel, order_closed"),
        ("order_id", "`str`"),
        ("side", "one of buy, sell, sell_short"),
        ("quantity", "a decimal such as 12.5"),
        ("event_time_ns", "`int` (nanoseconds since 1970-01-01 UTC)"),
    ],
)
def test_missing_fields_are_named(field: str, expected: str) -> None:
    """A missing required field is refused by name, with what should stand there."""
    body = {name: value for name, value in ORDER.items() if name != field}
    assert refusal(ORDERS, payload(body)) == f"`{field}` is missing, expected {expected}"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (None, "payload is empty"),
        (b"", "payload is empty"),
        (b"{", "truncated"),
        (b"nul\n", "the payload is 'nul', expected a JSON object"),
        (b"[]", "the payload is '[]', expected a JSON object"),
        (b"7", "the payload is '7', expected a JSON object"),
        (b"{}", "`type`"),
        (b"\xff\xfe", "expected a JSON object"),
        (b"\x00", "expected a JSON object"),
        (b"[" * 60_000, "expected a JSON object"),
        (payload(ORDER) + b"x", "trailing"),
        (payload(ORDER, order_id=b'"\xff"'), "not UTF-8"),
        (payload(ORDER, quantity=b"NaN"), "malformed"),
        (payload(ORDER, symbol=b'"\\ud800"'), "surrogate"),
        (payload(ORDER, extra=b"[" * 30_000 + b"]" * 30_000), "nested too deeply"),
        (payload(ORDER, symbol="A\0"), "\\u0000"),
    ],
)
def test_what_is_no_event_is_refused(body: bytes | None, expected: str) -> None:
    """Bytes that are not one JSON object of valid text are refused, whatever they are."""
    assert expected in refusal(ORDERS, body)


def test_oversize_is_refused_before_it_is_parsed() -> None:
    """A payload over the limit is refused with its size and the limit; one at the limit is read."""
    room = codec.PAYLOAD_MAX_BYTES - len(payload(ORDER, extra=""))
    assert codec.decode(ORDERS, payload(ORDER, extra="x" * room)).order_id == "O-1"
    message = refusal(ORDERS, payload(ORDER, extra="x" * (room + 1)))
    assert "65537 bytes" in message
    assert "65536" in message


def test_a_fault_before_broken_json_is_still_a_refusal() -> None:
    """A bad value followed by malformed JSON is refused without the value, never an exception of its own."""
    assert "side" in refusal(ORDERS, payload(ORDER, side="up")[:-30])


@pytest.mark.parametrize(
    "change", [{"quantity": "9" * 30_000}, {"order_id": "x" * 30_000}, {"side": "x" * 30_000}, {"type": "x" * 30_000}]
)
def test_refusals_fit_into_the_journal(change: dict[str, str]) -> None:
    """However long the bad value, the message fits the record that reports it, and still says what was expected."""
    message = refusal(ORDERS, payload(ORDER, **change))
    assert len(message) <= MESSAGE_MAX
    assert msgspec.convert(message, Text) == message
    assert "xpected" in message


def test_unknown_limit_names_do_not_outgrow_the_journal() -> None:
    """The list of all limit names is cut to the length that a record holds."""
    assert len(refusal(COMMANDS, payload(LIMITS, changes={"x" * 30_000: 1.0}))) <= MESSAGE_MAX


def test_any_input_type_is_read_from_a_file() -> None:
    """``decode_input`` reads each type that an outsider may publish, and refuses what only riskstream writes."""
    assert isinstance(codec.decode_input(payload(ORDER)), orders.OrderRequest)
    assert isinstance(codec.decode_input(b'{"type":"account","account_id":"a"}'), reference.Account)
    with pytest.raises(BadPayload, match="expected one of order_request"):
        codec.decode_input(b'{"type":"skip","reason":"x"}')


@pytest.mark.parametrize("body", [b'{"type":"mystery"}', b"{}", b'{"type":"skip"}', payload(ORDER)])
def test_unknown_records_stop_a_reader(body: bytes) -> None:
    """A journal record of an unknown kind or form raises: readers stop rather than skip it."""
    with pytest.raises(msgspec.ValidationError):
        codec.decode_body(body)
