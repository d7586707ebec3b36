"""What single layers measure, beside the same figure computed from the whole book after the order."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from pathlib import Path
from typing import get_args

import msgspec
import numpy as np
import pytest

from risk.book import Book
from risk.layers.assessment import score
from risk.measures.var import component_var, normal_quantile
from schemas.codec import encode
from schemas.decisions import Decision, Verdict
from schemas.market import MarkKind
from schemas.presets import PRESETS, SCORED, Preset, VarMethod
from schemas.reasons import Reason
from schemas.reference import AssetClass
from schemas.tables import weights_table
from tests.risk.world import LOOSE, NOW_NS, World, calm_market, instrument, mark

MARKET = calm_market()
Z = normal_quantile(0.99)


def judged(world: World | None = None, **order: object) -> tuple[Decision, Book, dict[str, float]]:
    """An approved order into a book of three positions; its decision, the book after it, its measures by name."""
    world = world or World(market=MARKET)
    for symbol, size in (("AAA", 1000), ("BBB", 700), ("CCC", 400)):
        world.fill(symbol, quantity=size)
    world.sweep()
    decision = world.judge(world.order(**{"symbol": "AAA", "quantity": 300} | order))
    book = world.engine.book(world.engine.state.accounts["acc"])
    return decision, book, {check.name: check.measure or 0.0 for layer in decision.layers for check in layer.checks}


def test_component_and_marginal_var_are_those_of_the_book_after_the_order() -> None:
    """component = x_i z (Sigma x)_i / sigma (its sum over the book is the VaR), marginal = component / x_i."""
    _, book, measures = judged()
    components = component_var(MARKET.covariance, book.exposure, 0.99)
    index = MARKET.index_of("AAA")
    assert measures["component_var"] == pytest.approx(components[index] / book.equity, rel=1e-9)
    assert measures["marginal_var"] == pytest.approx(components[index] / book.exposure[index], rel=1e-9)
    assert measures["var_parametric"] == pytest.approx(components.sum() / book.equity, rel=1e-9)


def test_an_order_that_adds_nothing_has_no_marginal_var() -> None:
    """A sale out of a position frees nothing before it is filled, and adds nothing: 0, never a negative measure."""
    _, _, measures = judged(side="sell", quantity=100)
    assert measures["marginal_var"] == 0.0


def test_effective_positions_are_the_inverse_herfindahl() -> None:
    """(sum |x|)^2 / sum x^2 after the order; a book that is hardly begun is not asked."""
    world = World(
        msgspec.structs.replace(LOOSE, undiversified_exposure_max=0.1, effective_positions_min=1.0), market=MARKET
    )
    _, book, measures = judged(world)
    size = np.abs(book.exposure)
    assert measures["effective_positions"] == pytest.approx(size.sum() ** 2 / (size**2).sum(), rel=1e-9)
    assert "effective_positions" not in judged()[2]


def test_cost_to_liquidate_and_liquidity_var() -> None:
    """Half of two cents on each hundred dollars of exposure, and the same on top of the VaR of the preset's method."""
    _, book, measures = judged()
    cost = 0.5 * 0.02 / 100.0 * np.abs(book.exposure).sum()
    assert measures["liquidation_cost"] == pytest.approx(cost / book.equity, rel=1e-9)
    chosen = measures["var_filtered_historical"] + cost / book.equity
    assert measures["liquidity_var"] == pytest.approx(chosen, rel=1e-9)
    assert measures["liquidity_var"] != pytest.approx(measures["var_parametric"] + cost / book.equity, rel=1e-3)


