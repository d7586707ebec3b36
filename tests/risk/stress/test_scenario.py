"""What a scenario says of an instrument: by class, sector, symbol and currency."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from risk.stress.scenario import SECTORS, Scenario
from risk.stress.scenario_set import SHIPPED, ScenarioSet
from schemas.reference import AssetClass, Instrument

Of = Instrument
PLAIN: dict[str, Any] = {
    "name": "x",
    "source": "y",
    "equity": -0.5,
    "bond": 0.1,
    "commodity": -0.2,
    "fx": 0.0,
    "crypto": -0.7,
}


def scenario(**changes: Any) -> Scenario:
    """A scenario in which every class moves otherwise."""
    return Scenario(**PLAIN | changes)


@pytest.mark.parametrize(
    ("changes", "instrument", "expected"),
    [
        ({}, Of(symbol="I", asset_class=AssetClass.INDEX), -0.5),
        ({}, Of(symbol="B", asset_class=AssetClass.BOND), 0.1),
        ({}, Of(symbol="C", asset_class=AssetClass.COMMODITY), -0.2),
        ({}, Of(symbol="BTC", asset_class=AssetClass.CRYPTO), -0.7),
        ({}, Of(symbol="S"), -0.5),
        ({}, Of(symbol="S", sector="chocolate"), None),
        ({"betas": {"energy": 0.5}}, Of(symbol="S", sector="energy"), -0.25),
        ({"betas": {"energy": 0.5}, "sectors": {"energy": 0.3}}, Of(symbol="S", sector="energy"), 0.3),
        ({"symbols": {"S": 0.04}, "sectors": {"energy": 0.3}}, Of(symbol="S", sector="energy"), 0.04),
        ({"symbols": {"S": 0.04}}, Of(symbol="S", sector="chocolate"), 0.04),
    ],
)
def test_class_sector_and_symbol(changes: dict[str, Any], instrument: Instrument, expected: float | None) -> None:
    """The most particular figure holds; an equity of an unknown sector has none."""
    assert scenario(**changes).shock(instrument, "USD") == expected


@pytest.mark.parametrize(
    ("changes", "instrument", "base", "expected"),
    [
        ({"fx": 0.1}, Of(symbol="S", currency="EUR"), "USD", 0.5 * 1.1 - 1),
        ({"fx": 0.1}, Of(symbol="S", currency="EUR"), "EUR", -0.5),
        ({"fx": 0.1}, Of(symbol="EURUSD", asset_class=AssetClass.FX), "USD", 0.1),
        ({"fx": 0.1}, Of(symbol="EUR/USD", asset_class=AssetClass.FX), "EUR", 0.0),
        ({"fx": -0.2}, Of(symbol="EUROFX", asset_class=AssetClass.FX), "USD", -0.2),
        ({"fx": -0.2}, Of(symbol="6E", asset_class=AssetClass.FX), "USD", -0.2),
        ({"currencies": {"THB": -0.5}}, Of(symbol="THBUSD", asset_class=AssetClass.FX), "USD", -0.5),
        ({"currencies": {"THB": -0.5}}, Of(symbol="USDTHB", asset_class=AssetClass.FX, currency="THB"), "USD", 0.0),
        ({"currencies": {"THB": -0.5}}, Of(symbol="USDTHB", asset_class=AssetClass.FX, currency="THB"), "THB", 1.0),
        ({"currencies": {"THB": -0.5}}, Of(symbol="S", currency="THB"), "USD", -0.75),
        ({"currencies": {"THB": -0.5}}, Of(symbol="S"), "THB", 0.0),
    ],
)
def test_currencies(changes: dict[str, Any], instrument: Instrument, base: str, expected: float) -> None:
    """A position moves with its price and with its currency against the account's; a pair is a holding of its first
    currency, so in that currency it does not move at all."""
    assert scenario(**changes).shock(instrument, base) == pytest.approx(expected, abs=1e-12)


def test_every_shipped_scenario_has_a_figure_for_every_class_and_sector() -> None:
    """Currencies and crypto included; an equity of a sector that is none has no vector at all."""
    for asset_class in AssetClass:
        for sector in SECTORS:
            shocks = SHIPPED.shocks(Of(symbol="S", asset_class=asset_class, sector=sector), "USD")
            assert shocks is not None
            assert np.isfinite(shocks).all()
            assert shocks.min() >= -1.0
    assert SHIPPED.shocks(Of(symbol="S", sector="chocolate"), "USD") is None


def test_vectors_are_kept_read_only_and_follow_a_new_definition() -> None:
    """The same object for the same definition, another one for the next version."""
    stresses = ScenarioSet(SHIPPED.scenarios)
    first, second = Of(symbol="S", sector="energy"), Of(symbol="S", sector="utilities", version=2)
    vector = stresses.shocks(first, "USD")
    assert vector is not None
    assert stresses.shocks(first, "USD") is vector
    other = stresses.shocks(second, "USD")
    assert other is not None
    assert other.tolist() != vector.tolist()
    with pytest.raises(ValueError, match="read-only"):
        vector[0] = 0.0


def test_names_are_unique_and_some() -> None:
    """A set without scenarios or with two of one name is refused."""
    with pytest.raises(ValueError, match="each once"):
        ScenarioSet([scenario(), scenario()])
    with pytest.raises(ValueError, match="expected one or more"):
        ScenarioSet([])


def test_what_selling_costs() -> None:
    """|x| (5 * spread / 2 + 0.02 sqrt(|x| / (v ADV))) by hand, as a difference; nan where volume is unknown."""
    stresses = ScenarioSet([scenario(spread_multiple=5.0, volume_share=0.25), scenario(name="free")])
    outcomes = np.zeros(2)
    stresses.take_costs(outcomes, 0.0, -4e6, 0.0005, 1e8)
    assert outcomes[0] == pytest.approx(-4e6 * (5 * 0.0005 + 0.02 * (4e6 / 0.25e8) ** 0.5), rel=1e-12)
    stresses.take_costs(outcomes, -4e6, 0.0, 0.0005, 1e8)
    assert outcomes.tolist() == pytest.approx([0.0, 0.0], abs=1e-6)
    for spread, daily_value in ((float("nan"), 1e8), (0.001, float("nan")), (0.001, 0.0)):
        unknown = np.zeros(2)
        stresses.take_costs(unknown, 0.0, 1.0, spread, daily_value)
        assert np.isnan(unknown).tolist() == [True, False]


def test_what_volatility_and_correlation_cost() -> None:
    """z m sigma with the book's correlations, z m sum |x| sigma without them."""
    stresses = ScenarioSet(
        [scenario(volatility_multiple=2.0), scenario(name="one", volatility_multiple=1.0, correlation_one=True)]
    )
    outcomes = np.array([-1.0, -1.0])
    stresses.take_tails(outcomes, 2.0, 10.0, 25.0)
    assert outcomes.tolist() == [-41.0, -51.0]


def test_named_scenarios_are_found_or_none_is() -> None:
    """Indices in the order asked for; one unknown name, and there are none."""
    found = SHIPPED.chosen(("crash_20", "covid_2020"))
    assert found is not None
    assert [SHIPPED.names[k] for k in found] == ["crash_20", "covid_2020"]
    assert SHIPPED.chosen(("crash_20", "crash_99")) is None
