"""What only some types must hold to: exact money in accounts and fills, limits that can be, markets that can be."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.topics import ACCOUNTS, COMMANDS, FILLS, INSTRUMENTS, TICKS, Topic
from tests.schemas.payloads import FILL, LIMITS, payload, refusal

ACCOUNT = {"type": "account", "account_id": "a"}
INSTRUMENT = {"type": "instrument", "symbol": "A"}
BAR = {"type": "bar", "symbol": "A", **dict.fromkeys(("open", "high", "low", "close"), "1"), "event_time_ns": 1}
SKIP: dict[str, Any] = {"type": "skip_inputs", "command_id": "c", "topic": "orders", "partition": 0, "first": 0} | {
    "last": 0,
    "author": "x",
    "event_time_ns": 1,
}
#: A sound event with the field that a test changes.
BOUNDED: dict[str, dict[str, Any]] = {
    **dict.fromkeys(("cash", "symbols_allowed", "positions"), ACCOUNT),
    **dict.fromkeys(("spread_bps", "sector", "currency"), INSTRUMENT),
    **dict.fromkeys(("first", "last", "partition"), SKIP),
    "changes": LIMITS,
    "period_ns": BAR,
}


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1e400", "1e999999999999", "0.0000000000001"])
def test_decimals_inside_accounts_are_checked(amount: str) -> None:
    """Cash and opening positions of an account are held to the same exactness as prices and quantities."""
    position = {"symbol": "AAPL", "quantity": amount, "price": "1"}
    assert "`cash.USD` is" in refusal(ACCOUNTS, payload(ACCOUNT, cash={"USD": amount}))
    assert "`positions[0].quantity` is" in refusal(ACCOUNTS, payload(ACCOUNT, positions=[position]))


def test_an_account_opens_with_one_position_a_symbol() -> None:
    """Two openings of one symbol are refused: nobody knows whether they are meant to add up."""
    position = {"symbol": "AAPL", "quantity": "1", "price": "1"}
    message = refusal(ACCOUNTS, payload(ACCOUNT, positions=[position, {**position, "symbol": "A"}, position]))
    assert message == "`positions` has 'AAPL' 2 times, expected each symbol once"


@pytest.mark.parametrize("amount", ["1e999999", "-1e999999999999999999", "0e400", "0e999999999999"])
def test_exponents_beyond_the_decimal_context_are_refused(amount: str) -> None:
    """A magnitude that would overflow decimal arithmetic is refused and never raises an arithmetic error."""
    assert "`commission` is" in refusal(FILLS, payload(FILL, commission=amount))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"var": 0.1}, "`changes.var` is 0.1, expected one of the names order_quantity_max"),
        ({"var_max": -0.1}, "`changes.var_max` is -0.1, expected `float` > 0.0"),
        ({"var_confidence_min": 1.5}, "`changes.var_confidence_min` is 1.5, expected `float` < 1.0"),
        ({"var_max": "1"}, '`changes.var_max` is "1", expected `float`'),
        ({"var_max": None}, "changes"),
        ([], "`changes` is [], expected `object`"),
    ],
)
def test_bad_limit_changes_are_refused(changes: Any, expected: str) -> None:
    """A limit change with an unknown name or an impossible value is refused by name, value and expectation."""
    assert expected in refusal(COMMANDS, payload(LIMITS, changes=changes))


def test_a_limit_beyond_floats_is_refused() -> None:
    """A limit of 1e400 is refused: it would be infinite, which is no limit."""
    assert "out of range" in refusal(COMMANDS, payload(LIMITS, changes=b'{"var_max":1e400}'))


@pytest.mark.parametrize(
    ("topic", "change", "expected"),
    [
        (
            ACCOUNTS,
            {"cash": {"USD": "1", "eur": "2"}},
            "a key of `cash` is \"eur\", expected `str` matching regex '^[A-Z]{3}$' (three capitals, such as USD)",
        ),
        (ACCOUNTS, {"cash": {"": "2"}}, 'a key of `cash` is "", expected'),
        (ACCOUNTS, {"cash": {"USD\n": "2"}}, 'a key of `cash` is "USD\\n", expected'),
        (ACCOUNTS, {"cash": {"EUR": 0.5, "USD": "x"}}, '`cash.USD` is "x", expected a decimal'),
        (ACCOUNTS, {"cash": {"a.b": "1"}}, 'a key of `cash` is "a.b", expected'),
        (ACCOUNTS, {"symbols_allowed": ["AAPL", ""]}, '`symbols_allowed[1]` is "", expected `str` of length >= 1'),
        (ACCOUNTS, {"symbols_allowed": ["x" * 65]}, "..., expected `str` of length <= 64"),
        (
            ACCOUNTS,
            {"positions": [{"symbol": "", "quantity": "1", "price": "1"}]},
            '`positions[0].symbol` is "", expected',
        ),
        (INSTRUMENTS, {"spread_bps": 20_001}, "`spread_bps` is 20001, expected `float` <= 20000.0"),
        (INSTRUMENTS, {"spread_bps": 0}, "`spread_bps` is 0, expected `float` > 0.0"),
        (INSTRUMENTS, {"sector": ""}, '`sector` is "", expected `str` of length >= 1'),
        (INSTRUMENTS, {"currency": "usd"}, '`currency` is "usd", expected `str` matching regex'),
        (COMMANDS, {"changes": {"": 0.1}}, 'a key of `changes` is "", expected `str` of length >= 1'),
        (COMMANDS, {"changes": {"var_max": None}}, "`changes.var_max` is null, expected `float`"),
        (COMMANDS, {"changes": {"a.b": None}}, '`changes[...]` is {"a.b":null}, expected `float`'),
        (COMMANDS, {"first": 5, "last": 4}, "`last` is 4, expected at least `first`, which is 5"),
        (COMMANDS, {"partition": 2**31}, "`partition` is 2147483648, expected `int` <= 2147483647"),
        (COMMANDS, {"last": 2**63}, "`last` is 9223372036854775808, expected `int` <= 9223372036854775807"),
        (TICKS, {"period_ns": 0}, "`period_ns` is 0, expected `int` >= 1"),
    ],
)
def test_what_stands_in_lists_mappings_and_numbers_is_bounded(
    topic: Topic, change: dict[str, Any], expected: str
) -> None:
    """Members of lists, keys of mappings and numbers are held to what they may be as fields are, and named."""
    assert expected in refusal(topic, payload(BOUNDED[next(iter(change))], **change))


def test_a_bad_key_before_broken_json_is_still_a_refusal() -> None:
    """What can't be read as a whole is refused without the key, never by an exception of its own."""
    assert "a key of `cash` is wrong, expected" in refusal(ACCOUNTS, payload(ACCOUNT, cash={"eur": "1"})[:-1])