@pytest.mark.parametrize("method", get_args(VarMethod))
def test_liquidity_var_is_by_the_method_and_level_that_layer_five_takes(method: str) -> None:
    """Whatever the preset chooses, at 95 % as well; both layers name it."""
    world = World(msgspec.structs.replace(LOOSE, var_confidence_min=0.95), market=MARKET)
    world.judge_by(var_method=method)
    four, five = (
        {check.name: check for check in layer.checks}
        for layer in world.judge(world.order("AAA", quantity=300)).layers[3:5]
    )
    chosen, cost = five[f"var_{method}"], four["liquidation_cost"]
    assert four["liquidity_var"].unit == chosen.unit
    assert chosen.unit.startswith(f"fraction of equity, {method} 95%, ")
    assert four["liquidity_var"].measure == pytest.approx(chosen.measure + cost.measure, rel=1e-12)


def test_sector_and_cross_asset_correlation() -> None:
    """corr(order, the group's positions) = s' S x / (sigma_i sqrt(x' S x)) over the members of the group."""
    world = World(market=MARKET)
    world.define(instrument("BBB", version=2, sector="technology"))
    world.define(instrument("CCC", version=2, asset_class=AssetClass.COMMODITY))
    _, _, measures = judged(world)
    covariance, i = MARKET.covariance, MARKET.index_of("AAA")
    for name, symbol in (("sector_correlation", "BBB"), ("cross_asset_correlation", "CCC")):
        j = MARKET.index_of(symbol)
        assert measures[name] == pytest.approx(covariance[i, j] / math.sqrt(covariance[i, i] * covariance[j, j]))


def test_the_order_is_measured_in_sizes_that_volatility_allows() -> None:
    """value / (equity * target / sigma): an order at that size alone would give the account its target volatility."""
    _, book, measures = judged()
    sigma = math.sqrt(float(MARKET.variance[MARKET.index_of("AAA")]) * MARKET.config.periods_per_year)
    assert measures["volatility_target_size"] == pytest.approx(300 * 100.0 * sigma / (book.equity * 0.10), rel=1e-9)


@pytest.mark.parametrize(
    ("vix", "verdict", "crisis"),
    [
        (20.0, Verdict.PASS, False),
        (35.0, Verdict.WARN, False),
        (45.0, Verdict.WARN, False),
        (60.0, Verdict.WARN, True),
        (95.0, Verdict.FAIL, True),
    ],
)
def test_the_levels_of_the_vix(vix: float, verdict: Verdict, crisis: bool) -> None:
    """It warns, restricts, brings in the crisis limits and refuses, in this order, and lets go as it falls."""
    limits = msgspec.structs.replace(LOOSE, vix_warn_max=30.0, vix_restrict_max=40.0, vix_crisis_max=50.0, vix_max=90.0)
    world = World(limits)
    world.sweep()
    world.engine.market.apply_mark(mark("VIX", vix, NOW_NS, 2, kind=MarkKind.INDEX))
    decision = world.judge(world.order())
    assert decision.layers[8].checks[0].verdict is verdict
    assert any(check.name == "vix_restricted_value" for check in decision.layers[8].checks) == (vix > 40.0)
    assert decision.crisis is crisis
    world.engine.market.apply_mark(mark("VIX", 15.0, NOW_NS, 3, kind=MarkKind.INDEX))
    assert world.judge(world.order()).crisis is False


def test_a_crisis_brings_in_the_presets_tighter_limits() -> None:
    """The same order that passes in calm times is refused for half the limit, and says which limit held."""
    world = World(PRESETS["standard"].limits)
    world.sweep()
    order = world.order(quantity=700)
    calm = world.engine.decide(order, world.now_ns)[-1]
    world.engine.market.apply_mark(mark("VIX", 60.0, NOW_NS, 2, kind=MarkKind.INDEX))
    tense = world.engine.decide(world.order(quantity=2000), world.now_ns)[-1]
    assert isinstance(calm, Decision)
    assert isinstance(tense, Decision)
    weight = {
        name: next(check for check in each.layers[1].checks if check.name == "position_weight")
        for name, each in (("calm", calm), ("tense", tense))
    }
    assert (weight["calm"].limit, weight["tense"].limit) == (0.25, 0.125)
    assert tense.crisis
    assert weight["tense"].reason is Reason.POSITION_WEIGHT_EXCEEDED


