"""The circuit breaker moves by its table, on confirmed losses, and never blocks the exit."""

from __future__ import annotations

import msgspec
import pytest

from risk.breaker import TRANSITIONS, Trigger, diagram, level_of, moved
from schemas.commands import BreakerKind, BreakerLevel, ResetBreaker, TripBreaker
from schemas.decisions import Status, Verdict
from schemas.limits import LimitSet
from schemas.orders import OrderCancel
from schemas.reasons import Reason
from schemas.records import BreakerMoved, DayRolled, PeakReached
from tests.risk.world import DAY_NS, LOOSE, World

LIMITS: LimitSet = msgspec.structs.replace(
    LOOSE,
    daily_loss_warn_max=0.02,
    daily_loss_restrict_max=0.03,
    daily_loss_reduce_max=0.05,
    daily_loss_halt_max=0.08,
    drawdown_warn_max=0.10,
    drawdown_restrict_max=0.15,
    drawdown_reduce_max=0.20,
    drawdown_halt_max=0.30,
)


def invested() -> World:
    """Half a million of the million in AAA, so a move of 10 % costs 5 % of equity; its price is confirmed."""
    world = World(LIMITS)
    world.fill("AAA", quantity=5000)
    world.confirm("AAA", 100.0)
    world.sweep()
    return world


def level(world: World, kind: BreakerKind = BreakerKind.DAILY_LOSS) -> BreakerLevel:
    return world.engine.state.accounts["acc"].breakers[kind].level


def test_a_pair_outside_the_table_raises() -> None:
    """A transition that nobody has thought of is a bug, not a default."""
    with pytest.raises(KeyError):
        moved(BreakerLevel.HALTED, Trigger.EASED)


def test_only_a_reset_leaves_a_halt() -> None:
    """No trigger but a reset leads out of a halt."""
    ways_out = {trigger for (start, trigger) in TRANSITIONS if start is BreakerLevel.HALTED}
    assert ways_out == {Trigger.RESET}


def test_the_diagram_shows_every_transition() -> None:
    """The README's picture is generated from the table, so it names every pair of it."""
    text = diagram()
    for (start, trigger), end in TRANSITIONS.items():
        assert any(f"{start} --> {end}:" in line and trigger.value in line for line in text.splitlines())


def test_a_halt_below_the_milder_thresholds_still_halts() -> None:
    """Thresholds set out of order never make a breaker milder than the one that was exceeded."""
    assert level_of(0.02, (0.05, 0.06, 0.07, 0.01)) is BreakerLevel.HALTED
    assert level_of(0.065, (0.05, 0.06, 0.07, 0.08)) is BreakerLevel.RESTRICTED
    assert level_of(0.05, (0.05, 0.06, 0.07, 0.08)) is BreakerLevel.NORMAL


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        (98.0, BreakerLevel.NORMAL),
        (95.0, BreakerLevel.WARNING),
        (93.0, BreakerLevel.RESTRICTED),
        (88.0, BreakerLevel.REDUCE_ONLY),
    ],
)
def test_open_losses_move_the_breaker(price: float, expected: BreakerLevel) -> None:
    """Losses count with open P&L included, from start-of-day equity."""
    world = invested()
    world.move("AAA", price)
    world.sweep()
    assert level(world) is expected


def test_a_confirmed_halt_stays_until_reset() -> None:
    """A latched halt survives recovery and the next day; a reset by hand ends it and it does not come back at once."""
    world = invested()
    world.confirm("AAA", 80.0)
    world.sweep()
    assert level(world) is BreakerLevel.HALTED
    world.move("AAA", 100.0)
    world.now_ns += DAY_NS
    world.move("AAA", 80.0)
    world.sweep()
    assert level(world) is BreakerLevel.HALTED
    for kind in BreakerKind:
        world.send(ResetBreaker(command_id="r", account_id="acc", breaker=kind, author="m", event_time_ns=1))
    assert level(world) is BreakerLevel.NORMAL
    assert not [body for body in world.sweep() if isinstance(body, BreakerMoved)]
    assert world.judge(world.order("BBB", quantity=1)).status is Status.APPROVED


def test_the_exit_is_never_blocked() -> None:
    """At a halt, sales of what is held, and cancels, pass; two sales in flight can't together open a short."""
    world = invested()
    world.confirm("AAA", 80.0)
    world.sweep()
    first = world.judge(world.order("AAA", side="sell", quantity=3000))
    assert first.status is Status.APPROVED
    assert first.reducing
    assert first.layers[6].verdict is Verdict.EXEMPT
    second = world.judge(world.order("AAA", side="sell", quantity=3000))
    assert second.reason is Reason.BREAKER_HALTED
    cancel = OrderCancel(order_id="c", original_order_id=first.order_id, account_id="acc", event_time_ns=1)
    assert world.judge(cancel).status is Status.APPROVED


def test_levels_ease_with_hysteresis() -> None:
    """A level is left only well below its threshold, one step at a time."""
    world = invested()
    world.move("AAA", 93.0)
    world.sweep()
    world.move("AAA", 94.5)
    assert not world.sweep()
    world.move("AAA", 95.5)
    world.sweep()
    assert level(world) is BreakerLevel.WARNING


def test_a_new_day_starts_a_new_count() -> None:
    """The day's loss is measured from the day's first equity; the drawdown goes on from the peak."""
    world = invested()
    world.move("AAA", 93.0)
    world.sweep()
    world.now_ns += DAY_NS
    world.move("AAA", 93.0)
    kinds = [type(body) for body in world.sweep()]
    assert kinds == [DayRolled, BreakerMoved]
    assert level(world) is BreakerLevel.NORMAL
    assert world.engine.metrics(world.now_ns)[0].drawdown == pytest.approx(0.035)


def test_a_new_peak_is_journaled() -> None:
    """Equity above the peak, open P&L included, becomes the drawdown's base; a hair above it is not worth a record."""
    world = invested()
    world.confirm("AAA", 110.0)
    assert [type(body) for body in world.sweep()] == [PeakReached]
    world.confirm("AAA", 110.01)
    assert world.sweep() == ()


def test_a_trip_by_hand_holds() -> None:
    """A breaker put at a level by a person does not ease by itself."""
    world = invested()
    world.send(
        TripBreaker(
            command_id="t",
            account_id="acc",
            breaker=BreakerKind.DRAWDOWN,
            level=BreakerLevel.RESTRICTED,
            author="m",
            event_time_ns=1,
        )
    )
    world.move("AAA", 101.0)
    world.sweep()
    assert level(world, BreakerKind.DRAWDOWN) is BreakerLevel.RESTRICTED
