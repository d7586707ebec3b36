"""Every reason has a row here: how an order comes to be refused for it, in order of precedence."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from risk.arrival import Arrival
from risk.stress.simulated import Simulated
from schemas.commands import BreakerKind, BreakerLevel, Kill, Scope, TripBreaker
from schemas.decisions import Decision, Status, Verdict
from schemas.market import MarkKind
from schemas.orders import OrderReplace
from schemas.reasons import EXPLANATIONS, Reason
from schemas.reference import AssetClass
from tests.risk.world import (
    DAY_NS,
    NOW_NS,
    START_NS,
    World,
    bar,
    calm_market,
    instrument,
    mark,
    refitted_market,
    unsound_world,
)

Row = Callable[[], tuple[World, Any, dict[str, Any]]]
ROWS: dict[Reason, Row] = {}


def row(reason: Reason) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Register how an order is refused for a reason; the function gives (world, order) or (world, order, how)."""

    def keep(make: Callable[[], Any]) -> Callable[[], Any]:
        def complete() -> tuple[World, Any, dict[str, Any]]:
            made = make()
            return made if len(made) == 3 else (*made, {})

        ROWS[reason] = complete
        return make

    return keep


def tight(**limits: float) -> tuple[World, Any]:
    """An account that holds 1,000 AAA and 1,000 BBB, one limit tightened, and an order for 100 AAA more."""
    world = World()
    world.fill("AAA", quantity=1000)
    world.fill("BBB", quantity=1000)
    world.sweep()
    world.tighten(**limits)
    return world, world.order()


def without(**changes: Any) -> tuple[World, Any]:
    """A world whose AAA is defined anew."""
    world = World()
    world.define(instrument("AAA", version=2, **changes))
    return world, world.order()


@row(Reason.ORDER_ID_REUSED)
def _() -> Any:
    world = World()
    world.judge(world.order(order_id="same"))
    return world, world.order(order_id="same", quantity=101)


@row(Reason.ORDER_WRONG_PARTITION)
def _() -> Any:
    world = World()
    return world, world.order(), {"arrival": Arrival(wrong_partition=True)}


@row(Reason.ACCOUNT_UNKNOWN)
def _() -> Any:
    world = World()
    return world, world.order(account_id="nobody")


@row(Reason.PRESET_UNKNOWN)
def _() -> Any:
    world = World(preset="bold")
    return world, world.order()


@row(Reason.BUDGET_EXCEEDED)
def _() -> Any:
    world = World()
    return world, world.order(), {"arrival": Arrival(received_ns=0, taken_ns=2_000_001, budget_ns=2_000_000)}


@row(Reason.ORDER_TIME_INVALID)
def _() -> Any:
    world = World()
    return world, world.order(event_time_ns=NOW_NS + 5_000_000_001)


@row(Reason.KILL_SWITCH_ACTIVE)
def _() -> Any:
    world = World(desk_id="rates")
    world.send(Kill(command_id="k", scope=Scope.DESK, scope_id="rates", author="m", event_time_ns=1))
    return world, world.order()


@row(Reason.ORDER_UNKNOWN)
def _() -> Any:
    world = World()
    return world, OrderReplace(
        order_id="n", original_order_id="never", account_id="acc", quantity=Decimal(5), event_time_ns=NOW_NS
    )


@row(Reason.SYMBOL_UNKNOWN)
def _() -> Any:
    world = World()
    return world, world.order("ZZZ")


@row(Reason.SYMBOL_RESTRICTED)
def _() -> Any:
    return without(restricted=True)


@row(Reason.SYMBOL_NOT_PERMITTED)
def _() -> Any:
    world = World(symbols_allowed=("BBB",))
    return world, world.order()


@row(Reason.SHORT_NOT_PERMITTED)
def _() -> Any:
    world = World(short_allowed=False)
    return world, world.order(side="sell_short")


@row(Reason.ORDER_PRICE_INVALID)
def _() -> Any:
    world = World()
    return world, world.order(order_type="limit")


@row(Reason.ORDER_TICK_INVALID)
def _() -> Any:
    world = World()
    return world, world.order(order_type="limit", limit_price=Decimal("100.001"))


@row(Reason.ORDER_LOT_INVALID)
def _() -> Any:
    world = World()
    return world, world.order(quantity="1.5")


@row(Reason.ORDER_NOT_REDUCING)
def _() -> Any:
    world = World()
    return world, world.order(reduce_only=True)


