"""What exchanges do, and what happened there, against the defaults of the layers that answer to it."""

from __future__ import annotations

import csv
import gzip
from decimal import Decimal
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest
from arch.data import vix

from risk.breaker import level_of, thresholds
from schemas.commands import BreakerKind, BreakerLevel
from schemas.decisions import Status
from schemas.limits import LimitSet
from schemas.market import MarkKind
from schemas.orders import OrderCancel, OrderType
from schemas.presets import PRESETS, both
from schemas.reasons import Reason
from tests.risk.world import LOOSE, World

SHIPPED = sorted(PRESETS)
VIX_FILE = Path(__file__).parent / "data/vix_daily.csv.gz"


@cache
def vix_days() -> dict[str, tuple[float, float]]:
    """High and close of the VIX by day, 1990-01-02 to 2026-07-23."""
    with gzip.open(VIX_FILE, "rt", newline="") as file:
        return {row["date"]: (float(row["high"]), float(row["close"])) for row in csv.DictReader(file)}


def vix_closes() -> np.ndarray:
    return np.array([close for _, close in vix_days().values()])


def limits_with(preset: str, *names: str) -> LimitSet:
    """Of the preset these alone, and nothing else that binds."""
    shipped = PRESETS[preset].limits
    return msgspec.structs.replace(LOOSE, **{name: getattr(shipped, name) for name in names})


@pytest.mark.parametrize(("share", "level"), [(0.50, 17.6), (0.90, 28.5), (0.95, 32.9), (0.99, 46.7)])
def test_percentiles_of_the_vix(share: float, level: float) -> None:
    """Of all closes since 1990, to the decimal printed and half of the next (0.06)."""
    assert float(np.quantile(vix_closes(), share)) == pytest.approx(level, abs=0.06)


@pytest.mark.parametrize(
    ("name", "days"), [("vix_warn_max", 0.080), ("vix_restrict_max", 0.022), ("vix_crisis_max", 0.008)]
)
def test_how_often_the_vix_stands_above_the_levels_of_layer_nine(name: str, days: float) -> None:
    """30 on 8.0 % of days, 40 on 2.2 %, 50 on 0.8 %: the levels that the standard preset warns, restricts and has a
    crisis above, to the digit printed."""
    assert round(float((vix_closes() > getattr(PRESETS["standard"].limits, name)).mean()), 3) == days


def test_the_closes_of_the_vix_are_archs() -> None:
    """On all 1,259 days that both have, exactly."""
    theirs = vix.load()["vix"].dropna()
    ours = pd.Series({pd.Timestamp(day): close for day, (_, close) in vix_days().items()})
    common = theirs.index.intersection(ours.index)
    assert len(common) == 1259
    assert (theirs[common] == ours[common]).all()


def test_one_print_of_the_vix_lasts_as_long_as_it_is_there() -> None:
    """On 2024-08-05 it printed 65.73 before the open and closed at 38.57: a crisis while it is there, and nothing that
    stays; the highs of 2008 and 2020 are closes."""
    high, close = vix_days()["2024-08-05"]
    assert (high, close) == (65.73, 38.57)
    assert (vix_days()["2008-11-20"][1], vix_days()["2020-03-16"][1]) == (80.86, 82.69)
    world = World(limits_with("standard", "vix_warn_max", "vix_restrict_max", "vix_crisis_max", "vix_max"))
    world.tick("VIX", high, kind=MarkKind.INDEX)
    assert world.judge(world.order()).crisis
    world.tick("VIX", close, kind=MarkKind.INDEX)
    after = world.judge(world.order())
    assert (after.crisis, after.status) == (False, Status.APPROVED)
    assert {each.level for each in world.engine.state.accounts["acc"].breakers.values()} == {BreakerLevel.NORMAL}


