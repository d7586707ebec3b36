"""Stress scenarios: instantaneous simple returns by asset class and, for equities, by sector.

The equity figure of a historical scenario is the published move of its window. Sector figures are multiples of it
that are *assumed* (rounded, from the pattern of the time), where the scenario does not say otherwise. Bonds move by
-duration * change of the US 10-year yield with an assumed duration of 8 years. An asset class that a scenario says
nothing of (currencies, crypto) has no shocks at all: a position in it can't be stressed, and the layer refuses.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

DURATION_YEARS = 8.0
SECTORS = (
    "communication services",
    "consumer discretionary",
    "consumer staples",
    "energy",
    "financials",
    "health care",
    "industrials",
    "materials",
    "real estate",
    "technology",
    "utilities",
    "unclassified",
)


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario. All shocks are simple returns: -0.2 is a fall of 20 %.

    ``equity`` holds for indices and for sectors that neither ``betas`` (multiples of ``equity``) nor ``sectors``
    (shocks as they are) names. ``source`` says where the figures come from, ``historical`` whether they happened.
    """

    name: str
    source: str
    equity: float
    bond: float
    commodity: float
    historical: bool = False
    betas: Mapping[str, float] = {}
    sectors: Mapping[str, float] = {}

    def __post_init__(self) -> None:
        unknown = (set(self.betas) | set(self.sectors)) - set(SECTORS)
        if unknown:
            raise ValueError(f"`sectors` names {min(unknown)!r}, expected one of {', '.join(SECTORS)}")

    def shock(self, asset_class: str, sector: str) -> float | None:
        """The simple return of an instrument; ``None`` where the scenario has no figure for it."""
        if asset_class == "equity":
            return self._sector_shock(sector)
        return {"index": self.equity, "bond": self.bond, "commodity": self.commodity}.get(asset_class)

    def _sector_shock(self, sector: str) -> float | None:
        if sector not in SECTORS:
            return None
        return self.sectors.get(sector, self.equity * self.betas.get(sector, 1.0))