@row(Reason.MESSAGE_RATE_EXCEEDED)
def _() -> Any:
    world = World()
    world.tighten(message_rate_max=2.0)
    world.judge(world.order())
    world.judge(world.order())
    return world, world.order()


@row(Reason.PRICE_MISSING)
def _() -> Any:
    world = World()
    world.define(instrument("NEW"))
    return world, world.order("NEW")


@row(Reason.PRICE_ZERO)
def _() -> Any:
    world = World()
    world.define(instrument("CL", negative_prices=True))
    world.engine.market.define(instrument("CL", negative_prices=True))
    world.engine.market.apply_mark(mark("CL", 0.0))
    return world, world.order("CL")


@row(Reason.FEED_STALE)
def _() -> Any:
    world = World()
    world.now_ns += 60_000_000_000
    return world, world.order()


@row(Reason.PRICE_STALE)
def _() -> Any:
    world = World()
    world.now_ns += 60_000_000_000
    world.engine.market.apply_mark(mark("BBB", 100.0, world.now_ns, 2))
    return world, world.order()


def test_a_price_from_the_future_is_as_stale_as_one_from_the_past() -> None:
    """A feed whose clock runs ahead can't make a price count as fresh."""
    world = World()
    world.now_ns -= 60_000_000_000
    decision = world.judge(world.order())
    assert decision.reason is Reason.FEED_STALE
    assert [check.verdict for check in decision.layers[0].checks if check.name == "price_age"] == [Verdict.FAIL]


@row(Reason.FX_RATE_MISSING)
def _() -> Any:
    return without(currency="EUR")


@row(Reason.FX_RATE_STALE)
def _() -> Any:
    world, order = without(currency="EUR")
    world.engine.market.apply_mark(mark("EUR/USD", 1.1, NOW_NS - 60_000_000_000, kind=MarkKind.FX))
    return world, order


@row(Reason.PRICE_COLLAR_EXCEEDED)
def _() -> Any:
    world = World()
    return world, world.order(order_type="limit", limit_price=Decimal(110))


@row(Reason.VOLUME_UNKNOWN)
def _() -> Any:
    world = World(market=calm_market(volume=0))
    world.define(instrument("AAA", adv=None, version=2))
    return world, world.order()


@row(Reason.SPREAD_UNKNOWN)
def _() -> Any:
    world = World(market=calm_market())
    world.define(instrument("NEW", spread_bps=None))
    add_history(world, "NEW")
    world.engine.market.apply_mark(mark("NEW", 100.0, bid=None, ask=None, quote_time_ns=None))
    return world, world.order("NEW")


@row(Reason.PORTFOLIO_UNVALUED)
def _() -> Any:
    world = World()
    world.fill("GHOST")
    return world, world.order()


@row(Reason.PORTFOLIO_PRICE_STALE)
def _() -> Any:
    world = World()
    world.fill("BBB", quantity=1000)
    world.sweep()
    world.now_ns += 60_000_000_000
    world.engine.market.apply_mark(mark("AAA", 100.0, world.now_ns, 2))
    return world, world.order()


@row(Reason.EQUITY_EXHAUSTED)
def _() -> Any:
    world = World(cash={})
    return world, world.order()


@row(Reason.CORRELATION_UNAVAILABLE)
def _() -> Any:
    return young(3)


@row(Reason.HISTORY_TOO_SHORT)
def _() -> Any:
    world = World(market=calm_market(bars=120))
    world.sweep()
    return world, world.order()


@row(Reason.VAR_MODEL_INVALID)
def _() -> Any:
    world = World(market=calm_market(crash=0.15))
    world.judge_by(var_method="cornish_fisher")
    return world, world.order()


@row(Reason.STRESS_UNAVAILABLE)
def _() -> Any:
    return without(sector="chocolate")


@row(Reason.MONTE_CARLO_STRESS_UNAVAILABLE)
def _() -> Any:
    world = World()
    world.engine.market.take_simulated(Simulated())
    return world, world.order()


@row(Reason.MONTE_CARLO_STRESS_STALE)
def _() -> Any:
    world = World()
    market = world.engine.market
    market.take_simulated(market.simulated._replace(time_ns=NOW_NS - 6 * DAY_NS))
    return world, world.order()


@row(Reason.BREAKER_HALTED)
def _() -> Any:
    return tripped(BreakerLevel.HALTED)


