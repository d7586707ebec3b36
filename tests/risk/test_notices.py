"""People are told of a crisis when it begins and when it ends, and of lost fills once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from risk.notices import CRISIS_STEP
from risk.state import ANY_ACCOUNT, decode_state, encode_state
from schemas.market import MarkKind
from schemas.records import AccountDefined, CrisisMoved, FillsLost
from schemas.reference import Account
from tests.risk.world import World, calm_market


@pytest.fixture
def world() -> World:
    """One whose account has a crisis above a VIX of 50."""
    world = World()
    world.tighten(vix_crisis_max=50.0)
    return world


def told(world: World, vix: float) -> list[tuple[bool, float, float]]:
    """What a sweep says of the crisis at a level of the VIX."""
    world.tick("VIX", vix, kind=MarkKind.INDEX)
    moves = [body for body in world.sweep() if isinstance(body, CrisisMoved)]
    assert all((move.account_id, move.event_time_ns) == ("acc", world.now_ns) for move in moves)
    return [(move.active, move.vix, move.limit) for move in moves]


def test_a_crisis_is_told_of_once_a_change(world: World) -> None:
    """It begins above the limit, as it does for orders, and is not told of again while it lasts."""
    assert told(world, 50.0) == []
    assert told(world, 50.1) == [(True, 50.1, 50.0)]
    assert told(world, 80.0) == []
    assert told(world, 20.0) == [(False, 20.0, 50.0)]
    assert told(world, 19.0) == []


def test_a_vix_that_wavers_writes_nothing(world: World) -> None:
    """The end is told of when the VIX is a step below the limit."""
    assert len(told(world, 51.0)) == 1
    for vix in (49.9, 50.1, 49.5, 51.0):
        assert told(world, vix) == []
    end = 50.0 * (1.0 - CRISIS_STEP)
    assert told(world, end) == [(False, end, 50.0)]


def test_an_order_tells_before_it_is_decided(world: World) -> None:
    """If an order meets the crisis before a sweep does, the record is there before the decision."""
    world.sweep()
    world.tick("VIX", 60.0, kind=MarkKind.INDEX)
    assert world.judge(world.order()).crisis
    assert isinstance(world.records[-2], CrisisMoved)


def test_an_unknown_vix_tells_nothing(world: World) -> None:
    """A worker that has just taken over may not know the VIX yet: a crisis neither begins nor ends by that."""
    assert len(told(world, 60.0)) == 1
    for active in (True, False):
        world.engine.state.accounts["acc"].crisis = active
        world.engine.market.vix = float("nan")
        assert not world.sweep()


def test_an_account_that_can_not_be_valued_is_told_of_too(world: World) -> None:
    """The crisis limits hold for its reducing orders as well."""
    world.fill("GHOST")
    assert world.engine.book(world.engine.state.accounts["acc"]).unvalued
    assert len(told(world, 60.0)) == 1


def test_limits_that_change_begin_and_end_a_crisis(world: World) -> None:
    """What counts is the account's limit now."""
    assert told(world, 40.0) == []
    world.tighten(vix_crisis_max=30.0)
    assert told(world, 40.0) == [(True, 40.0, 30.0)]
    world.tighten(vix_crisis_max=50.0)
    assert told(world, 40.0) == [(False, 40.0, 50.0)]


def test_lost_fills_are_told_of_once() -> None:
    """When the account is first closed by it: a sweep or an order journals how many, and none does again, also after a
    takeover; the account stays closed."""
    world = World(market=calm_market())
    account = world.engine.state.accounts["acc"]
    account.fills_lost = 2
    lost = FillsLost(account_id="acc", count=2, event_time_ns=world.now_ns)
    assert lost in world.sweep()
    account.fills_lost = 3
    world.engine.state = decode_state(encode_state(world.engine.state))
    assert not [body for body in world.sweep() if isinstance(body, FillsLost)]
    assert world.engine.book(world.engine.state.accounts["acc"]).unvalued


def test_fills_that_were_lost_before_their_account_was_known() -> None:
    """They are told of as soon as it is."""
    world = World(market=calm_market())
    world.engine.state.fills_lost[ANY_ACCOUNT] = 1
    world.keep(AccountDefined(account=Account(account_id="late", cash={"USD": Decimal(1)})))
    assert [body for body in world.sweep() if isinstance(body, FillsLost)] == [
        FillsLost(account_id="late", count=1, event_time_ns=world.now_ns)
    ]
