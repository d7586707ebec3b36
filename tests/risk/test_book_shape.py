"""What the metrics of an account say beside risk: concentration, liquidity, the market it is in, its track record."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from risk.performance.track_record import OBSERVATIONS_MIN
from schemas.market import MarkKind
from schemas.outputs import RiskMetrics
from schemas.records import DayRolled
from tests.risk.world import DAY_NS, World, mark


def metrics(world: World) -> RiskMetrics:
    """Those of the one account."""
    return next(each for each in world.engine.metrics(world.now_ns) if isinstance(each, RiskMetrics))


def test_concentration_is_that_of_the_exposures() -> None:
    """3:1 in two symbols: HHI 0.625, effective number 1.6, everything in the five largest."""
    world = World()
    world.fill("AAA", quantity=3000)
    world.fill("BBB", quantity=1000)
    found = metrics(world)
    assert found.herfindahl == pytest.approx(0.625)
    assert found.effective_positions == pytest.approx(1.6)
    assert found.top5_share == pytest.approx(1.0)


def test_liquidity_is_that_of_the_slowest_position() -> None:
    """|q| / (participation ADV) of the position that takes longest, and half the spread on all of it."""
    world = World()
    world.fill("AAA", quantity=3000)
    state, account = world.engine.state, world.engine.state.accounts["acc"]
    state.instruments["AAA"] = msgspec.structs.replace(state.instruments["AAA"], adv=1000)
    found = metrics(world)
    assert found.days_to_liquidate == pytest.approx(3000 / (1000 * account.limits.participation_max))
    assert found.liquidation_cost == pytest.approx(world.engine.book(account).cost)


def test_an_empty_book_has_no_concentration() -> None:
    """Nothing held: no index, nothing to sell."""
    found = metrics(World())
    assert (found.herfindahl, found.effective_positions, found.days_to_liquidate) == (None, None, 0.0)


def test_the_market_s_correlation_is_numpys() -> None:
    """Average of all pairs and the share of the largest eigenvalue, over the same complete rows, to 1e-9."""
    world = World()
    returns = np.asarray(world.engine.market.returns)
    rows = returns[~np.isnan(returns).any(axis=1)]
    correlations = np.corrcoef(rows, rowvar=False)
    found = metrics(world)
    pairs = correlations[np.triu_indices(len(correlations), 1)]
    assert found.market_correlation == pytest.approx(pairs.mean(), rel=1e-9)
    eigenvalues = np.linalg.eigvalsh(np.cov(rows, rowvar=False))
    assert found.market_largest_share == pytest.approx(eigenvalues[-1] / eigenvalues.sum(), rel=1e-9)


def next_day(world: World, price: float, level: float) -> DayRolled:
    """The day after, with a price and a level of the benchmark."""
    world.now_ns += DAY_NS - 3_000_000_000
    world.engine.market.apply_mark(mark("IDX", level, kind=MarkKind.INDEX, time_ns=world.now_ns))
    world.confirm("AAA", price)
    return next(body for body in world.sweep() if isinstance(body, DayRolled))


def test_days_become_a_track_record() -> None:
    """Each day's return of equity and of the benchmark is in the journal, and the metrics are of those."""
    world = World()
    market = world.engine.market
    market.config = msgspec.structs.replace(market.config, benchmark="IDX")
    world.fill("AAA", quantity=5000)
    random = np.random.default_rng(2)
    moves = random.normal(size=OBSERVATIONS_MIN + 2).round(2).tolist()
    rolls = [next_day(world, round(100.0 + move, 2), round(3000.0 + 10.0 * move, 2)) for move in moves]
    assert (rolls[0].benchmark_return, rolls[0].benchmark_level) == (None, round(3000.0 + 10.0 * moves[0], 2))
    own = [roll.daily_return for roll in rolls if roll.daily_return is not None]
    pairs = [roll for roll in rolls if roll.benchmark_return is not None]
    assert pairs[-1].benchmark_return == pytest.approx(rolls[-1].benchmark_level / rolls[-2].benchmark_level - 1.0)
    assert rolls[-1].daily_return == pytest.approx(rolls[-1].equity / rolls[-2].equity - 1.0)
    found = metrics(world)
    assert found.performance["volatility"] == pytest.approx(np.std(own, ddof=1) * np.sqrt(252), rel=1e-9)
    assert found.performance["benchmark_correlation"] == pytest.approx(
        np.corrcoef([[r.daily_return for r in pairs], [r.benchmark_return for r in pairs]])[0, 1], rel=1e-9
    )
