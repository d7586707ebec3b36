"""Fills that can't be booked yet are kept once, up to a bound; beyond it the account is closed for good."""

from __future__ import annotations

from decimal import Decimal

import pytest

from risk.apply import apply
from risk.state import ANY_ACCOUNT, PENDING_MAX, PartitionState
from schemas.base import Side
from schemas.orders import Fill
from schemas.reasons import Reason
from schemas.records import AccountDefined, Facts
from schemas.reference import Account
from tests.risk.world import World, calm_market, instrument, mark

MARKET = calm_market()


def fill(number: int, account_id: str, symbol: str = "AAA") -> Fill:
    return Fill(
        fill_id=f"f{number}",
        order_id="x",
        account_id=account_id,
        symbol=symbol,
        side=Side.BUY,
        quantity=Decimal(1),
        price=Decimal(5),
        event_time_ns=1,
    )


@pytest.mark.parametrize(("sent", "lost"), [(PENDING_MAX, 0), (PENDING_MAX + 2, 2)])
def test_fills_in_an_unknown_symbol(sent: int, lost: int) -> None:
    """Each counts once however often it comes. Once they can be valued the account is open, unless one was lost."""
    world = World(market=MARKET)
    for number in [*range(3), *range(sent)]:
        world.send(fill(number, "acc", "GHOST"))
    account = world.engine.state.accounts["acc"]
    assert (len(account.fills_pending), account.fills_lost) == (sent - lost, lost)
    assert world.judge(world.order()).reason is Reason.PORTFOLIO_UNVALUED
    world.define(instrument("GHOST"))
    assert account.holdings["GHOST"].quantity == sent - lost
    world.engine.market.apply_mark(mark("GHOST", 5.0))
    assert world.engine.book(account).unvalued == ([f"{lost} fills that were not kept"] if lost else [])


def test_fills_of_an_unknown_account() -> None:
    """What was lost before an account was known closes it as well."""
    world = World(market=MARKET)
    for number in [*range(PENDING_MAX + 1), 0, 0]:
        world.send(fill(number, "late"))
    state = world.engine.state
    assert (len(state.fills_pending["late"]), state.fills_lost) == (PENDING_MAX, {"late": 1})
    world.define(Account(account_id="late", cash={"USD": Decimal(10**6)}))
    assert state.accounts["late"].holdings["AAA"].quantity == PENDING_MAX
    assert (state.fills_pending, state.fills_lost) == ({}, {})
    assert world.judge(world.order(account_id="late")).reason is Reason.PORTFOLIO_UNVALUED


def test_fills_of_too_many_unknown_accounts() -> None:
    """Nobody knows any more whose they were, so each account that begins later is closed."""
    state = PartitionState()
    for number in range(PENDING_MAX + 1):
        apply(state, Facts(facts=(fill(number, f"a{number}"),), applied_at_ns=1))
    assert (len(state.fills_pending), state.fills_lost) == (PENDING_MAX, {ANY_ACCOUNT: 1})
    apply(state, AccountDefined(account=Account(account_id="new")))
    assert state.accounts["new"].fills_lost == 1