@pytest.mark.parametrize("preset", SHIPPED)
@pytest.mark.parametrize(
    ("fall", "least"), [(0.07, BreakerLevel.REDUCE_ONLY), (0.13, BreakerLevel.HALTED), (0.20, BreakerLevel.HALTED)]
)
def test_accounts_stop_before_the_market_does(preset: str, fall: float, least: BreakerLevel) -> None:
    """Market-wide halts come at falls of 7, 13 and 20 %. An account that is fully invested in the market may only
    reduce at the first, and is halted at the second."""
    names = [name for name in LimitSet.__struct_fields__ if name.startswith("daily_loss")]
    severity = list(BreakerLevel)
    found = level_of(fall, thresholds(PRESETS[preset].limits, BreakerKind.DAILY_LOSS))
    assert severity.index(found) >= severity.index(least)
    world = World(limits_with(preset, *names))
    world.fill("AAA", quantity=10_000)
    world.confirm("AAA", 100.0)
    world.sweep()
    world.confirm("AAA", 100.0 * (1.0 - fall))
    reasons = {BreakerLevel.REDUCE_ONLY: Reason.BREAKER_REDUCE_ONLY, BreakerLevel.HALTED: Reason.BREAKER_HALTED}
    assert world.judge(world.order("BBB")).reason is reasons[found]
    assert world.judge(world.order("AAA", "sell", 10_000)).status is Status.APPROVED


@pytest.mark.parametrize("preset", SHIPPED)
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_no_price_beyond_the_band_of_tier_one(preset: str, side: str) -> None:
    """Limit up, limit down: 5 % about the reference for the most liquid stocks above $3, 10 % in tier two. No collar is
    wider than the first: what no venue would trade at is refused before it is sent."""
    world = World(limits_with(preset, "price_collar_max"))
    sign = 1 if side == "buy" else -1
    beyond, within = (Decimal(str(round(100.0 * (1.0 + sign * share), 2))) for share in (0.0501, 0.0299))
    world.fill("AAA", quantity=1000)
    for price, reason in ((beyond, Reason.PRICE_COLLAR_EXCEEDED), (within, Reason.APPROVED)):
        order = world.order("AAA", side, 100, order_type=OrderType.LIMIT, limit_price=price)
        assert world.judge(order).reason is reason


@pytest.mark.parametrize("preset", SHIPPED)
def test_a_runaway_algorithm_is_stopped_within_a_second(preset: str) -> None:
    """Knight Capital, 2012: 4 million orders in 45 minutes, 1,481 a second. At that pace the first of a second are
    judged, as many as the preset allows, and the rest is refused for its rate."""
    pace = 4_000_000 // (45 * 60)
    assert pace == 1481
    world, allowed = World(limits_with(preset, "message_rate_max")), int(PRESETS[preset].limits.message_rate_max)
    reasons = []
    for _ in range(pace):
        world.now_ns += 1_000_000_000 // pace
        reasons.append(world.judge(world.order("AAA", "buy", 1)).reason)
    assert reasons == [Reason.APPROVED] * allowed + [Reason.MESSAGE_RATE_EXCEEDED] * (pace - allowed)


def test_escalation_warns_slows_lets_out_and_halts_but_always_deletes() -> None:
    """As at Eurex: an alert first, then less of everything, then only what reduces, then a halt; a cancel passes at
    each level."""
    names = [name for name in LimitSet.__struct_fields__ if name.startswith("daily_loss")]
    seen = []
    for fall in (0.0, 0.025, 0.035, 0.06, 0.09):
        world = World(msgspec.structs.replace(limits_with("standard", *names), order_value_max=100_000.0))
        world.fill("AAA", quantity=10_000)
        world.confirm("AAA", 100.0)
        world.sweep()
        world.confirm("AAA", 100.0 * (1.0 - fall))
        small, large, out = (
            world.judge(world.order(symbol, side, size, dry_run=True)).status is Status.APPROVED
            for symbol, side, size in (("BBB", "buy", 100), ("BBB", "buy", 900), ("AAA", "sell", 900))
        )
        cancel = OrderCancel(order_id=f"c{fall}", account_id="acc", original_order_id="x", event_time_ns=world.now_ns)
        seen.append((small, large, out, world.judge(cancel).status is Status.APPROVED))
    assert seen == [
        (True, True, True, True),
        (True, True, True, True),
        (True, False, True, True),
        (False, False, True, True),
        (False, False, True, True),
    ]


def test_the_most_restrictive_limit_wins_and_the_unknown_have_none() -> None:
    """As at the CME, where a new group has a limit of 0: of two sets the tighter values, without an account nothing."""
    one, other = PRESETS["standard"].limits, PRESETS["conservative"].limits
    held = both(one, other)
    for name in LimitSet.__struct_fields__:
        values = getattr(one, name), getattr(other, name)
        if not name.endswith("_age_max_ns"):
            assert getattr(held, name) == (max(values) if name.endswith("_min") else min(values)), name
    world = World()
    assert world.judge(world.order(account_id="nobody")).reason is Reason.ACCOUNT_UNKNOWN