@pytest.mark.parametrize("cash", [b'{"eur":"1"}', b'{"EUR":null}'])
def test_a_bad_mapping_under_a_name_that_comes_twice_is_still_a_refusal(cash: bytes) -> None:
    """What decoding refused first need not be what the object has in the end."""
    assert "`cash" in refusal(ACCOUNTS, payload(ACCOUNT, cash=cash + b',"cash":7'))


@pytest.mark.parametrize("scope", ["strategy", "trader"])
def test_limits_have_no_strategy_scope(scope: str) -> None:
    """Limits hold for accounts, desks and the firm only."""
    assert f"`scope` is {scope}" in refusal(COMMANDS, payload(LIMITS, scope=scope))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"type": "quote", "symbol": "A", "bid": "2", "ask": "1", "event_time_ns": 1}, "`ask` is 1"),
        ({"type": "trade", "symbol": "A", "price": "1e15", "quantity": "1", "event_time_ns": 1}, "`price` is 1E+15"),
        ({"type": "trade", "symbol": "A", "price": "1", "quantity": "0", "event_time_ns": 1}, "`quantity` is 0"),
        (
            {
                "type": "bar",
                "symbol": "A",
                "open": "1",
                "high": "1",
                "low": "2",
                "close": "1",
                "period_ns": 1,
                "event_time_ns": 1,
            },
            "`high` is 1 and `low` 2",
        ),
        ({"type": "fx_rate", "base": "USD", "quote": "USD", "rate": "1", "event_time_ns": 1}, "`quote` is USD"),
        (
            {"type": "fx_rate", "base": "eur", "quote": "USD", "rate": "1", "event_time_ns": 1},
            '`base` is "eur", expected',
        ),
        (
            {"type": "fx_rate", "base": "EUR\n", "quote": "USD", "rate": "1", "event_time_ns": 1},
            '`base` is "EUR\\n", expected',
        ),
    ],
)
def test_impossible_markets_are_refused(body: dict[str, Any], expected: str) -> None:
    """Crossed quotes, trades of nothing, bars inside out and malformed currencies are refused; whether a price may be
    below zero the instrument says."""
    assert expected in refusal(TICKS, payload(body))
