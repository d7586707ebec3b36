"""Layer 6 in the engine: what is kept order by order equals what a valuation anew gives, and orders are held to it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.book import Book, stress_outcomes
from risk.build_book import build_book
from risk.engine import RiskEngine
from risk.layers.stress import stress
from risk.market import MarketState
from risk.measures.var import normal_quantile
from risk.propose import propose
from risk.state import PartitionState
from risk.stress.scenario import SECTORS
from risk.stress.scenario_set import SHIPPED, ScenarioSet
from risk.stress.simulated import Simulated
from schemas.decisions import LayerResult, Verdict
from schemas.market import MarkKind
from schemas.orders import CloseReason, OrderClosed
from schemas.outputs import RiskMetrics, StressResult
from schemas.reasons import Reason
from schemas.reference import AssetClass
from tests.risk.world import NOW_NS, SYMBOLS, World, instrument, mark

MOVES = st.lists(
    st.tuples(
        st.sampled_from(["fill", "order", "close"]),
        st.sampled_from(sorted(SYMBOLS)),
        st.sampled_from(["buy", "sell"]),
        st.integers(1, 5000),
    ),
    min_size=1,
    max_size=25,
)


def book_of(world: World) -> Book:
    return world.engine.book(world.engine.state.accounts["acc"])


def layer(world: World, **order: Any) -> LayerResult:
    """Layer 6 of an order, nothing applied."""
    engine = world.engine
    return stress(propose(world.order(**order), engine.state, engine.market, book_of(world), world.now_ns))


def check(result: LayerResult, name: str) -> Any:
    (found,) = (each for each in result.checks if each.name == name)
    return found


@settings(max_examples=25, deadline=None)
@given(MOVES)
def test_incremental_equals_valuation_anew_after_any_fills_and_orders(moves: list[tuple[str, str, str, int]]) -> None:
    """P&L over scenarios and simulated paths, to 1e-9 of the book's size."""
    world, working = World(), list[str]()
    for kind, symbol, side, quantity in moves:
        if kind == "fill":
            world.fill(symbol, side, quantity)
        elif kind == "order":
            decision = world.judge(world.order(symbol, side, quantity))
            working.append(decision.order_id)
        elif working:
            world.send(
                OrderClosed(
                    order_id=working.pop(), account_id="acc", reason=CloseReason.CANCELLED, event_time_ns=world.now_ns
                )
            )
        kept = book_of(world)
        account = world.engine.state.accounts["acc"]
        anew = build_book(account, world.engine.state, world.engine.market)
        size = max(1.0, anew.gross)
        assert np.abs(kept.stress - anew.stress).max() <= 1e-9 * size
        assert np.abs(kept.simulated - anew.simulated).max(initial=0.0) <= 1e-9 * size


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from([("AAA", "buy"), ("BBB", "sell"), ("CCC", "buy"), ("DDD", "sell_short")]), st.integers(1, 20_000)
)
def test_an_order_measures_as_the_book_with_it_would(what: tuple[str, str], quantity: int) -> None:
    """The three worst scenarios, worst path and shortfall before the fill equal those of the book after it, to 1e-9."""
    (symbol, side), world = what, World(cash={"USD": Decimal(10_000_000)})
    world.fill("AAA", quantity=3000)
    world.fill("BBB", side="sell", quantity=1000)
    asked = layer(world, symbol=symbol, side=side, quantity=quantity)
    equity = book_of(world).equity
    world.fill(symbol, side, quantity)
    book, confidence = book_of(world), world.engine.state.accounts["acc"].limits.var_confidence_min
    outcomes = stress_outcomes(book, world.engine.market, confidence)
    named = [-outcomes[SHIPPED.names.index(each.name)] / equity for each in asked.checks[:3]]  # two may be as bad
    assert named == pytest.approx(-np.sort(outcomes)[:3] / equity, rel=1e-9)
    assert asked.checks[0].measure == pytest.approx(max(0.0, -outcomes.min()) / equity, rel=1e-9)
    assert [each.measure for each in asked.checks[1:3]] == pytest.approx(named[1:], rel=1e-9)
    far = np.sort(book.simulated)[len(book.simulated) // 1000]
    assert check(asked, "monte_carlo_loss").measure == pytest.approx(-far / equity, rel=1e-9)
    tail = np.sort(book.simulated)[: len(book.simulated) // 100]
    assert check(asked, "monte_carlo_shortfall").measure == pytest.approx(-tail.mean() / equity, rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(SECTORS), st.floats(-1e9, 1e9)), min_size=1, max_size=8), st.floats(0.01, 100.0)
)
def test_stress_of_a_multiple_is_the_multiple(positions: list[tuple[str, float]], c: float) -> None:
    """All but what selling costs, which grows faster than the book; nothing finite becomes nan."""

    def losses(scale: float) -> tuple[np.ndarray, float]:
        total, prices = np.zeros(len(SHIPPED)), 0.0
        for number, (sector, amount) in enumerate(positions):
            shocks = SHIPPED.shocks(instrument(f"S{number}", sector=sector), "USD")
            assert shocks is not None
            total += scale * amount * shocks
            prices += scale * amount * shocks[index]
            SHIPPED.take_costs(total, 0.0, scale * amount, 1e-4, 1e8)
        SHIPPED.take_tails(total, 2.3, abs(scale) * 3.0, abs(scale) * 4.0)
        return total, prices

    index = SHIPPED.names.index("liquidity_crisis")
    (one, one_prices), (many, many_prices) = losses(1.0), losses(c)
    assert np.isfinite(many).all()
    plain = np.arange(len(SHIPPED)) != index
    assert many[plain] == pytest.approx(c * one[plain], rel=1e-9, abs=1e-6)
    cost_one, cost_many = one_prices - one[index], many_prices - many[index]
    assert cost_many >= c * cost_one * (1 - 1e-9) - 1e-3 if c >= 1.0 else cost_many <= c * cost_one * (1 + 1e-9) + 1e-3