@row(Reason.BREAKER_REDUCE_ONLY)
def _() -> Any:
    return tripped(BreakerLevel.REDUCE_ONLY)


@row(Reason.BREAKER_SIZE_RESTRICTED)
def _() -> Any:
    world, order = tripped(BreakerLevel.RESTRICTED)
    world.tighten(order_value_max=15_000.0)
    return world, order


@row(Reason.VIX_MISSING)
def _() -> Any:
    market = calm_market()
    market.vix = float("nan")
    return World(market=market), World().order()


@row(Reason.VIX_STALE)
def _() -> Any:
    world = World()
    for _ in range(6):
        world.now_ns += DAY_NS
        world.move("AAA", 100.0)
    world.refresh()
    return world, world.order()


@row(Reason.VIX_SIZE_RESTRICTED)
def _() -> Any:
    world, order = tight(vix_restrict_max=40.0, order_value_max=15_000.0)
    world.engine.market.apply_mark(mark("VIX", 45.0, NOW_NS, 2, kind=MarkKind.INDEX))
    return world, order


@row(Reason.CROSS_ASSET_CORRELATION_EXCEEDED)
def _() -> Any:
    world = World(market=calm_market(twins=True))
    world.define(instrument("BBB", version=2, asset_class=AssetClass.COMMODITY))
    world.fill("BBB", quantity=1000)
    world.sweep()
    world.tighten(cross_asset_correlation_max=0.5)
    return world, world.order()


@row(Reason.SECTOR_CORRELATION_EXCEEDED)
def _() -> Any:
    world = World(market=calm_market(twins=True))
    world.define(instrument("BBB", version=2, sector="technology"))
    world.fill("BBB", quantity=1000)
    world.sweep()
    world.tighten(sector_correlation_max=0.5)
    return world, world.order()


@row(Reason.LIQUIDATION_COST_UNKNOWN)
def _() -> Any:
    market = calm_market()
    market._columns.own["bid"][market.index_of("BBB")] = float("nan")  # a feed that never quoted it
    world = World(market=market)
    world.define(instrument("BBB", version=2, spread_bps=None))
    world.fill("BBB", quantity=10)
    world.sweep()
    return world, world.order()


@row(Reason.VIX_EXCEEDED)
def _() -> Any:
    world, order = tight(vix_max=40.0)
    world.engine.market.apply_mark(mark("VIX", 65.0, NOW_NS, 2, kind=MarkKind.INDEX))
    return world, order


@row(Reason.VOLUME_ANOMALY_EXCEEDED)
def _() -> Any:
    world, order = tight(volume_anomaly_max=5.0)
    world.engine.market.apply_mark(mark("AAA", 100.0, NOW_NS, 2, volume=Decimal(9_000_000)))
    return world, order


@row(Reason.VOLUME_ANOMALY_UNAVAILABLE)
def _() -> Any:
    world = World(market=calm_market(volume=0))
    return world, world.order()


STALE: dict[Reason, tuple[str, dict[str, float]]] = {
    Reason.CORRELATION_BREAK_UNAVAILABLE: ("correlation_break_age", {"analysis_age_max_ns": 1e9}),
    Reason.CLUSTERING_TEST_UNAVAILABLE: ("arch_lm_age", {"analysis_age_max_ns": 1e9}),
    Reason.ABSORPTION_UNAVAILABLE: ("absorption_age", {"analysis_age_max_ns": 1e9}),
    Reason.TURBULENCE_UNAVAILABLE: ("turbulence_age", {"turbulence_age_max_ns": 1e9}),
    Reason.MONTE_CARLO_STRESS_STALE: ("monte_carlo_age", {"monte_carlo_age_max_ns": 1e9}),
    Reason.VOLATILITY_FORECAST_STALE: ("volatility_garch_age", {"garch_age_max_ns": 1e9}),
}


@pytest.mark.parametrize("reason", STALE)
def test_what_is_too_old_refuses_with_its_age(reason: Reason) -> None:
    """Not only what is unknown: the check shows how old the measure is and how old it may be."""
    name, limits = STALE[reason]
    world = World(market=refitted_market(NOW_NS - 3_000_000_000))
    market = world.engine.market
    market.take_analysis(market.analysis._replace(time_ns=NOW_NS - 3_000_000_000))
    market.take_simulated(market.simulated._replace(time_ns=NOW_NS - 3_000_000_000))
    market.turbulence_time_ns = NOW_NS - 3_000_000_000
    world.sweep()
    assert world.judge(world.order()).reason is Reason.APPROVED
    world.tighten(**limits)
    layer = world.judge(world.order()).layers[EXPLANATIONS[reason].layer - 1]
    check = next(each for each in layer.checks if each.name == name)
    assert (check.measure, check.limit, check.unit) == (3e9, 1e9, "ns")
    assert (check.verdict, check.reason) == (Verdict.FAIL, reason)


