"""What only some types must hold to: exact money in accounts and fills, limits that can be, markets that can be."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.topics import ACCOUNTS, COMMANDS, FILLS, TICKS
from tests.schemas.payloads import FILL, LIMITS, payload, refusal


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1e400", "1e999999999999", "0.0000000000001"])
def test_decimals_inside_accounts_are_checked(amount: str) -> None:
    """Cash and opening positions of an account are held to the same exactness as prices and quantities."""
    account = {"type": "account", "account_id": "a"}
    position = {"symbol": "AAPL", "quantity": amount, "price": "1"}
    assert "`cash.USD` is" in refusal(ACCOUNTS, payload(account, cash={"USD": amount}))
    assert "`quantity` is" in refusal(ACCOUNTS, payload(account, positions=[position]))


@pytest.mark.parametrize("amount", ["1e999999", "-1e999999999999999999", "0e400", "0e999999999999"])
def test_exponents_beyond_the_decimal_context_are_refused(amount: str) -> None:
    """A magnitude that would overflow decimal arithmetic is refused and never raises an arithmetic error."""
    assert "`commission` is" in refusal(FILLS, payload(FILL, commission=amount))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"var": 0.1}, "`changes` names 'var', expected one of order_quantity_max"),
        ({"var_max": -0.1}, "`changes.var_max` is -0.1, expected `float` > 0.0"),
        ({"var_confidence_min": 1.5}, "`changes.var_confidence_min` is 1.5, expected `float` < 1.0"),
        ({"var_max": "1"}, 'seen {"var_max":"1"}'),
        ({"var_max": None}, "changes"),
        ([], "seen []"),
    ],
)
def test_bad_limit_changes_are_refused(changes: Any, expected: str) -> None:
    """A limit change with an unknown name or an impossible value is refused by name, value and expectation."""
    assert expected in refusal(COMMANDS, payload(LIMITS, changes=changes))


def test_a_limit_beyond_floats_is_refused() -> None:
    """A limit of 1e400 is refused: it would be infinite, which is no limit."""
    assert "out of range" in refusal(COMMANDS, payload(LIMITS, changes=b'{"var_max":1e400}'))


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
        ({"type": "fx_rate", "base": "eur", "quote": "USD", "rate": "1", "event_time_ns": 1}, 'seen "eur"'),
        ({"type": "fx_rate", "base": "EUR\n", "quote": "USD", "rate": "1", "event_time_ns": 1}, 'seen "EUR\\n"'),
    ],
)
def test_impossible_markets_are_refused(body: dict[str, Any], expected: str) -> None:
    """Crossed quotes, trades of nothing, bars inside out and malformed currencies are refused; whether a price may be
    below zero the instrument says."""
    assert expected in refusal(TICKS, payload(body))
