"""No single print, however bad, does anything that lasts: it latches no breaker, makes no peak and begins no day."""

from __future__ import annotations

from decimal import Decimal

import pytest

from risk.background import Inline
from risk.scheduled import scheduled_measures
from risk.sightings import RecentPrices, Sightings
from schemas.commands import BreakerKind, BreakerLevel, ResetBreaker
from schemas.market import MarkKind
from schemas.reasons import Reason
from schemas.records import BreakerMoved, DayRolled, PeakReached
from schemas.reference import OpeningPosition
from tests.risk.test_breaker import LIMITS, invested, level
from tests.risk.world import DAY_NS, NOW_NS, World, calm_market, mark

TENTH_NS = 100_000_000


def halted(world: World) -> bool:
    """Whether any breaker is latched at a halt."""
    world.sweep()
    return any(level(world, kind) is BreakerLevel.HALTED for kind in BreakerKind)


def test_a_bad_price_is_not_confirmed_by_others() -> None:
    """One bad print holds orders back at once, and latches nothing however many other symbols, rates and measures of
    the market come after it."""
    world = invested()
    world.tick("AAA", 70.0)
    assert not halted(world)
    assert level(world) is BreakerLevel.REDUCE_ONLY
    assert world.judge(world.order("BBB", quantity=1)).reason is Reason.BREAKER_HALTED
    for _ in range(5):
        world.tick("BBB", 100.0)
        assert not halted(world)
    Inline(scheduled_measures(), world.engine.market).run(world.now_ns + 30 * DAY_NS)
    assert not halted(world)
    world.tick("AAA", 70.0, after_ns=0)
    world.engine.market.apply_mark(mark("AAA", 70.0, world.now_ns, quote_time_ns=world.now_ns + TENTH_NS))
    assert not halted(world)
    world.confirm("AAA", 100.0)
    for _ in range(4):
        assert not halted(world)
    assert level(world) is BreakerLevel.NORMAL


def test_a_burst_of_bad_prices_is_not_confirmed() -> None:
    """Many bad prints within the time that confirmation takes are one."""
    world = invested()
    for _ in range(10):
        world.tick("AAA", 70.0, after_ns=TENTH_NS)
        assert not halted(world)
    world.tick("AAA", 100.0, after_ns=TENTH_NS)
    for _ in range(20):
        world.tick("AAA", 100.0, after_ns=TENTH_NS)
        assert not halted(world)


