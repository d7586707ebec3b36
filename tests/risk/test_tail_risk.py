"""Layer 5 by each method that a preset can choose, beside the same figures of the book built anew."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest

from risk.backtests.tracker import BacktestTracker
from risk.book import Book
from risk.measures.var import TailRisk, historical_var_es, observations_needed
from risk.tail_risk import AGE_LAMBDA, book_tail, tail_risk
from risk.var.age_weighted import AgeWeighted
from risk.var.cornish_fisher import CornishFisher
from risk.var.inputs import Portfolio
from risk.var.student import DF, student_es, student_quantile
from schemas.decisions import Check, Decision, Verdict
from schemas.presets import PRESETS, VarMethod
from schemas.reasons import Reason
from tests.risk.world import World, calm_market

MARKET = calm_market()
methods = pytest.mark.parametrize("method", get_args(VarMethod))


def held(method: VarMethod, **changes: object) -> World:
    """An account with three positions whose preset chose a method."""
    world = World(market=MARKET)
    world.judge_by(var_method=method, **changes)
    for symbol, size in (("AAA", 1000), ("BBB", 700), ("CCC", 400)):
        world.fill(symbol, quantity=size)
    world.sweep()
    return world


def book_of(world: World) -> Book:
    return world.engine.book(world.engine.state.accounts["acc"])


def checks(decision: Decision) -> dict[str, Check]:
    return {check.name: check for check in decision.layers[4].checks}


def expected(method: VarMethod, book: Book) -> tuple[float, float]:
    """VaR and ES of a book at 99 % by the code that computes them for a person."""
    if method == "parametric_t":
        sigma = math.sqrt(book.variance_max)
        return student_quantile(0.99, DF) * sigma, student_es(0.99, DF) * sigma
    if method in {"historical", "filtered_historical"}:
        return historical_var_es(book.history[~np.isnan(book.history)], 0.99)
    portfolio = Portfolio(returns=book.history[:, None], exposures=np.ones(1), symbols=("book",))
    model = AgeWeighted(lam=AGE_LAMBDA) if method == "age_weighted" else CornishFisher()
    found = model.estimate(portfolio, 0.99)
    return found.value, found.es


@methods
def test_var_and_es_are_those_of_the_method_and_increments_those_of_two_books(method: VarMethod) -> None:
    """With the order filled as the book built anew has them, and by how much more than before, to 1e-9."""
    world = held(method)
    before = expected(method, book_of(world))
    decision = world.judge(world.order(quantity=300, dry_run=True))
    world.fill("AAA", quantity=300)
    book = book_of(world)
    after, found = expected(method, book), checks(decision)
    measures = found[f"var_{method}"].measure, found["expected_shortfall"].measure
    assert measures == pytest.approx([each / book.equity for each in after], rel=1e-9)
    increments = found["var_increment"].measure, found["expected_shortfall_increment"].measure
    assert increments == pytest.approx([(a - b) / book.equity for a, b in zip(after, before, strict=True)], abs=1e-9)


@methods
def test_the_checks_say_model_and_level(method: VarMethod) -> None:
    """Each figure of layer 5 names what it was computed by, at which confidence and over how many returns."""
    world = held(method)
    found = checks(world.judge(world.order()))
    known = int(np.count_nonzero(~np.isnan(book_of(world).history)))
    for name in ("var_increment", f"var_{method}", "expected_shortfall", "expected_shortfall_increment"):
        assert found[name].unit == f"fraction of equity, {method} 99%, {known} returns"
    assert found["var_parametric"].unit == "fraction of equity, normal 99%"


def test_the_books_figures_are_computed_once_and_follow_it() -> None:
    """An approval moves the book, and with it what the next order's increment is measured from."""
    world = held("historical")
    book = book_of(world)
    first = book_tail(book, book.preset, 0.99)
    assert book_tail(book, book.preset, 0.99) is first
    world.judge(world.order(quantity=500))
    assert book_of(world) is book
    moved = book_tail(book, book.preset, 0.99)
    assert moved == TailRisk(*historical_var_es(book.history, 0.99))
    assert moved != first


def test_returns_that_a_symbol_lacks_leave_age_weights_to_the_others() -> None:
    """Rows without a return drop out; the weights of the others keep their proportions."""
    world = held("age_weighted")
    book = book_of(world)
    book.history[:150] = np.nan
    found = book_tail(book, book.preset, 0.99)
    portfolio = Portfolio(returns=book.history[150:, None], exposures=np.ones(1), symbols=("book",))
    assert found is not None
    assert found.var == pytest.approx(AgeWeighted(lam=AGE_LAMBDA).estimate(portfolio, 0.99).value)


def test_a_model_outside_its_valid_region_gives_no_number() -> None:
    """Cornish-Fisher after a crash: the order is refused, and nothing is measured by it."""
    world = World(market=calm_market(crash=0.15))
    world.judge_by(var_method="cornish_fisher")
    world.sweep()
    found = checks(world.judge(world.order()))
    assert found["var_model"].reason is Reason.VAR_MODEL_INVALID
    assert "var_cornish_fisher" not in found


@pytest.mark.parametrize(
    ("days", "exceptions", "verdict", "zone", "limit"),
    [
        (0, 0, Verdict.PASS, "insufficient", None),
        (observations_needed(0.99) - 1, 9, Verdict.PASS, "insufficient", None),
        (250, 4, Verdict.PASS, "green", 4.0),
        (250, 5, Verdict.WARN, "yellow", 4.0),
        (250, 10, Verdict.WARN, "red", 4.0),
    ],
)
def test_the_zone_of_the_backtest_is_said_and_never_rejects(
    days: int, exceptions: int, verdict: Verdict, zone: str, limit: float | None
) -> None:
    """Exceptions against the most that are still green, with observations, zone, method and level."""
    world = held("historical")
    tracker = BacktestTracker(method="historical", confidence=0.99)
    for day in range(days):
        tracker.update(-3.0 if day < exceptions else 0.0, 2.0, 2.5)
    world.engine.state.accounts["acc"].backtest.trackers = [tracker]
    decision = world.judge(world.order())
    check = checks(decision)["backtest_zone"]
    assert (check.measure, check.limit, check.verdict, check.reason) == (exceptions, limit, verdict, None)
    assert check.unit == f"exceptions, {days} days, {zone}, historical 99%"
    assert decision.reason is Reason.APPROVED


def test_the_shipped_presets_choose_the_method_that_passes_its_backtests() -> None:
    """See docs/backtests.md."""
    assert {preset.var_method for preset in PRESETS.values()} == {"filtered_historical"}


def test_a_student_needs_a_variance() -> None:
    """Where the book's is not known it has no figure; it never takes the unknown for nothing."""
    world = held("parametric_t")
    book = book_of(world)
    book.unmodelled.append("AAA")
    assert book_tail(book, book.preset, 0.99) is None
    assert tail_risk(book.preset, book.history, math.nan, 0.99) is None
