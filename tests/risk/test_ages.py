"""Every layer says how old the oldest input is that it used, and what has become too old is not used."""

from __future__ import annotations

import math

import numpy as np
import pytest

from risk.book import Book
from risk.layers import LAYERS, assessment
from schemas.decisions import Decision, Verdict
from schemas.reasons import Reason
from tests.risk.world import DAY_NS, LOOSE, NOW_NS, START_NS, World, calm_market, instrument, mark, refitted_market

SECOND_NS = 1_000_000_000
#: How old each input is in :func:`aged`; each has an age of its own.
AGES = {"mark": 1, "held_mark": 2, "quote": 3, "held_quote": 4, "bar": 10, "held_bar": 11}
ANALYSIS, SIMULATION, GARCH, VIX, TURBULENCE = 20, 30, 40, 50, 60
OLDEST = {
    "order_controls": AGES["bar"],
    "portfolio": AGES["held_bar"],
    "correlation": ANALYSIS,
    "liquidity": AGES["held_bar"],
    "value_at_risk": AGES["held_bar"],
    "stress": SIMULATION,
    "breakers": AGES["held_mark"],
    "volatility": GARCH,
    "black_swan": TURBULENCE,
    "assessment": TURBULENCE,
}


def aged() -> World:
    """An account that holds BBB, about to buy AAA, in a market whose inputs all have ages of their own."""
    world = World(market=refitted_market(NOW_NS - GARCH * SECOND_NS))
    market = world.engine.market
    own = market._columns.own
    for symbol, prefix in (("AAA", ""), ("BBB", "held_")):
        i = market.index_of(symbol)
        own["price_time_ns"][i] = NOW_NS - AGES[f"{prefix}mark"] * SECOND_NS
        own["quote_time_ns"][i] = NOW_NS - AGES[f"{prefix}quote"] * SECOND_NS
        own["bar_time_ns"][i] = NOW_NS - AGES[f"{prefix}bar"] * SECOND_NS
    market.take_analysis(market.analysis._replace(time_ns=NOW_NS - ANALYSIS * SECOND_NS))
    market.take_simulated(market.simulated._replace(time_ns=NOW_NS - SIMULATION * SECOND_NS))
    market.vix_time_ns, market.turbulence_time_ns = NOW_NS - VIX * SECOND_NS, NOW_NS - TURBULENCE * SECOND_NS
    world.fill("BBB", quantity=1000)
    world.sweep()
    return world


@pytest.mark.parametrize(("number", "name"), list(enumerate(OLDEST)))
def test_a_layer_shows_the_age_of_the_oldest_input_it_used(number: int, name: str) -> None:
    """Marks, quotes, last bars, fitted parameters, what was analysed or simulated: the oldest of them, of the order's
    symbol and of the book's."""
    world = aged()
    decision = world.judge(world.order())
    assert decision.reason is Reason.APPROVED
    layer = decision.layers[number]
    assert (layer.name, layer.input_age_ns) == (name, OLDEST[name] * SECOND_NS)
    assert [each.__name__ for each in (*LAYERS, assessment)] == list(OLDEST)


def costs(decision: Decision, book: Book) -> tuple[float | None, float]:
    """The spread that layer 4 saw, and the cost of the book."""
    return next(check.measure for check in decision.layers[3].checks if check.name == "spread"), book.cost


def quoted(time_ns: int, **fields: object) -> World:
    """An account that holds BBB, quoted 2 cents wide at a time, with marks that are fresh."""
    world = World(market=calm_market())
    world.define(instrument("BBB", version=2, **fields))
    market = world.engine.market
    market.apply_mark(mark("BBB", 100.0, NOW_NS, 2, quote_time_ns=time_ns))
    market._columns.own["quote_time_ns"][market.index_of("BBB")] = time_ns
    world.fill("BBB", quantity=1000)
    world.sweep()
    return world


def book_of(world: World) -> Book:
    return world.engine.book(world.engine.state.accounts["acc"], world.now_ns)