def test_volatility_and_correlation_after_an_order() -> None:
    """Twice the VaR of the book with the order; z times the sum of what each position's volatility is worth."""
    world = World(cash={"USD": Decimal(10_000_000)})
    world.fill("AAA", quantity=3000)
    world.fill("BBB", side="sell", quantity=1000)
    only = ScenarioSet([each for each in SHIPPED.scenarios if each.volatility_multiple])
    world.engine.market.stresses = only
    world.engine.market.version += 1
    found = layer(world, symbol="CCC", quantity=500).checks[0]
    equity = book_of(world).equity
    world.fill("CCC", quantity=500)
    book, z = book_of(world), normal_quantile(0.99)
    doubled, one = 2 * z * np.sqrt(book.variance), z * book.weighted_volatility
    assert found.measure == pytest.approx(max(doubled, one) / equity, rel=1e-9)
    assert found.name == ("volatility_doubling" if doubled > one else "correlation_to_one")


def test_what_selling_costs_follows_the_spread() -> None:
    """In a liquidity crisis a wide quote costs more than a narrow one; without any spread the layer refuses."""
    world = World()
    world.fill("AAA", quantity=1000)
    world.engine.market.stresses = ScenarioSet([each for each in SHIPPED.scenarios if each.costs])
    world.engine.market.version += 1
    before = layer(world).checks[0].measure or 0.0
    world.engine.market.apply_mark(mark("AAA", 100.0, NOW_NS, 2, bid=Decimal(99), ask=Decimal(101)))
    after = layer(world).checks[0].measure or 0.0
    wider = (0.02 - 0.0002) / 2 * 5 * 110_000
    assert (after - before) * 1_000_000 == pytest.approx(wider, rel=1e-6)
    world.define(instrument("EEE", sector="energy", adv=None, spread_bps=None))
    world.engine.market.apply_mark(mark("EEE", 100.0, NOW_NS, 1, bid=None, ask=None))
    refused = layer(world, symbol="EEE").checks[0]
    assert (refused.name, refused.reason) == ("liquidity_crisis", Reason.STRESS_UNAVAILABLE)


