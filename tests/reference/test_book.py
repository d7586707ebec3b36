"""Concentration, liquidity, drawdown and scenarios against closed forms and the published table."""

from __future__ import annotations

import numpy as np
import pytest

from risk.measures.concentration import effective_number, herfindahl
from risk.measures.correlation import average_correlation, weighted_average_correlation
from risk.measures.drawdown import max_drawdown
from risk.measures.liquidity import days_to_liquidate
from risk.scenarios import SCENARIOS, SECTORS, Scenario, scenario_names, shock_vector
from schemas.reference import AssetClass

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


def test_herfindahl_of_known_weights() -> None:
    """Four equal weights: 0.25 and 4; (0.5, 0.3, 0.2): 0.38 and 2.6316. To 1e-12."""
    assert herfindahl(np.full(4, 0.25)) == 0.25
    assert effective_number(np.full(4, 0.25)) == 4.0
    assert herfindahl(np.array([0.5, 0.3, 0.2])) == pytest.approx(0.38, rel=1e-12)
    assert effective_number(np.array([0.5, 0.3, 0.2])) == pytest.approx(1 / 0.38, rel=1e-12)


@pytest.mark.parametrize(("participation", "days"), [(0.10, 20.0), (0.20, 10.0), (0.25, 8.0)])
def test_days_to_liquidate(participation: float, days: float) -> None:
    """|q| / (participation ADV) for a million shares of 500,000 a day, long or short."""
    assert days_to_liquidate(1e6, 5e5, participation) == pytest.approx(days, rel=1e-12)
    assert days_to_liquidate(-1e6, 5e5, participation) == pytest.approx(days, rel=1e-12)


def test_drawdown_of_the_published_returns() -> None:
    """empyrical's vector 1, 10, -4, 2, 3, 2, 1, -10 %: max drawdown 0.10 to 1e-12."""
    curve = np.cumprod(1.0 + np.array([0, 1, 10, -4, 2, 3, 2, 1, -10]) / 100)
    assert max_drawdown(curve) == pytest.approx(0.10, rel=1e-12)


def test_average_correlation_equals_numpy() -> None:
    """The plain average equals that of numpy's correlation matrix, and equal risk weights give the same: to 1e-12."""
    rows = np.random.default_rng(1).normal(size=(6, 200))
    covariance, correlation = np.cov(rows), np.corrcoef(rows)
    expected = correlation[np.triu_indices(6, 1)].mean()
    assert average_correlation(covariance) == pytest.approx(expected, rel=1e-12)
    equal_risk = 1.0 / np.sqrt(np.diag(covariance))
    assert weighted_average_correlation(covariance, equal_risk) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "equity", "commodity", "yields"),
    [
        ("black_monday_1987", -0.2047, None, (9.52, 8.86)),
        ("asian_crisis_1997", -0.0718, -0.592, (6.22, 5.54)),
        ("dot_com_2000", -0.4915, -0.53, (6.26, 3.94)),
        ("financial_crisis_2008", -0.5678, -0.792, (5.10, 2.42)),
        ("covid_2020", -0.339, None, (1.76, 0.66)),
    ],
)
def test_historical_shocks_are_the_published_ones(
    name: str, equity: float, commodity: float | None, yields: tuple[float, float]
) -> None:
    """Equity and oil as in the table; bonds gain 8 years times the fall of the 10-year yield. Exact."""
    scenario = BY_NAME[name]
    assert scenario.historical
    assert scenario.shock("index", "") == equity
    assert scenario.shock("bond", "") == pytest.approx(8.0 * (yields[0] - yields[1]) / 100, abs=1e-9)
    assert commodity is None or scenario.shock("commodity", "") == commodity


def test_technology_falls_with_the_nasdaq_in_the_dot_com_bust() -> None:
    """-77.93 % for technology, and financials are worst in 2008."""
    assert BY_NAME["dot_com_2000"].shock("equity", "technology") == -0.7793
    crisis = BY_NAME["financial_crisis_2008"]
    assert min(SECTORS, key=lambda sector: crisis.shock("equity", sector) or 0.0) == "financials"


@pytest.mark.parametrize("sector", SECTORS)
def test_every_sector_has_every_shock(sector: str) -> None:
    """A vector of K finite simple returns above -1, read-only, in the order of the scenarios."""
    vector = shock_vector(AssetClass.EQUITY, sector)
    assert vector is not None
    assert vector.shape == (len(SCENARIOS),)
    assert ((vector > -1.0) & (vector < 0.5)).all()
    expected = [scenario.shock("equity", sector) for scenario in SCENARIOS]
    assert vector.tolist() == expected
    with pytest.raises(ValueError, match="read-only"):
        vector[0] = 0.0


@pytest.mark.parametrize(
    ("asset_class", "sector"),
    [
        (AssetClass.FX, "unclassified"),
        (AssetClass.CRYPTO, "technology"),
        ("warrant", "technology"),
        (AssetClass.EQUITY, "Technology"),
        (AssetClass.EQUITY, ""),
    ],
)
def test_what_has_no_figures_has_no_vector(asset_class: str, sector: str) -> None:
    """An asset class or a sector that scenarios say nothing of is None, not zero."""
    assert shock_vector(asset_class, sector) is None


def test_names_are_unique_and_sources_given() -> None:
    """Each scenario can be told apart, says where its figures come from, and covers the crash sizes asked for."""
    assert len(set(scenario_names)) == len(SCENARIOS) >= 11
    assert all(scenario.source for scenario in SCENARIOS)
    assert [BY_NAME[f"crash_{size}"].equity for size in (10, 20, 30)] == [-0.1, -0.2, -0.3]


def test_a_misspelt_sector_is_refused() -> None:
    """A scenario that names an unknown sector is never built."""
    with pytest.raises(ValueError, match="sectors"):
        Scenario(name="x", source="y", equity=-0.1, bond=0.0, commodity=0.0, betas={"tech": 2.0})