TIGHT: dict[Reason, dict[str, float]] = {
    Reason.ORDER_QUANTITY_EXCEEDED: {"order_quantity_max": 99.0},
    Reason.ORDER_VALUE_EXCEEDED: {"order_value_max": 9_999.0},
    Reason.POSITION_VALUE_EXCEEDED: {"position_value_max": 109_000.0},
    Reason.GROSS_EXPOSURE_EXCEEDED: {"gross_exposure_max": 0.2},
    Reason.NET_EXPOSURE_EXCEEDED: {"net_exposure_max": 0.2},
    Reason.LEVERAGE_EXCEEDED: {"leverage_max": 0.9},
    Reason.POSITION_WEIGHT_EXCEEDED: {"position_weight_max": 0.1},
    Reason.CONCENTRATION_EXCEEDED: {"concentration_max": 0.01},
    Reason.SECTOR_SHARE_EXCEEDED: {"sector_share_max": 0.1},
    Reason.SIZING_EXCEEDED: {"sizing_multiple_max": 0.01},
    Reason.MARGINAL_VAR_EXCEEDED: {"marginal_var_max": 0.0001},
    Reason.COMPONENT_VAR_EXCEEDED: {"component_var_max": 0.00001},
    Reason.DIVERSIFICATION_TOO_LOW: {"undiversified_exposure_max": 0.01, "effective_positions_min": 4.0},
    Reason.SPREAD_EXCEEDED: {"spread_max": 0.0001},
    Reason.ADV_SHARE_EXCEEDED: {"adv_share_max": 0.00001},
    Reason.LIQUIDATION_DAYS_EXCEEDED: {"liquidation_days_max": 0.0001},
    Reason.LIQUIDATION_COST_EXCEEDED: {"liquidation_cost_max": 0.0000001},
    Reason.LIQUIDITY_VAR_EXCEEDED: {"liquidity_var_max": 0.0001},
    Reason.VAR_EXCEEDED: {"var_max": 0.001},
    Reason.VAR_INCREMENT_EXCEEDED: {"var_increment_max": 0.00001},
    Reason.EXPECTED_SHORTFALL_INCREMENT_EXCEEDED: {"expected_shortfall_increment_max": 0.00001},
    Reason.HISTORICAL_VAR_EXCEEDED: {"historical_var_max": 0.001},
    Reason.EXPECTED_SHORTFALL_EXCEEDED: {"expected_shortfall_max": 0.001},
    Reason.STRESS_LOSS_EXCEEDED: {"stress_loss_max": 0.01},
    Reason.MONTE_CARLO_STRESS_EXCEEDED: {"monte_carlo_shortfall_max": 0.001},
    Reason.VOLATILITY_EXCEEDED: {"volatility_max": 0.05},
    Reason.VOLATILITY_FORECAST_EXCEEDED: {"volatility_forecast_max": 0.05},
    Reason.VOLATILITY_CLUSTERING_EXCEEDED: {"clustering_max": 0.1},
    Reason.CLUSTERING_TEST_EXCEEDED: {"arch_lm_max": 0.0001},
    Reason.ABSORPTION_EXCEEDED: {"absorption_max": 0.0001},
    Reason.TURBULENCE_EXCEEDED: {"turbulence_max": 0.0001},
    Reason.SCORE_TOO_LOW: {"score_min": 80.0, "order_value_max": 11_000.0},
}
for _reason, _limits in TIGHT.items():
    row(_reason)(lambda limits=_limits: tight(**limits))


@row(Reason.BOOK_CORRELATION_EXCEEDED)
def _() -> Any:
    return twins(book_correlation_max=0.5)


@row(Reason.AVERAGE_CORRELATION_EXCEEDED)
def _() -> Any:
    return twins(average_correlation_max=0.5)


@row(Reason.MARGINAL_VAR_UNAVAILABLE)
def _() -> Any:
    world = unsound_world("AAA", "CCC")
    return world, world.order("BBB", "sell", 1400)


@row(Reason.VAR_UNAVAILABLE)
def _() -> Any:
    world, order = young(3)
    world.tighten()
    return world, order