def test_the_score_is_the_documented_mean() -> None:
    """100 (s min + (1 - s) weighted mean) of the rooms that the decision itself reports, with the preset's weights."""
    decision, _, _ = judged()
    total, worst, *factors = decision.layers[9].checks
    preset = PRESETS["standard"]
    assert [factor.name for factor in factors] == list(SCORED)
    rooms = [factor.measure or 0.0 for factor in factors]
    weights = [factor.limit or 0.0 for factor in factors]
    assert weights == [preset.score_weights[name] for name in SCORED]
    assert total.measure == pytest.approx(score(rooms, weights, preset.score_worst_share))
    assert decision.score == pytest.approx(total.measure or 0.0, abs=5e-4)
    assert (worst.name, worst.measure, worst.limit) == ("worst_layer", min(rooms), preset.score_worst_share)
    mean = np.average(rooms, weights=weights)
    assert total.measure == pytest.approx(100.0 * (0.5 * min(rooms) + 0.5 * mean))


def test_the_score_can_be_recomputed_from_the_decision_alone() -> None:
    """From its JSON, without a preset: 100 (s worst + (1 - s) weighted mean), each with what it is weighed by."""
    world = World(PRESETS["standard"].limits)
    world.judge_by(score_worst_share=0.3, score_weights=dict.fromkeys(SCORED, 1.0) | {"stress": 7.0})
    decision, _, _ = judged(world)
    checks = {check["name"]: check for check in json.loads(encode(decision))["layers"][9]["checks"]}
    share, worst = checks["worst_layer"]["limit"], checks["worst_layer"]["measure"]
    rooms, weights = ([checks[name][field] for name in SCORED] for field in ("measure", "limit"))
    again = 100.0 * (share * worst + (1.0 - share) * float(np.dot(rooms, weights)) / sum(weights))
    assert decision.score == pytest.approx(again, abs=5e-4)
    assert checks["score"]["measure"] == pytest.approx(again)


def test_the_document_of_the_score_has_the_weights_of_today() -> None:
    """Its table is made from the presets."""
    assert weights_table() in (Path(__file__).parents[2] / "docs" / "score.md").read_text("utf-8")


def test_a_preset_weighs_every_layer() -> None:
    """Weights for some layers only, or none at all, are refused."""
    for weights in ({"stress": 1.0}, dict.fromkeys(SCORED, 0.0)):
        with pytest.raises(ValueError, match="expected a weight for each of order_controls"):
            Preset(limits=LOOSE, crisis=LOOSE, score_weights=weights)


@pytest.mark.parametrize(
    ("fields", "price"),
    [
        ({"order_type": "stop", "stop_price": Decimal("104.5")}, 104.5),
        ({"order_type": "stop_limit", "stop_price": Decimal(103), "limit_price": Decimal(104)}, 104.0),
        ({"order_type": "limit", "limit_price": Decimal(96)}, 100.0),
    ],
)
def test_an_order_is_valued_at_its_highest_price(fields: dict[str, object], price: float) -> None:
    """A stop buys where the market will be then, not where it is."""
    assert judged(symbol="DDD", quantity=100, **fields)[2]["order_value"] == pytest.approx(100 * price)


def test_a_sale_is_what_it_is_marked() -> None:
    """Out of a long position a short sale reduces, yet an account that may not sell short may not send one; a plain
    sale of as much it may."""
    assert judged(World(market=MARKET), side="sell_short", quantity=100)[0].reducing
    forbidden = World(market=MARKET, short_allowed=False)
    assert judged(forbidden, side="sell_short", quantity=100)[0].reason is Reason.SHORT_NOT_PERMITTED
    assert forbidden.judge(forbidden.order(side="sell", quantity=100)).reason is Reason.APPROVED
