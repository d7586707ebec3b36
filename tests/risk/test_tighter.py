"""Laws of every decision, over worlds drawn at random: tighter limits never help an order, and the reasons of a layer
come in the order of precedence."""

from __future__ import annotations

import pickle
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from risk.arrival import Arrival
from risk.layers import evaluate
from risk.proposal import Proposal
from risk.propose import propose
from schemas.commands import BreakerKind, BreakerLevel, Kill, Scope, TripBreaker
from schemas.decisions import LayerResult
from schemas.limits import LIMIT_NAMES, STANDARD, LimitSet
from schemas.market import MarkKind
from schemas.orders import OrderRequest
from schemas.reasons import Reason
from schemas.reference import AssetClass
from tests.risk.world import LOOSE, World, calm_market, instrument, mark

SYMBOLS = ("AAA", "BBB", "CCC")
#: Without an explanation of what failed, which takes longer than finding it.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
#: A confidence says what is measured: VaR and ES are no less at a higher one, but what an order adds to them may be.
REMEASURED = {("var_confidence_min", 5), ("var_confidence_min", 10)}
PRECEDENCE = {reason: place for place, reason in enumerate(Reason)}


@cache
def frozen_market(twins: bool) -> bytes:
    """A market to be copied: a world moves its own."""
    return pickle.dumps(calm_market(twins=twins))


class Scene(NamedTuple):
    """What an order meets, and the order."""

    kept: tuple[str, ...]
    score_min: float
    twins: bool
    positions: tuple[tuple[str, str, int], ...]
    working: tuple[tuple[str, str, int], ...]
    moves: tuple[tuple[str, int], ...]
    swept: bool
    levels: tuple[tuple[BreakerKind, BreakerLevel], ...]
    vix: float
    spread: float
    quote_age_ns: int
    age_ns: int
    order: tuple[str, str, int, float | None]


def trades(most: int, size: int) -> st.SearchStrategy[tuple[tuple[str, str, int], ...]]:
    """Some sizes in some symbols."""
    one = st.tuples(st.sampled_from(SYMBOLS), st.sampled_from(["buy", "sell"]), st.integers(1, size))
    return st.lists(one, max_size=most).map(tuple)


LOSSES = tuple(name for name in LIMIT_NAMES if name.startswith(("daily_loss", "drawdown")))
#: All limits of the standard set, those on losses alone, or a few of them: the others are so loose that they decide
#: nothing.
KEPT = st.sampled_from([LIMIT_NAMES, LOSSES]) | st.lists(st.sampled_from(LIMIT_NAMES), max_size=8).map(tuple)
SCENES = st.builds(
    Scene,
    kept=KEPT,
    score_min=st.sampled_from([0.0, 20.0, 50.0, 60.0, 70.0, 80.0, 90.0, 99.0]),
    twins=st.booleans(),
    positions=trades(3, 4000),
    working=trades(2, 1500),
    moves=st.lists(st.tuples(st.sampled_from(SYMBOLS), st.integers(68, 145)), max_size=3).map(tuple),
    swept=st.booleans(),
    levels=st.lists(st.tuples(st.sampled_from(list(BreakerKind)), st.sampled_from(list(BreakerLevel))), max_size=2).map(
        tuple
    ),
    vix=st.sampled_from([15.0, 28.0, 35.0, 45.0, 55.0, 75.0]),
    spread=st.sampled_from([0.01, 0.5, 4.0]),
    quote_age_ns=st.sampled_from([0, 2_000_000_000, 8_000_000_000]),
    age_ns=st.sampled_from([0, 1_000_000_000, 6_000_000_000]),
    order=st.tuples(
        st.sampled_from(SYMBOLS),
        st.sampled_from(["buy", "sell"]),
        st.integers(1, 3000),
        st.none() | st.sampled_from([97.0, 100.0, 103.005, 110.0]),
    ),
)


def set_up(scene: Scene) -> tuple[World, OrderRequest]:
    """The world of a scene, and the order."""
    world = World(LOOSE, market=pickle.loads(frozen_market(scene.twins)))  # noqa: S301 - made above
    for symbol, side, size in scene.positions:
        world.fill(symbol, side, size)
    for symbol, side, size in scene.working:
        world.judge(world.order(symbol, side, size))
    for symbol, price in scene.moves:
        world.confirm(symbol, price)
    world.tighten(score_min=scene.score_min, **{n: getattr(STANDARD, n) for n in scene.kept if n != "score_min"})
    for kind, level in scene.levels:
        world.send(
            TripBreaker(
                command_id="t", account_id="acc", breaker=kind, level=level, author="m", event_time_ns=world.now_ns
            )
        )
    if scene.swept:
        world.sweep()
    quote(world, scene)
    symbol, side, size, price = scene.order
    limit: dict[str, Any] = {"order_type": "limit", "limit_price": Decimal(str(price))} if price else {}
    return world, world.order(symbol, side, size, **limit)