@row(Reason.VOLATILITY_MISSING)
def _() -> Any:
    return young(3)


@row(Reason.TURBULENCE_UNAVAILABLE)
def _() -> Any:
    market = calm_market()
    market.turbulence = float("nan")
    return World(market=market), World().order()


@row(Reason.CORRELATION_BREAK_EXCEEDED)
def _() -> Any:
    world, order = tight(correlation_break_max=0.0001)
    market = world.engine.market
    market.take_analysis(market.analysis._replace(correlation_break=3.0))
    return world, order


@row(Reason.CORRELATION_BREAK_UNAVAILABLE)
def _() -> Any:
    world = World()
    market = world.engine.market
    market.take_analysis(market.analysis._replace(time_ns=NOW_NS - 6 * DAY_NS))
    return world, world.order()


@row(Reason.CLUSTERING_TEST_UNAVAILABLE)
def _() -> Any:
    world = World()
    market = world.engine.market
    market.take_analysis(market.analysis._replace(clustering=market.analysis.clustering[:0]))
    return world, world.order()


@row(Reason.ABSORPTION_UNAVAILABLE)
def _() -> Any:
    world = World()
    market = world.engine.market
    market.take_analysis(market.analysis._replace(absorption=float("nan")))
    return world, world.order()


@row(Reason.VOLATILITY_FORECAST_STALE)
def _() -> Any:
    world = World(market=refitted_market(NOW_NS - 101 * DAY_NS))
    return world, world.order()


@row(Reason.VOLATILITY_REGIME_EXCEEDED)
def _() -> Any:
    market = calm_market()
    market.regime = np.full_like(market.regime, 2)
    world = World(market=market)
    world.tighten(regime_max=1.0)
    return world, world.order()


@row(Reason.BREAKER_UNAVAILABLE)
def _() -> Any:
    world = World(cash={})
    return world, world.order()


#: Where an earlier reason always comes with it: the layer's own result is looked at instead of the decision's.
COVERED = {Reason.VAR_UNAVAILABLE: 5, Reason.VOLATILITY_MISSING: 8, Reason.BREAKER_UNAVAILABLE: 7}


def tripped(level: BreakerLevel) -> tuple[World, Any]:
    world = World()
    world.sweep()
    world.send(
        TripBreaker(
            command_id="t",
            account_id="acc",
            breaker=BreakerKind.DAILY_LOSS,
            level=level,
            author="m",
            event_time_ns=NOW_NS,
        )
    )
    return world, world.order()


def add_history(world: World, symbol: str, bars: int = 300) -> None:
    """Daily bars of a new symbol, after those of the others."""
    for day in range(bars):
        world.engine.market.apply_bar(bar(symbol, 100.0 + day % 3, START_NS + (day + 300) * DAY_NS))


def young(bars: int) -> tuple[World, Any]:
    """A symbol that has traded for a few days only."""
    world = World()
    world.define(instrument("NEW"))
    add_history(world, "NEW", bars)
    world.engine.market.apply_mark(mark("NEW", 100.0))
    return world, world.order("NEW")


def twins(**limits: float) -> tuple[World, Any]:
    """A market of one bet: all symbols move together, and the account holds one of them."""
    world = World(market=calm_market(twins=True))
    world.fill("BBB", quantity=1000)
    world.sweep()
    world.tighten(**limits)
    return world, world.order()


def refused(reason: Reason) -> tuple[World, Decision]:
    world, order, how = ROWS[reason]()
    for body in world.engine.events(world.now_ns):
        world.keep(body)
    before = world.fingerprint
    decided = world.engine.decide(order, world.now_ns, **how)[-1]
    assert isinstance(decided, Decision)
    assert world.fingerprint == before, "deciding changed the state"
    return world, decided


#: An engine that fails is no order's doing: see tests/streams/test_failures.py.
JUDGED = [reason for reason in Reason if reason not in (Reason.APPROVED, Reason.DECISION_FAILED)]


def test_every_reason_has_a_row() -> None:
    """No reason to refuse an order exists without a test that brings it about."""
    assert set(ROWS) == set(JUDGED)