def _bond(yield_from: float, yield_to: float) -> float:
    """Price return of a bond for a move of the yield (percent points) at the assumed duration."""
    return round(-DURATION_YEARS * (yield_to - yield_from) / 100.0, 6)


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="black_monday_1987",
        historical=True,
        equity=-0.2047,
        bond=_bond(9.52, 8.86),
        commodity=-0.10,
        source="S&P 500 -20.47 % on 1987-10-19, US 10-year 9.52 to 8.86; all sectors fell alike; commodities assumed",
    ),
    Scenario(
        name="asian_crisis_1997",
        historical=True,
        equity=-0.0718,
        bond=_bond(6.22, 5.54),
        commodity=-0.592,
        betas={"technology": 1.3, "financials": 1.3, "utilities": 0.6, "consumer staples": 0.8, "health care": 0.8},
        source="DJIA -7.18 % on 1997-10-27, WTI -59.2 % to December 1998, US 10-year 6.22 to 5.54; sectors assumed",
    ),
    Scenario(
        name="dot_com_2000",
        historical=True,
        equity=-0.4915,
        bond=_bond(6.26, 3.94),
        commodity=-0.53,
        sectors={"technology": -0.7793, "communication services": -0.7},
        betas={
            "financials": 0.5,
            "energy": 0.5,
            "health care": 0.6,
            "consumer staples": 0.3,
            "industrials": 0.8,
            "consumer discretionary": 0.8,
            "materials": 0.5,
            "utilities": 0.9,
            "real estate": 0.3,
        },
        source="S&P 500 -49.15 %, NASDAQ -77.93 % for technology, WTI -53.0 %, US 10-year 6.26 to 3.94, 2000-03-10 to "
        "2002-10-09; other sectors assumed",
    ),
    Scenario(
        name="financial_crisis_2008",
        historical=True,
        equity=-0.5678,
        bond=_bond(5.10, 2.42),
        commodity=-0.792,
        betas={
            "financials": 1.45,
            "real estate": 1.25,
            "industrials": 1.1,
            "materials": 1.05,
            "energy": 0.9,
            "technology": 0.9,
            "utilities": 0.8,
            "health care": 0.7,
            "consumer staples": 0.55,
        },
        source="S&P 500 -56.78 %, WTI -79.2 %, US 10-year 5.10 to 2.42, 2007-10-09 to 2009-03-09; sectors assumed, "
        "financials worst",
    ),
    Scenario(
        name="covid_2020",
        historical=True,
        equity=-0.339,
        bond=_bond(1.76, 0.66),
        commodity=-1.0,
        betas={
            "energy": 1.65,
            "financials": 1.25,
            "industrials": 1.2,
            "real estate": 1.15,
            "materials": 1.1,
            "technology": 0.9,
            "health care": 0.85,
            "communication services": 0.85,
            "consumer staples": 0.75,
        },
        source="S&P 500 -33.9 %, US 10-year 1.76 to 0.66, 2020-02-19 to 2020-03-23; WTI's front contract settled at "
        "-37.63 USD on 2020-04-20, so commodities lose all; sectors assumed",
    ),
    Scenario(name="crash_10", source="custom: equities and commodities -10 %", equity=-0.1, bond=0.0, commodity=-0.1),
    Scenario(name="crash_20", source="custom: equities and commodities -20 %", equity=-0.2, bond=0.0, commodity=-0.2),
    Scenario(name="crash_30", source="custom: equities and commodities -30 %", equity=-0.3, bond=0.0, commodity=-0.3),
    Scenario(
        name="flash_crash",
        equity=-0.092,
        bond=0.0,
        commodity=-0.05,
        betas={"unclassified": 2.0, "technology": 1.2, "consumer staples": 0.8},
        source="custom, after 2010-05-06: DJIA about -9.2 % within the day, marked at the low; sectors assumed",
    ),
    Scenario(
        name="sector_rotation",
        equity=-0.05,
        bond=0.0,
        commodity=0.0,
        sectors={
            "technology": -0.2,
            "communication services": -0.15,
            "consumer discretionary": -0.12,
            "consumer staples": 0.08,
            "health care": 0.08,
            "utilities": 0.08,
            "energy": 0.05,
            "financials": 0.0,
            "industrials": 0.0,
        },
        source="custom, assumed: out of growth into defensives",
    ),
    Scenario(
        name="rates_up_200bp",
        equity=-0.2,
        bond=_bond(0.0, 2.0),
        commodity=0.0,
        betas={
            "technology": 1.3,
            "consumer discretionary": 1.3,
            "communication services": 1.4,
            "real estate": 1.3,
            "financials": 0.8,
            "industrials": 0.8,
            "health care": 0.5,
            "consumer staples": 0.4,
            "energy": 0.2,
            "utilities": 0.6,
        },
        source="custom: US 10-year +200 bp; equities as in 2022 (S&P 500 -25 % for 1.47 to 3.98); sectors assumed",
    ),
)

scenario_names: tuple[str, ...] = tuple(scenario.name for scenario in SCENARIOS)


def _vector(asset_class: str, sector: str) -> Vector | None:
    shocks = [scenario.shock(asset_class, sector) for scenario in SCENARIOS]
    if None in shocks:
        return None
    vector = np.array(shocks, dtype=np.float64)
    vector.flags.writeable = False
    return vector


_EQUITY: dict[str, Vector | None] = {sector: _vector("equity", sector) for sector in SECTORS}
_OTHER: dict[str, Vector | None] = {
    name: _vector(name, "unclassified") for name in ("index", "bond", "commodity", "fx", "crypto")
}


def shock_vector(asset_class: str, sector: str) -> Vector | None:
    """Simple returns [K] in the order of :data:`SCENARIOS`, read-only.

    ``None`` where a scenario has no figure for the asset class, or the equity's sector is none of :data:`SECTORS`.
    """
    return _EQUITY.get(sector) if asset_class == "equity" else _OTHER.get(asset_class)