def quote(world: World, scene: Scene) -> None:
    """What is left of the market when the order comes: a VIX, a spread, and how old they are."""
    market, quoted_ns = world.engine.market, world.now_ns + 1
    world.now_ns += 1 + scene.quote_age_ns
    for symbol in SYMBOLS:
        index = market.index_of(symbol)
        price, half = round(float(market.price[index]), 2), Decimal(str(scene.spread)) / 2
        bid, ask = Decimal(str(price)) - half, Decimal(str(price)) + half
        version = int(market.mark_version[index]) + 1
        market.apply_mark(mark(symbol, price, world.now_ns, version, bid=bid, ask=ask, quote_time_ns=quoted_ns))
    market.apply_mark(mark("VIX", scene.vix, world.now_ns, 2, kind=MarkKind.INDEX))
    world.now_ns += scene.age_ns


def proposed(world: World, order: OrderRequest) -> Proposal:
    """The order as the layers see it."""
    account = world.engine.state.accounts["acc"]
    return propose(order, world.engine.state, world.engine.market, world.engine.book(account), world.now_ns)


def tightened(limits: LimitSet, name: str, share: float) -> dict[str, float]:
    """One limit between what it is and the tightest that it can be."""
    value = getattr(limits, name)
    if "_max" in name:
        return {name: value * share}
    most = {"score_min": 100.0, "var_confidence_min": 0.9999}.get(name, 1000.0 * value)
    return {name: most + (value - most) * share if value < most else value}


@settings(max_examples=60, deadline=None, phases=PHASES, suppress_health_check=[HealthCheck.too_slow])
@given(SCENES, st.sampled_from([1e-6, 0.03, 0.5, 0.9, 0.999]))
def test_a_tighter_limit_never_helps(scene: Scene, share: float) -> None:
    """Whichever limit is tightened, every layer that refused refuses still, and the score is no higher (but of an
    order that only reduces, which needs none)."""
    world, order = set_up(scene)
    account = world.engine.state.accounts["acc"]
    reducing, own = proposed(world, order).reducing, account.limits
    before = evaluate(proposed(world, order))
    for name in LIMIT_NAMES:
        account.limits = msgspec.structs.replace(own, **tightened(own, name, share))
        after = evaluate(proposed(world, order))
        for one, other in zip(before, after, strict=True):
            if (name, one.layer) not in REMEASURED:
                assert other.verdict.rejects or not one.verdict.rejects, f"{name}: layer {one.layer} refuses no more"
        if not reducing and (name, 10) not in REMEASURED:
            assert _score(after) <= _score(before) + 1e-9, name


def _score(layers: tuple[LayerResult, ...]) -> float:
    return layers[-1].checks[0].measure or 0.0


@settings(max_examples=100, deadline=None, phases=PHASES, suppress_health_check=[HealthCheck.too_slow])
@given(SCENES)
def test_reasons_of_a_layer_come_in_order(scene: Scene) -> None:
    """Of the checks of a layer that refuse, the first is the first in precedence too, and so on; the layer has its
    reason."""
    world, order = set_up(scene)
    for layer in evaluate(proposed(world, order)):
        reasons = [check.reason for check in layer.checks if check.reason is not None]
        assert reasons == sorted(reasons, key=PRECEDENCE.__getitem__)
        assert layer.reason == (reasons[0] if reasons else None)


def test_a_loss_counts_at_every_level_of_the_breaker() -> None:
    """An account that lost 2.75 % scores no better for being restricted from 2.5 % on than from 3 %."""
    lossy = {name: getattr(STANDARD, name) for name in LIMIT_NAMES if name.startswith("daily_loss")}
    world = World(msgspec.structs.replace(LOOSE, score_min=70.0, **lossy))
    world.fill("AAA", quantity=5000)
    world.move("AAA", 94.5)
    world.sweep()
    order = world.order("BBB", quantity=10)
    assert world.judge(order).reason is Reason.SCORE_TOO_LOW
    world.tighten(daily_loss_restrict_max=0.025)
    again = world.judge(msgspec.structs.replace(order, order_id="again"))
    assert again.reason is Reason.SCORE_TOO_LOW


@pytest.mark.parametrize("level", [BreakerLevel.REDUCE_ONLY, BreakerLevel.RESTRICTED])
def test_the_more_severe_breaker_names_the_reason(level: BreakerLevel) -> None:
    """A halt of the drawdown comes before a milder level of the day's loss."""
    world = World(msgspec.structs.replace(LOOSE, order_value_max=10_000.0))
    world.sweep()
    for kind, each in ((BreakerKind.DAILY_LOSS, level), (BreakerKind.DRAWDOWN, BreakerLevel.HALTED)):
        world.send(TripBreaker(command_id="t", account_id="acc", breaker=kind, level=each, author="m", event_time_ns=1))
    layer = world.judge(world.order()).layers[6]
    assert layer.reason is Reason.BREAKER_HALTED
    assert len([check for check in layer.checks if check.reason is not None]) == 2