@pytest.mark.parametrize(("pace_ns", "within"), [(TENTH_NS, 16), (1_000_000_000, 3), (DAY_NS // 8, 3)])
def test_a_loss_that_stays_latches(pace_ns: int, within: int) -> None:
    """A real loss latches with its third price where prices are seconds or hours apart, and within one and a half
    seconds where there are ten a second."""
    world = invested()
    prints = 0
    while not halted(world):
        prints += 1
        world.tick("AAA", 80.0 - prints % 2, after_ns=pace_ns)
    assert 3 <= prints <= within


def test_a_loss_across_the_book_latches() -> None:
    """A loss that no position makes alone is confirmed when enough of it is, whatever the rest of the book does."""
    world = World(LIMITS)
    for symbol in ("AAA", "BBB", "CCC"):
        world.fill(symbol, quantity=2500)
    world.confirm("AAA", 100.0)
    for _ in range(3):
        world.tick("CCC", 99.0 + _)
    for symbol in ("AAA", "BBB"):
        world.tick(symbol, 80.0)
    assert not halted(world)
    for _ in range(2):
        world.tick("AAA", 80.0)
        assert not halted(world)
    world.tick("BBB", 80.0)
    assert not halted(world)
    world.tick("BBB", 80.0)
    assert halted(world)


def test_one_breaker_does_not_confirm_the_other() -> None:
    """Each latches on a loss of its own: a confirmed halt of the day leaves the drawdown's where it is."""
    world = World(LIMITS)
    world.fill("AAA", quantity=15_000)
    world.confirm("AAA", 90.0)
    world.tick("AAA", 75.0)
    world.sweep()
    assert level(world) is BreakerLevel.HALTED
    assert level(world, BreakerKind.DRAWDOWN) is BreakerLevel.REDUCE_ONLY


def test_a_bad_price_against_a_short_position() -> None:
    """For who is short it is the price that is too high that makes a false loss."""
    world = World(LIMITS)
    world.fill("AAA", side="sell", quantity=5000)
    world.confirm("AAA", 100.0)
    world.tick("AAA", 140.0)
    world.tick("BBB", 100.0)
    assert not halted(world)
    world.confirm("AAA", 140.0)
    assert halted(world)


def test_a_bad_exchange_rate_is_a_bad_price() -> None:
    """What a balance or a position is worth in the account's currency is confirmed as prices are, also where the rate
    is quoted the other way round."""
    world = World(LIMITS, cash={"USD": Decimal(100_000), "EUR": Decimal(900_000)})
    for _ in range(3):
        world.tick("USD/EUR", 1.0, kind=MarkKind.FX)
    world.sweep()
    world.tick("USD/EUR", 1.19, kind=MarkKind.FX)
    world.tick("AAA", 100.0)
    assert not halted(world)
    for _ in range(2):
        world.tick("USD/EUR", 1.19, kind=MarkKind.FX)
    assert halted(world)


def test_a_peak_is_the_least_that_confirms_it() -> None:
    """One print that is too high makes no peak that the next one is a loss against; a rise is one when it stays, and
    counts the least that was seen of it."""
    world = invested()
    world.tick("AAA", 140.0)
    assert world.sweep() == ()
    world.confirm("AAA", 100.0)
    assert world.sweep() == ()
    for price in (112.0, 110.0, 111.0):
        world.tick("AAA", price)
    peaks = [body.equity for body in world.sweep() if isinstance(body, PeakReached)]
    assert peaks == [1_050_000.0]


@pytest.mark.parametrize("bad", [70.0, 140.0])
def test_a_day_begins_at_no_bad_price(bad: float) -> None:
    """The print at which a day begins is not what its losses are measured against, until others agree."""
    world = invested()
    world.now_ns += DAY_NS
    world.tick("AAA", bad)
    rolled = [body.equity for body in world.sweep() if isinstance(body, DayRolled)]
    assert rolled == [1_000_000.0]
    world.confirm("AAA", 100.0)
    assert not halted(world)


def test_a_reset_measures_from_a_confirmed_equity() -> None:
    """A breaker that is reset while a bad print is the last one is not measured against that."""
    world = invested()
    world.tick("AAA", 140.0)
    world.send(
        ResetBreaker(command_id="r", account_id="acc", breaker=BreakerKind.DRAWDOWN, author="m", event_time_ns=1)
    )
    assert world.engine.state.accounts["acc"].breakers[BreakerKind.DRAWDOWN].base == 1_000_000.0


def test_a_new_worker_confirms_anew() -> None:
    """What was seen of prices is no state: a worker that takes over holds orders to the loss that it finds, and latches
    it when it has seen enough itself."""
    world = invested()
    for _ in range(2):
        world.tick("AAA", 70.0)
    world.engine.market = calm_market()
    world.move("AAA", 70.0)
    assert not halted(world)
    assert world.judge(world.order("BBB", quantity=1)).reason is Reason.BREAKER_HALTED
    world.confirm("AAA", 70.0)
    assert halted(world)


def test_opening_positions_wait_for_confirmed_prices() -> None:
    """An account that begins with positions has no equity to judge by until their prices are confirmed."""
    world = World(positions=(OpeningPosition(symbol="AAA", quantity=Decimal(100), price=Decimal(100)),))
    assert world.sweep() == ()
    assert Reason.BREAKER_UNAVAILABLE in {layer.reason for layer in world.judge(world.order()).layers}
    world.confirm("AAA", 100.0)
    assert [type(body) for body in world.sweep()] == [DayRolled, PeakReached]


def test_an_account_that_lost_everything_is_halted() -> None:
    """Below zero there is no peak and no new day, but the loss is confirmed, halts, and is what layer 7 reports."""
    world = World(LIMITS)
    world.fill("AAA", quantity=40_000)
    world.confirm("AAA", 100.0)
    world.sweep()
    world.tick("AAA", 70.0)
    decision = world.judge(world.order("BBB", quantity=1))
    layer = decision.layers[6]
    assert (layer.reason, layer.measure) == (Reason.BREAKER_HALTED, pytest.approx(1.2))
    world.confirm("AAA", 70.0)
    world.now_ns += DAY_NS
    assert {type(body) for body in world.sweep()} == {BreakerMoved}
    assert halted(world)


def test_sightings_are_bounded() -> None:
    """Ten thousand prints take no more room than three, and their range is that of the last moments."""
    seen = Sightings(count=3, step_ns=500)
    for time_ns in range(10_000):
        seen.update(100.0 + time_ns % 7, time_ns)
    assert len(seen._stretches) == 3
    assert seen.range is not None
    assert (seen.range.low, seen.range.high) == (100.0, 106.0)


def test_confirmation_without_time_is_by_count() -> None:
    """Where no time is asked for, each later print counts; the same one again does not."""
    recent = RecentPrices(2, 0)
    for time_ns, expected in ((NOW_NS, None), (NOW_NS, None), (NOW_NS + 1, (90.0, 90.0, 90.0))):
        recent.take(mark("AAA", 90.0, time_ns))
        assert recent.price("AAA") == expected