@pytest.mark.parametrize("reason", JUDGED)
def test_refusal(reason: Reason) -> None:
    """The order is refused for this reason, with its FIX code and a text, ten layers, no reservation, no change."""
    _, decision = refused(reason)
    assert decision.status is Status.REJECTED
    assert decision.reservation is None
    if reason in COVERED:
        layer = decision.layers[COVERED[reason] - 1]
        assert layer.reason is reason
        return
    assert (decision.reason, decision.fix_ord_rej_reason) == (reason, EXPLANATIONS[reason].fix)
    assert EXPLANATIONS[reason].text in decision.text
    if not decision.repeat:
        assert [layer.layer for layer in decision.layers] == list(range(1, 11))
        first = next(layer for layer in decision.layers if layer.verdict.rejects)
        assert (first.layer, first.reason) == (EXPLANATIONS[reason].layer, reason)


@pytest.mark.parametrize("reason", JUDGED)
def test_a_refusal_reserves_nothing(reason: Reason) -> None:
    """Once its record is applied, a refused order has left only its id and its message: cash, positions, reservations,
    limits and breakers are as before."""
    world, decision = refused(reason)
    accounts = world.engine.state.accounts
    before = [(a.cash, a.holdings, a.working, a.limits, a.breakers) for a in accounts.values()]
    copied = repr(before)
    world.keep(decision)
    assert repr([(a.cash, a.holdings, a.working, a.limits, a.breakers) for a in accounts.values()]) == copied


@pytest.mark.parametrize(
    ("taken_ns", "reason"),
    [(1_999_999, Reason.APPROVED), (2_000_001, Reason.BUDGET_EXCEEDED), (-2_000_001, Reason.BUDGET_EXCEEDED)],
)
def test_the_latency_budget(taken_ns: int, reason: Reason) -> None:
    """An order within its budget passes, a late one is refused, as is one from a clock that is ahead; the decision says
    when the order came, its deadline and how long it was on its way."""
    world = World()
    world.sweep()
    arrival = Arrival(received_ns=5_000_000, taken_ns=5_000_000 + taken_ns, budget_ns=2_000_000)
    decision = world.engine.decide(world.order(), world.now_ns, arrival)[-1]
    assert isinstance(decision, Decision)
    assert (decision.reason, decision.received_at_ns, decision.deadline_ns) == (reason, 5_000_000, 7_000_000)
    check = next(each for each in decision.layers[0].checks if each.name == "latency_budget")
    assert (check.measure, check.limit, check.unit) == (abs(taken_ns) / 1e6, 2.0, "ms")


def test_of_a_late_order_only_the_first_layer_is_evaluated() -> None:
    """A backlog is cheap to refuse: the other nine layers are reported as skipped, and no smaller size is searched."""
    world = World()
    world.sweep()
    arrival = Arrival(received_ns=0, taken_ns=9_000_000, budget_ns=2_000_000)
    decision = world.engine.decide(world.order(), world.now_ns, arrival)[-1]
    assert isinstance(decision, Decision)
    assert [layer.layer for layer in decision.layers] == list(range(1, 11))
    assert [layer.name for layer in decision.layers] == [layer.name for layer in world.judge(world.order()).layers]
    assert {layer.verdict for layer in decision.layers[1:]} == {Verdict.SKIPPED}
    assert (decision.score, decision.max_quantity) == (0.0, 0)


def test_a_late_order_that_only_reduces_passes() -> None:
    """Getting out is never too late."""
    world = World()
    world.fill(quantity=100)
    world.sweep()
    arrival = Arrival(received_ns=0, taken_ns=9_000_000, budget_ns=2_000_000)
    decision = world.engine.decide(world.order(side="sell", quantity=50), world.now_ns, arrival)[-1]
    assert isinstance(decision, Decision)
    assert (decision.reducing, decision.reason) == (True, Reason.APPROVED)
    late = next(each for each in decision.layers[0].checks if each.name == "latency_budget")
    assert late.verdict is Verdict.EXEMPT


def test_the_earlier_reason_wins() -> None:
    """An order that breaks limits of many layers is refused for the first of them in precedence, and reports all."""
    world, order = tight(order_value_max=1.0, var_max=1e-6, stress_loss_max=1e-6, gross_exposure_max=1e-6)
    decision = world.judge(order)
    assert decision.reason is Reason.ORDER_VALUE_EXCEEDED
    reasons = {layer.layer: layer.reason for layer in decision.layers if layer.verdict.rejects}
    assert reasons[2] is Reason.GROSS_EXPOSURE_EXCEEDED
    assert reasons[5] is Reason.VAR_EXCEEDED
    assert reasons[6] is Reason.STRESS_LOSS_EXCEEDED