def nearly_everything(*kept: str) -> World:
    """An account in a market of one bet, every limit but those ``kept`` so tight that nothing is within it."""
    world = World(market=calm_market(twins=True), symbols_allowed=("BBB", "CCC"), short_allowed=False)
    world.define(instrument("CCC", version=2, asset_class=AssetClass.COMMODITY))
    for symbol in ("BBB", "CCC"):
        world.fill(symbol, quantity=4000)
    world.confirm("BBB", 97.0)
    world.sweep()
    world.define(instrument("AAA", version=2, restricted=True, sector="energy"))
    world.send(Kill(command_id="k", scope=Scope.ACCOUNT, scope_id="acc", author="m", event_time_ns=1))
    world.tighten(**{name: 1e-9 for name in LIMIT_NAMES if "_max" in name and not any(each in name for each in kept)})
    world.tighten(effective_positions_min=9.0, score_min=100.0)
    market = world.engine.market
    market.apply_mark(mark("VIX", 45.0, world.now_ns, 2, kind=MarkKind.INDEX))
    market.apply_mark(mark("AAA", 100.0, world.now_ns, 9, volume=Decimal(9_000_000)))
    market.regime = np.full_like(market.regime, 2)
    market.take_analysis(market.analysis._replace(correlation_break=3.0))
    return world


#: What a malformed order that came too late is refused for.
MALFORMED = """
ORDER_WRONG_PARTITION KILL_SWITCH_ACTIVE BUDGET_EXCEEDED SYMBOL_RESTRICTED SYMBOL_NOT_PERMITTED SHORT_NOT_PERMITTED
ORDER_PRICE_INVALID ORDER_TICK_INVALID ORDER_LOT_INVALID ORDER_NOT_REDUCING MESSAGE_RATE_EXCEEDED FEED_STALE PRICE_STALE
PRICE_COLLAR_EXCEEDED ORDER_QUANTITY_EXCEEDED ORDER_VALUE_EXCEEDED POSITION_VALUE_EXCEEDED SIZING_EXCEEDED
"""
#: What one is refused for that is too much in every way.
TOO_MUCH = """
GROSS_EXPOSURE_EXCEEDED NET_EXPOSURE_EXCEEDED LEVERAGE_EXCEEDED POSITION_WEIGHT_EXCEEDED CONCENTRATION_EXCEEDED
SECTOR_SHARE_EXCEEDED MARGINAL_VAR_EXCEEDED COMPONENT_VAR_EXCEEDED DIVERSIFICATION_TOO_LOW BOOK_CORRELATION_EXCEEDED
AVERAGE_CORRELATION_EXCEEDED SECTOR_CORRELATION_EXCEEDED CROSS_ASSET_CORRELATION_EXCEEDED CORRELATION_BREAK_EXCEEDED
SPREAD_EXCEEDED ADV_SHARE_EXCEEDED LIQUIDATION_DAYS_EXCEEDED LIQUIDATION_COST_EXCEEDED LIQUIDITY_VAR_EXCEEDED
VAR_EXCEEDED VAR_INCREMENT_EXCEEDED HISTORICAL_VAR_EXCEEDED EXPECTED_SHORTFALL_EXCEEDED
EXPECTED_SHORTFALL_INCREMENT_EXCEEDED STRESS_LOSS_EXCEEDED MONTE_CARLO_STRESS_EXCEEDED BREAKER_HALTED
VOLATILITY_EXCEEDED VOLATILITY_FORECAST_EXCEEDED VOLATILITY_CLUSTERING_EXCEEDED VOLATILITY_REGIME_EXCEEDED
CLUSTERING_TEST_EXCEEDED VIX_EXCEEDED TURBULENCE_EXCEEDED ABSORPTION_EXCEEDED VOLUME_ANOMALY_EXCEEDED SCORE_TOO_LOW
"""


def test_a_malformed_order_is_refused_in_order() -> None:
    """All that layer 1 has against one order, neighbours in precedence beside each other."""
    world = nearly_everything()
    world.now_ns += 1
    late = Arrival(wrong_partition=True, received_ns=0, taken_ns=9_000_000, budget_ns=2_000_000)
    price = {"order_type": "stop_limit", "limit_price": Decimal("99.001")}
    order = world.order("AAA", "sell_short", "1.5", reduce_only=True, **price)
    decision = world.judge(order, arrival=late)
    assert [check.reason for check in decision.layers[0].checks if check.reason] == MALFORMED.split()
    assert decision.reason is Reason.ORDER_WRONG_PARTITION


def test_an_order_that_is_too_much_is_refused_in_order() -> None:
    """All that layers 2 to 10 have against one order, in the order of precedence from the first layer to the last."""
    world = nearly_everything("_age_", "vix")
    world.tighten(vix_max=40.0)
    layers = evaluate(proposed(world, world.order("AAA", quantity=9000)))
    reasons = [check.reason for layer in layers[1:] for check in layer.checks if check.reason is not None]
    assert reasons == sorted(reasons, key=PRECEDENCE.__getitem__)
    assert set(reasons) >= set(TOO_MUCH.split())
