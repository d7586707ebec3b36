"""What the zone of its backtest makes of an account's VaR limits, and how a decision says so."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from risk.backtests.tracker import BacktestTracker
from risk.backtests.traffic_light import multiplier
from risk.var_comparison import result, scale_of
from schemas.codec import decode_body, encode
from schemas.decisions import Check, Decision
from schemas.market import MarkKind
from schemas.outputs import RiskMetrics
from schemas.reasons import Reason
from schemas.records import DayRolled
from tests.risk.sinking import SinkingWorld
from tests.risk.world import LOOSE, World


def tracked(exceptions: int, days: int = 250, confidence: float = 0.99) -> BacktestTracker:
    """So many days, the first of them exceptions."""
    tracker = BacktestTracker(method="filtered_historical", confidence=confidence)
    for day in range(days):
        tracker.update(-3.0 if day < exceptions else 0.0, 2.0, 2.5)
    return tracker


def checks(decision: Decision) -> dict[str, Check]:
    return {check.name: check for check in decision.layers[4].checks}


ZONES = {"yellow": 7, "red": 10}
#: What each preset makes of a limit of 4 % in each zone.
SCALED = [
    ({"var_scaled_by_backtest": False}, "yellow", 0.04),
    ({"var_scaled_by_backtest": False}, "red", 0.04),
    ({"var_scaled_from": "red"}, "yellow", 0.04),
    ({"var_scaled_from": "red"}, "red", 0.03),
    ({}, "yellow", 0.04 * 1.5 / 1.83),
    ({}, "red", 0.03),
]


@pytest.mark.parametrize(("preset", "zone", "limit"), SCALED)
def test_the_preset_says_in_which_zones_limits_shrink(preset: dict[str, Any], zone: str, limit: float) -> None:
    """From yellow on, in red alone, or never: the zone is shown and warns in any case, with its multiplier."""
    world = World(msgspec.structs.replace(LOOSE, var_max=0.04))
    world.fill("AAA", quantity=1000)
    world.judge_by(**preset)
    world.sweep()
    account, tracker = world.engine.state.accounts["acc"], tracked(ZONES[zone])
    account.backtest.trackers, account.backtest.scale, account.backtest.zone = [tracker], scale_of(tracker), zone
    found = checks(world.judge(world.order()))
    assert found["var_parametric"].limit == pytest.approx(limit)
    assert (found["backtest_zone"].verdict, found["backtest_zone"].measure) == ("warn", ZONES[zone])
    assert found["backtest_zone"].unit == f"exceptions, 250 days, {zone}, filtered_historical 99%"
    assert found["backtest_multiplier"].measure == multiplier(ZONES[zone])
    assert found["backtest_multiplier"].unit == f"{zone} zone, VaR limits times {limit / 0.04:.3g}"


@pytest.mark.parametrize(
    ("exceptions", "zone", "scale"),
    [(0, "green", 1.0), (4, "green", 1.0), (5, "yellow", 1.5 / 1.7), (9, "yellow", 1.5 / 1.92), (10, "red", 0.75)],
)
def test_the_scale_is_the_green_multiplier_over_the_present_one(exceptions: int, zone: str, scale: float) -> None:
    """FRTB's table (MAR99): 1.50 up to 4 exceptions in 250 days at 99 %, 2.00 from 10 on."""
    found = result(tracked(exceptions))
    assert (found.zone, found.scale) == (zone, pytest.approx(scale))
    assert scale_of(BacktestTracker(method="m", confidence=0.99)) == 1.0


