"""Commands that come before their account: kept, and carried out from its first moment."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from risk.state import PENDING_MAX, decode_state, encode_state
from schemas.base import Event
from schemas.commands import BreakerKind, BreakerLevel, ResetBreaker, Scope, SetLimits, TripBreaker
from schemas.decisions import Status
from schemas.reasons import Reason
from schemas.records import CommandLost, Facts
from schemas.reference import Account
from tests.risk.world import LOOSE, World


def trip(account_id: str, kind: BreakerKind = BreakerKind.DRAWDOWN) -> TripBreaker:
    """A halt by hand."""
    return TripBreaker(command_id="t", account_id=account_id, breaker=kind, author="m", event_time_ns=1)


def limit(**changes: float) -> SetLimits:
    """Limits of the account ``late``."""
    return SetLimits(command_id="l", scope=Scope.ACCOUNT, scope_id="late", changes=changes, author="m", event_time_ns=1)


def reset() -> ResetBreaker:
    """The end of what :func:`trip` ordered."""
    return ResetBreaker(command_id="r", account_id="late", breaker=BreakerKind.DRAWDOWN, author="m", event_time_ns=1)


def begin(world: World) -> None:
    """The account comes to be known, through a snapshot of what was before."""
    world.engine.state = decode_state(encode_state(world.engine.state))
    world.define(Account(account_id="late", cash={"USD": Decimal(1_000_000)}, limits=LOOSE))


@pytest.mark.parametrize(
    ("commands", "reason"),
    [
        ([trip("late")], Reason.BREAKER_HALTED),
        ([trip("late"), reset()], Reason.APPROVED),
        ([limit(order_quantity_max=50.0)], Reason.ORDER_QUANTITY_EXCEEDED),
        ([limit(order_quantity_max=50.0), limit(order_quantity_max=500.0)], Reason.APPROVED),
        ([limit(order_quantity_max=50.0), limit(order_value_max=99.0)], Reason.ORDER_QUANTITY_EXCEEDED),
    ],
)
def test_commands_wait_for_their_account(commands: list[Event], reason: Reason) -> None:
    """What was ordered holds for the first order of the account already; the last order of its kind counts."""
    world = World()
    for command in commands:
        world.send(command)
    begin(world)
    assert world.judge(world.order(account_id="late")).reason is reason
    assert not world.engine.state.commands_pending


def tell(world: World, command: Event) -> list[CommandLost]:
    """Take a command; what it tells of being lost, ahead of the facts."""
    bodies = world.engine.decide(command, world.now_ns)
    for body in bodies:
        world.engine.apply(body)
    assert isinstance(bodies[-1], Facts)
    return [body for body in bodies[:-1] if isinstance(body, CommandLost)]


def fill(world: World) -> None:
    """As many unknown accounts with commands as are kept."""
    told = [lost for number in range(PENDING_MAX) for lost in tell(world, trip(f"a{number}"))]
    assert (told, len(world.engine.state.commands_pending)) == ([], PENDING_MAX)


@pytest.mark.parametrize("command", [trip("late"), limit(order_quantity_max=50.0)])
def test_a_command_that_is_lost_is_told_of(command: TripBreaker | SetLimits) -> None:
    """A record of its own says which, each time; the state counts it once it is applied."""
    world = World()
    fill(world)
    for count in (1, 2):
        assert tell(world, command) == [
            CommandLost(
                account_id="late",
                command_id=command.command_id,
                command=str(command.__struct_config__.tag),
                event_time_ns=world.now_ns,
            )
        ]
        assert world.engine.state.commands_lost == count


@pytest.mark.parametrize(
    "command",
    [
        trip("a0", BreakerKind.DAILY_LOSS),
        trip("acc"),
        reset(),
        msgspec.structs.replace(trip("late"), level=BreakerLevel.NORMAL),
        msgspec.structs.replace(limit(var_max=0.1), scope=Scope.DESK),
    ],
)
def test_a_command_that_is_kept_or_has_nothing_to_keep_is_not_lost(command: Event) -> None:
    """For an account that waits already, a known one, a desk, or to take back what nobody ordered there is room."""
    world = World()
    fill(world)
    assert tell(world, command) == []
    assert world.engine.state.commands_lost == 0


def test_too_many_commands_close_accounts() -> None:
    """What can't be kept is not dropped: whoever begins after that begins halted, until a person resets it."""
    world = World()
    fill(world)
    tell(world, trip("one more"))
    assert len(world.engine.state.commands_pending) == PENDING_MAX
    begin(world)
    assert world.judge(world.order(account_id="late")).reason is Reason.BREAKER_HALTED
    for kind in BreakerKind:
        world.send(ResetBreaker(command_id="r", account_id="late", breaker=kind, author="m", event_time_ns=1))
    assert world.engine.state.accounts["late"].breakers[BreakerKind.DRAWDOWN].level is BreakerLevel.NORMAL
    assert world.judge(world.order(account_id="late")).status is Status.APPROVED
