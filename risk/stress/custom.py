"""Scenarios that are made up: single factors moved by round amounts, and ways in which markets break.

Crypto is assumed to move half as much again as equities where nothing else is said, and the VIX to rise by ten times a
crash's fall, by half for +200 bp, and by round amounts elsewhere.
"""

from __future__ import annotations

from risk.stress.historical import bond_return
from risk.stress.scenario import Scenario


def _crash(percent: int) -> Scenario:
    move = -percent / 100.0
    return Scenario(
        name=f"crash_{percent}",
        source=f"custom: equities and commodities -{percent} %, bonds and currencies unmoved",
        equity=move,
        bond=0.0,
        commodity=move,
        fx=0.0,
        crypto=1.5 * move,
        volatility=-10.0 * move,
    )


#: Equities for +200 bp, as in 2022; falling rates leave them where they are.
_RATES_EQUITY = -0.2


def _rates(points: int) -> Scenario:
    rising = points > 0
    share = points / 200.0 if rising else 0.0
    return Scenario(
        name=f"rates_{'up' if rising else 'down'}_{abs(points)}bp",
        equity=_RATES_EQUITY * share,
        bond=bond_return(0.0, points / 100.0),
        commodity=0.0,
        fx=0.0,
        crypto=1.5 * _RATES_EQUITY * share,
        volatility=0.5 * share,
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
        source=f"custom: US 10-year {points:+d} bp; "
        + (
            "equities in proportion to 2022 (S&P 500 -25 % for 1.47 to 3.98), sectors assumed"
            if rising
            else "equities unmoved"
        ),
    )


def _currencies(percent: int) -> Scenario:
    return Scenario(
        name=f"fx_{'up' if percent > 0 else 'down'}_{abs(percent)}",
        equity=0.0,
        bond=0.0,
        commodity=0.0,
        fx=percent / 100.0,
        crypto=0.0,
        volatility=0.0,
        source=f"custom: every currency {percent:+d} % against the account's own, all else unmoved",
    )


CUSTOM: tuple[Scenario, ...] = (
    _crash(10),
    _crash(20),
    _crash(30),
    Scenario(
        name="flash_crash",
        equity=-0.092,
        bond=0.0,
        commodity=-0.05,
        fx=0.0,
        crypto=-0.138,
        volatility=0.6,
        rebound=0.65,
        betas={"unclassified": 2.0, "technology": 1.2, "consumer staples": 0.8},
        source="custom, after 2010-05-06: DJIA about -9.2 % within the day, marked at the low, and -3.2 % at its end; "
        "sectors, commodities and crypto assumed",
    ),
    Scenario(
        name="sector_rotation",
        equity=-0.05,
        bond=0.0,
        commodity=0.0,
        fx=0.0,
        crypto=-0.2,
        volatility=0.3,
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
    _rates(100),
    _rates(200),
    _rates(-100),
    _rates(-200),
    _currencies(10),
    _currencies(20),
    _currencies(-10),
    _currencies(-20),
    Scenario(
        name="liquidity_crisis",
        equity=-0.1,
        bond=-0.05,
        commodity=-0.1,
        fx=0.0,
        crypto=-0.15,
        volatility=1.0,
        spread_multiple=5.0,
        volume_share=0.25,
        source="custom, assumed: prices -10 % (bonds -5 %), spreads five times as wide, a quarter of the volume; the "
        "cost of selling the book is part of the loss",
    ),
    Scenario(
        name="volatility_doubling",
        equity=0.0,
        bond=0.0,
        commodity=0.0,
        fx=0.0,
        crypto=0.0,
        volatility=1.0,
        volatility_multiple=2.0,
        source="custom: one-day normal VaR at the account's confidence with all volatilities doubled",
    ),
    Scenario(
        name="correlation_to_one",
        equity=0.0,
        bond=0.0,
        commodity=0.0,
        fx=0.0,
        crypto=0.0,
        volatility=0.0,
        volatility_multiple=1.0,
        correlation_one=True,
        source="custom: one-day normal VaR at the account's confidence when nothing diversifies and no hedge works",
    ),
)