def test_a_red_zone_shrinks_the_limits_of_layer_5() -> None:
    """VaR and ES limits are those of the preset times the scale of the backtest, and the check shows it."""
    world = World(msgspec.structs.replace(LOOSE, var_max=0.04, historical_var_max=0.08, expected_shortfall_max=0.2))
    world.fill("AAA", quantity=1000)
    world.sweep()
    account = world.engine.state.accounts["acc"]
    world.engine.apply(
        DayRolled(
            account_id="acc",
            day=account.day,
            equity=account.start_of_day_equity,
            zone="red",
            scale=0.75,
            event_time_ns=world.now_ns,
        )
    )
    decision = world.judge(world.order())
    limits = {name: check.limit for name, check in checks(decision).items()}
    assert limits["var_parametric"] == pytest.approx(0.03)
    assert limits["var_filtered_historical"] == pytest.approx(0.06)
    assert limits["expected_shortfall"] == pytest.approx(0.15)


def test_what_passed_in_yellow_is_refused_in_red() -> None:
    """Days go by whose losses exceed their VaR: the preset that scales in the red zone alone approves an order in the
    yellow one, and refuses it from the day on that begins in red, at three quarters of the limit that it would have
    passed; zone and multiplier stand in the decision."""
    world = SinkingWorld()
    world.judge_by(var_scaled_from="red")
    world.until("yellow")
    before = world.judge(world.order(dry_run=True))
    assert before.reason is Reason.APPROVED
    assert checks(before)["backtest_multiplier"].unit == "yellow zone, VaR limits times 1"
    rolled = world.until("red")
    after = world.judge(world.order(dry_run=True))
    found = checks(after)
    assert after.reason is Reason.HISTORICAL_VAR_EXCEEDED
    var, zone, scaled = (found[name] for name in ("var_filtered_historical", "backtest_zone", "backtest_multiplier"))
    assert var.limit == pytest.approx(0.0075)
    assert var.measure is not None
    assert 0.0075 < var.measure < 0.010
    assert (zone.measure, zone.unit) == (
        rolled.exceptions,
        f"exceptions, {rolled.observations} days, red, filtered_historical 99%",
    )
    assert (scaled.measure, scaled.unit) == (2.0, "red zone, VaR limits times 0.75")
    world.judge_by(var_scaled_by_backtest=False)
    assert world.judge(world.order(dry_run=True)).reason is Reason.APPROVED


def test_metrics_show_the_limit_that_orders_are_held_to() -> None:
    """In money: scaled by the backtest as the preset says, and in a crisis its tighter one."""
    world = World(msgspec.structs.replace(LOOSE, var_max=0.04, vix_crisis_max=50.0))
    world.fill("AAA", quantity=1000)
    world.sweep()
    backtest = world.engine.state.accounts["acc"].backtest
    for zone, scale, vix, share in (("", 1.0, 15.0, 0.04), ("red", 0.75, 15.0, 0.03), ("red", 0.75, 60.0, 0.0225)):
        backtest.zone, backtest.scale = zone, scale
        world.tick("VIX", vix, kind=MarkKind.INDEX)
        (metrics,) = (each for each in world.engine.metrics(world.now_ns) if isinstance(each, RiskMetrics))
        limit = checks(world.judge(world.order(dry_run=True)))["var_parametric"].limit
        assert metrics.var_limit == pytest.approx(share * metrics.equity)
        assert limit == pytest.approx(share)


def test_before_a_zone_there_is_no_multiplier() -> None:
    """A window that is too short scales nothing, and the decision says no more than that."""
    world = World()
    world.fill("AAA", quantity=1000)
    world.sweep()
    assert "backtest_multiplier" not in checks(world.judge(world.order()))


@pytest.mark.parametrize("days", [0, 249, 250])
@pytest.mark.parametrize("confidence", [0.99912, 0.999125])
def test_a_decision_at_any_level_can_be_read_again(days: int, confidence: float) -> None:
    """However many digits the level has: no text of a check is longer than its schema lets it be."""
    world = World(msgspec.structs.replace(LOOSE, var_confidence_min=confidence))
    world.fill("AAA", quantity=1000)
    world.sweep()
    account = world.engine.state.accounts["acc"]
    account.backtest.trackers = [tracked(0, days, confidence)]
    decision = world.judge(world.order())
    assert decode_body(encode(decision)) == decision
