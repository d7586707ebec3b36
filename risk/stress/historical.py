"""Scenarios that happened, and the Federal Reserve's that did not.

The equity figure is the published move. Stocks whose closes are known moved as they did (``by_symbol.py``). Sector
figures are multiples of the index that are *assumed* (rounded, from the pattern of the time), where ``source`` does not
say otherwise. Bonds move by -duration * change of the US 10-year yield, with an assumed duration of 8 years. Currencies
move where ``currencies`` has a published figure; that ``fx`` is 0 is no finding: the FX scenarios are for that. Crypto
is assumed to move half as much again as equities, as it did not exist, unless ``source`` has a figure. The VIX rises
to its published high, in 1987, before there was one, as in 2008 (assumed).
"""

from __future__ import annotations

from risk.stress.by_symbol import moves
from risk.stress.scenario import Scenario

DURATION_YEARS = 8.0
#: Of its daily closes, 1990 to 2026.
VIX_MEDIAN = 17.6


def bond_return(yield_from: float, yield_to: float) -> float:
    """Price return of a bond for a move of the yield (percent points) at the assumed duration.

    >>> bond_return(1.47, 3.98)
    -0.2008
    """
    return round(-DURATION_YEARS * (yield_to - yield_from) / 100.0, 6)


def vix_return(level: float, start: float = VIX_MEDIAN) -> float:
    """Simple return of the VIX to the highest level of the time, from where it stood, if that is published, else from
    its median.

    >>> vix_return(38.2, 23.2)
    0.646552
    """
    return round(level / start - 1.0, 6)


HISTORICAL: tuple[Scenario, ...] = (
    Scenario(
        name="black_monday_1987",
        window=("1987-10-14", "1987-10-19"),
        equity=-0.2047,
        bond=bond_return(9.52, 8.86),
        commodity=-0.10,
        fx=0.0,
        crypto=-0.307,
        volatility=vix_return(80.86),
        source="one day: S&P 500 -20.47 % and DJIA -22.6 % on 1987-10-19 (S&P 500 -28.5 % in the four sessions to it), "
        "US 10-year 9.52 to 8.86 from 1987-10-14 on; all sectors fell alike; commodities, VIX and crypto assumed",
    ),
    Scenario(
        name="asian_crisis_1997",
        window=("1997-07-02", "1998-01-30"),
        equity=-0.0718,
        bond=bond_return(6.22, 5.54),
        commodity=-0.592,
        fx=0.0,
        crypto=-0.108,
        volatility=vix_return(38.2, 23.2),
        currencies={"THB": -0.537, "KRW": -0.478, "MYR": -0.429},
        betas={"technology": 1.3, "financials": 1.3, "utilities": 0.6, "consumer staples": 0.8, "health care": 0.8},
        symbols=moves("asian_crisis_1997"),
        source="DJIA -7.18 % on 1997-10-27 (Hong Kong about -25 % in four days) and 20 stocks that day, THB -53.7 %, "
        "KRW -47.8 %, MYR -42.9 %, WTI -59.2 % to December 1998, US 10-year 6.22 to 5.54, VIX 23.2 to 38.2: one day "
        "of equities beside months of the rest; sectors and crypto assumed",
    ),
    Scenario(
        name="dot_com_2000",
        window=("2000-03-10", "2002-10-09"),
        equity=-0.4915,
        bond=bond_return(6.26, 3.94),
        commodity=-0.53,
        fx=0.0,
        crypto=-0.7793,
        volatility=vix_return(45.08),
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
        symbols=moves("dot_com_2000"),
        source="S&P 500 -49.15 %, NASDAQ -77.93 % for technology and, assumed, crypto, 20 stocks, WTI -53.0 %, VIX to "
        "45.08, US 10-year 6.26 to 3.94, 2000-03-10 to 2002-10-09; other sectors assumed",
    ),
    Scenario(
        name="financial_crisis_2008",
        window=("2007-10-09", "2009-03-09"),
        equity=-0.5678,
        bond=bond_return(5.10, 2.42),
        commodity=-0.792,
        fx=0.0,
        crypto=-0.8517,
        volatility=vix_return(80.86),
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
        symbols=moves("financial_crisis_2008"),
        source="S&P 500 -56.78 %, 20 stocks, WTI -79.2 %, US 10-year 5.10 to 2.42, VIX to 80.86, 2007-10-09 to "
        "2009-03-09; sectors (financials worst) and crypto assumed",
    ),
    Scenario(
        name="covid_2020",
        window=("2020-02-19", "2020-03-23"),
        equity=-0.339,
        bond=bond_return(1.76, 0.66),
        commodity=-1.0,
        fx=0.0,
        crypto=-0.5085,
        volatility=vix_return(82.69),
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
        symbols=moves("covid_2020"),
        source="S&P 500 -33.9 % (the ETF SPY -34.1 %), 20 stocks, US 10-year 1.76 to 0.66, VIX to 82.69, 2020-02-19 to "
        "2020-03-23; WTI's front contract settled at -37.63 USD on 2020-04-20, so commodities lose all; sectors and "
        "crypto assumed",
    ),
    Scenario(
        name="rates_2022",
        window=("2021-12-31", "2022-10-12"),
        equity=-0.25,
        bond=bond_return(1.47, 3.98),
        commodity=0.0,
        fx=0.0,
        crypto=-0.65,
        volatility=0.0,
        betas={
            "technology": 1.3,
            "communication services": 1.6,
            "consumer discretionary": 1.4,
            "real estate": 1.2,
            "financials": 0.8,
            "industrials": 0.7,
            "materials": 0.7,
            "consumer staples": 0.3,
            "health care": 0.4,
            "utilities": 0.4,
            "energy": -1.0,
        },
        symbols=moves("rates_2022"),
        source="S&P 500 -25 %, US 10-year 1.47 to 3.98, 20 stocks 2021-12-31 to 2022-10-12; sectors and crypto (about "
        "that of bitcoin) assumed; commodities and VIX: no figure, 0",
    ),
    Scenario(
        name="fed_severely_adverse_2026",
        equity=-0.58,
        bond=0.0,
        commodity=-0.792,
        fx=0.0,
        crypto=-0.87,
        volatility=vix_return(72.0),
        betas={"financials": 1.2, "real estate": 1.2, "utilities": 0.7, "health care": 0.7, "consumer staples": 0.6},
        source="Federal Reserve 2026, severely adverse: equities -58 % in three quarters, VIX to 72; bonds: no figure, "
        "0; commodities assumed as in 2008, sectors and crypto assumed",
    ),
)