@pytest.mark.parametrize(("age_s", "spread"), [(5, 2e-4), (6, 30e-4), (-6, 30e-4)])
def test_an_old_quote_of_the_order_gives_way_to_the_assumed_spread(age_s: int, spread: float) -> None:
    """In the spread check and in the cost, and its age is no age of the layer's then; so does one from the future."""
    world = quoted(NOW_NS - age_s * SECOND_NS, spread_bps=30.0)
    decision = world.judge(world.order("BBB", dry_run=True))
    measure, cost = costs(decision, book_of(world))
    assert measure == pytest.approx(spread)
    assert cost == pytest.approx(100_000 * spread / 2)
    assert decision.layers[3].input_age_ns == NOW_NS - int(world.engine.market.bar_time_ns.min())
    assert (book_of(world).quotes_ns is None) == (spread != 2e-4)


def test_a_quote_that_grows_old_in_the_book_is_dropped() -> None:
    """Time alone does it, no mark and no fill: cost and stress are those of the assumed spread."""
    world = quoted(NOW_NS, spread_bps=30.0)
    fresh = book_of(world)
    world.now_ns += 5 * SECOND_NS
    assert book_of(world) is fresh
    world.now_ns += 1
    stale = book_of(world)
    assert (fresh.cost, stale.cost) == (pytest.approx(10.0), pytest.approx(150.0))
    which = world.engine.market.stresses.names.index("liquidity_crisis")
    assert stale.stress[which] < fresh.stress[which]


def test_without_an_assumed_spread_an_old_quote_refuses() -> None:
    """Of a position: the cost of liquidation and the stress that sells are unknown; of the order: the spread too."""
    world = quoted(NOW_NS, spread_bps=None)
    world.tighten(price_age_max_ns=60e9, feed_age_max_ns=60e9)
    assert world.judge(world.order(dry_run=True)).reason is Reason.APPROVED
    world.tighten(price_age_max_ns=5e9)
    world.now_ns += 6 * SECOND_NS
    for symbol in ("AAA", "BBB"):
        world.engine.market.apply_mark(mark(symbol, 100.0, world.now_ns, 3, bid=None, ask=None, quote_time_ns=None))
    decision = world.judge(world.order(dry_run=True))
    assert decision.reason is Reason.LIQUIDATION_COST_UNKNOWN
    assert decision.layers[5].reason is Reason.STRESS_UNAVAILABLE
    assert math.isnan(book_of(world).cost)
    assert world.judge(world.order("BBB", dry_run=True)).reason is Reason.SPREAD_UNKNOWN


def test_an_approval_moves_the_book_at_the_spreads_it_was_built_with() -> None:
    """The book that follows an approval has the costs of one built anew at that time."""
    world = quoted(NOW_NS, spread_bps=30.0)
    world.engine.state.accounts["acc"].limits = LOOSE
    before = book_of(world)
    world.now_ns += 4 * SECOND_NS
    world.judge(world.order("BBB", quantity=500))
    followed = book_of(world)
    assert followed is before
    assert followed.cost == pytest.approx(15.0)
    assert np.isfinite(followed.stress).all()


@pytest.mark.parametrize(("age_days", "reason"), [(100, Reason.APPROVED), (101, Reason.VOLATILITY_FORECAST_STALE)])
def test_parameters_of_the_settings_warn_and_grow_old(age_days: int, reason: Reason) -> None:
    """A symbol none of whose fits was good enough keeps them no longer after one was possible than a fit may be old."""
    world = World(market=refitted_market(0))
    world.engine.market._columns.own["garch_due_ns"][:] = NOW_NS - age_days * 86_400 * SECOND_NS
    world.sweep()
    decision = world.judge(world.order())
    assert decision.reason is reason
    warned = [check.verdict for check in decision.layers[7].checks if check.name == "garch_parameters"]
    assert warned == ([Verdict.WARN] if reason is Reason.APPROVED else [])


def test_a_fit_is_possible_from_the_bar_with_returns_enough_for_it() -> None:
    """And from then on: of the calm market's bars the one after the 250th return."""
    market = calm_market()
    first_ns = START_NS + market.config.garch_observations_min * DAY_NS
    assert market.garch_due_ns.tolist() == [first_ns] * 4
    assert calm_market(bars=200).garch_due_ns.tolist() == [0] * 4