def test_cash_in_a_foreign_currency_is_stressed() -> None:
    """A million yen at 0.01 loses a fifth when currencies fall by 20 %, and nothing in a crash."""
    world = World(cash={"USD": Decimal(100_000), "JPY": Decimal(1_000_000)})
    world.engine.market.apply_mark(mark("JPY/USD", 0.01, kind=MarkKind.FX))
    outcomes = dict(zip(SHIPPED.names, book_of(world).stress, strict=True))
    assert outcomes["fx_down_20"] == pytest.approx(-2000.0)
    assert outcomes["crash_30"] == 0.0


@pytest.mark.parametrize("asset_class", list(AssetClass))
def test_every_class_can_be_stressed(asset_class: AssetClass) -> None:
    """An order in currencies or crypto is measured, not refused for want of a shock."""
    world = World()
    world.define(instrument("AAA", version=2, asset_class=asset_class))
    found = layer(world).checks[0]
    assert found.verdict in {Verdict.PASS, Verdict.WARN}
    assert found.measure is not None
    assert found.measure > 0


def test_a_preset_chooses_its_scenarios() -> None:
    """Only those that it names are looked at; a name that there is no scenario of refuses everything."""
    world = World()
    world.fill("AAA", quantity=1000)
    world.judge_by(stress_scenarios=("crash_10", "flash_crash"))
    found = layer(world).checks[0]
    assert found.name == "flash_crash"
    assert found.measure == pytest.approx(0.092 * 1.2 * 110_000 / 1e6)
    world.judge_by(stress_scenarios=("crash_10", "crash_99"))
    assert layer(world).checks[0].reason is Reason.STRESS_UNAVAILABLE


def test_a_symbol_outside_the_simulation_refuses() -> None:
    """Whether the order is in it or only a position of the book."""
    world = World()
    world.fill("BBB", quantity=100)
    known = world.engine.market.simulated
    index = world.engine.market.index_of("BBB")
    world.engine.market.take_simulated(known._replace(known=np.arange(4) != index))
    for symbol in ("AAA", "BBB"):
        found = layer(world, symbol=symbol)
        assert check(found, "monte_carlo").reason is Reason.MONTE_CARLO_STRESS_UNAVAILABLE
    assert check(layer(world, symbol="BBB", side="sell"), "monte_carlo").verdict is Verdict.EXEMPT
    world.engine.market.take_simulated(Simulated())
    assert check(layer(world), "monte_carlo").reason is Reason.MONTE_CARLO_STRESS_UNAVAILABLE


def test_an_old_simulation_refuses() -> None:
    """And says how old it is, from its covariance's time to the order's."""
    world = World()
    world.move("AAA", 100.0)
    world.tighten(monte_carlo_age_max_ns=0.5e9)
    found = check(layer(world), "monte_carlo_age")
    assert (found.name, found.measure, found.reason) == ("monte_carlo_age", 1e9, Reason.MONTE_CARLO_STRESS_STALE)


def test_metrics_name_every_scenario_that_has_a_figure() -> None:
    """P&L by scenario, volatility and correlation included; the summary has the worst."""
    world = World()
    assert not [each for each in world.engine.metrics(NOW_NS) if isinstance(each, StressResult)]
    world.fill("AAA", quantity=1000)
    metrics = world.engine.metrics(NOW_NS)
    found = {each.scenario: each.pnl for each in metrics if isinstance(each, StressResult)}
    assert set(found) == set(SHIPPED.names)
    summary = metrics[0]
    assert isinstance(summary, RiskMetrics)
    assert (summary.stress_scenario, summary.stress_loss) == (
        min(found, key=lambda name: found[name]),
        -min(found.values()),
    )
    assert found["volatility_doubling"] < found["correlation_to_one"] < 0


def test_an_engine_without_simulation_refuses_from_the_start() -> None:
    """A market view that nothing was simulated for has no returns to judge by."""
    engine = RiskEngine(PartitionState(), MarketState())
    assert engine.market.simulated.time_ns == 0
    assert not engine.market.simulated.knows(0)
