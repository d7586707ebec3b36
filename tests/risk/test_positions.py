"""Positions, cash and reservations are exact whatever happens to them."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from risk.exact import EXACT
from risk.positions import settle
from risk.state import AccountState
from schemas.base import Side
from schemas.orders import Fill
from schemas.reference import Account, Instrument

AMOUNTS = st.decimals(min_value="0.000000000001", max_value="99999999", places=12)
FILLS = st.lists(st.tuples(st.sampled_from([Side.BUY, Side.SELL]), AMOUNTS, AMOUNTS, AMOUNTS), max_size=30)
ABC = Instrument(symbol="ABC", multiplier=Decimal("2.5"))


def make_fill(number: int, side: Side, quantity: Decimal, price: Decimal, commission: Decimal) -> Fill:
    return Fill(
        fill_id=str(number),
        order_id="o",
        account_id="a",
        symbol="ABC",
        side=side,
        quantity=quantity,
        price=price,
        commission=commission,
        event_time_ns=1,
    )


def flattened(fills: list[tuple[Side, Decimal, Decimal, Decimal]]) -> list[Fill]:
    """The fills, and one more that brings the position to zero."""
    made = [make_fill(number, *fill) for number, fill in enumerate(fills)]
    left = Decimal(0)
    for fill in made:
        left = EXACT.add(left, EXACT.multiply(fill.quantity, Decimal(fill.side.sign)))
    if left:
        side = Side.SELL if left > 0 else Side.BUY
        made.append(make_fill(len(made), side, left.copy_abs(), Decimal("7.77"), Decimal("0.01")))
    return made


@settings(max_examples=200, deadline=None)
@given(FILLS)
def test_flat_is_exactly_zero_and_cash_is_the_exact_sum(fills: list[tuple[Side, Decimal, Decimal, Decimal]]) -> None:
    """Any sequence of fills that nets to zero leaves exactly zero, all P&L is realised, and cash is the decimal sum."""
    account = AccountState(definition=Account(account_id="a"))
    expected = Decimal(0)
    for fill in flattened(fills):
        settle(account, ABC, fill)
        paid = EXACT.multiply(EXACT.multiply(fill.quantity, fill.price), Decimal("2.5") * fill.side.sign)
        expected = EXACT.subtract(EXACT.subtract(expected, paid), fill.commission)
    if not account.holdings:
        return
    holding = account.holdings["ABC"]
    assert holding.quantity == 0
    assert holding.cost == 0
    assert account.cash["USD"] == expected
    assert holding.realised == expected


def test_average_cost_long_and_short() -> None:
    """A partial close takes its share of the cost; crossing zero opens the other side at the fill's price."""
    account = AccountState(definition=Account(account_id="a"))
    plain = Instrument(symbol="ABC")
    for number, (side, quantity, price) in enumerate([(Side.BUY, 100, 10), (Side.BUY, 100, 20), (Side.SELL, 50, 30)]):
        settle(account, plain, make_fill(number, side, Decimal(quantity), Decimal(price), Decimal(0)))
    holding = account.holdings["ABC"]
    assert (holding.quantity, holding.cost, holding.realised) == (150, 2250, 750)
    settle(account, plain, make_fill(9, Side.SELL, Decimal(200), Decimal(12), Decimal(0)))
    assert (holding.quantity, holding.cost) == (-50, -600)
    assert holding.realised == 750 - 150 * 3


def test_a_fill_counts_once() -> None:
    """The same fill id again changes nothing."""
    account = AccountState(definition=Account(account_id="a"))
    for _ in range(2):
        settle(account, ABC, make_fill(1, Side.BUY, Decimal(10), Decimal(3), Decimal(0)))
    assert account.holdings["ABC"].quantity == 10
    assert account.cash["USD"] == -75
