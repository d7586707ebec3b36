"""Stress against the published table of historical scenarios, the stocks' own closes, closed forms and scipy."""

from __future__ import annotations

import csv
import gzip
import io
from importlib.resources import files

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import optimize, stats

from risk.measures.drawdown import max_drawdown
from risk.stress.by_symbol import SYMBOLS, WINDOWS, moves
from risk.stress.monte_carlo import joint_returns, losses_of, tail_losses
from risk.stress.recovery import days_under_water, recovery_time
from risk.stress.replay import replay
from risk.stress.reverse import reverse_stress
from risk.stress.scenario import SECTORS, Scenario
from risk.stress.scenario_set import SHIPPED
from schemas.reference import AssetClass, Instrument

Vector = NDArray[np.float64]
BY_NAME = dict(zip(SHIPPED.names, SHIPPED.scenarios, strict=True))


def shock(name: str, asset_class: AssetClass, symbol: str = "X", sector: str = "unclassified") -> float:
    """What a scenario says of an instrument quoted in dollars."""
    found = BY_NAME[name].shock(Instrument(symbol=symbol, asset_class=asset_class, sector=sector), "USD")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "equity", "commodity", "yields", "window"),
    [
        ("black_monday_1987", -0.2047, None, (9.52, 8.86), ("1987-10-14", "1987-10-19")),
        ("asian_crisis_1997", -0.0718, -0.592, (6.22, 5.54), ("1997-07-02", "1998-01-30")),
        ("dot_com_2000", -0.4915, -0.53, (6.26, 3.94), ("2000-03-10", "2002-10-09")),
        ("financial_crisis_2008", -0.5678, -0.792, (5.10, 2.42), ("2007-10-09", "2009-03-09")),
        ("covid_2020", -0.339, None, (1.76, 0.66), ("2020-02-19", "2020-03-23")),
        ("rates_2022", -0.25, None, (1.47, 3.98), ("2021-12-31", "2022-10-12")),
        ("fed_severely_adverse_2026", -0.58, None, None, None),
    ],
)
def test_historical_shocks_are_the_published_ones(
    name: str,
    equity: float,
    commodity: float | None,
    yields: tuple[float, float] | None,
    window: tuple[str, str] | None,
) -> None:
    """Equity and oil as in the table; bonds gain 8 years times the fall of the 10-year yield. Exact; the window too."""
    assert shock(name, AssetClass.INDEX) == equity
    bond = 8.0 * (yields[0] - yields[1]) / 100 if yields else 0.0
    assert shock(name, AssetClass.BOND) == pytest.approx(bond, abs=1e-9)
    assert commodity is None or shock(name, AssetClass.COMMODITY) == commodity
    assert BY_NAME[name].window == window
    assert BY_NAME[name].historical is (window is not None)


@pytest.mark.parametrize(
    ("name", "level", "start"),
    [
        ("asian_crisis_1997", 38.2, 23.2),
        ("dot_com_2000", 45.08, 17.6),
        ("financial_crisis_2008", 80.86, 17.6),
        ("covid_2020", 82.69, 17.6),
        ("fed_severely_adverse_2026", 72.0, 17.6),
    ],
)
def test_the_vix_rises_to_the_published_highs(name: str, level: float, start: float) -> None:
    """From where it stood, if that is published, else from its median: to 1e-6. So who is short of it loses."""
    assert start * (1.0 + shock(name, AssetClass.INDEX, "VIX", "volatility")) == pytest.approx(level, rel=1e-5)
    assert shock(name, AssetClass.INDEX, "SPX") < 0.0


def test_every_shipped_scenario_moves_the_vix() -> None:
    """An explicit figure; one's own scenario without it has none, and orders are refused."""
    assert all(scenario.volatility is not None for scenario in SHIPPED.scenarios)
    own = Scenario(name="own", source="s", equity=0.1, bond=0.0, commodity=0.0, fx=0.0, crypto=0.0)
    assert own.shock(Instrument(symbol="VIX", asset_class=AssetClass.INDEX, sector="volatility"), "USD") is None


def test_asian_currencies_of_the_table() -> None:
    """THB -53.7 %, KRW -47.8 %, MYR -42.9 % against the dollar, whoever holds them."""
    for currency, move in {"THB": -0.537, "KRW": -0.478, "MYR": -0.429}.items():
        assert shock("asian_crisis_1997", AssetClass.FX, f"{currency}USD") == pytest.approx(move, abs=1e-12)


def test_single_figures_of_the_table() -> None:
    """Technology falls with the NASDAQ (-77.93 %), financials are worst of all in 2008, oil lost all in 2020."""
    assert shock("dot_com_2000", AssetClass.EQUITY, sector="technology") == -0.7793
    crisis = {sector: shock("financial_crisis_2008", AssetClass.EQUITY, sector=sector) for sector in SECTORS}
    assert min(crisis, key=lambda sector: crisis[sector]) == "financials"
    assert shock("covid_2020", AssetClass.COMMODITY) == -1.0


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("black_monday_1987", ("-22.6 %", "-28.5 %")),
        ("asian_crisis_1997", ("-25 %",)),
        ("covid_2020", ("-34.1 %", "-37.63 USD")),
    ],
)
def test_what_the_table_has_beside_the_shocks_is_said(name: str, figures: tuple[str, ...]) -> None:
    """Published figures that shock nothing stand in the source, for whoever holds what they are of."""
    assert [figure for figure in figures if figure not in BY_NAME[name].source] == []


@pytest.mark.parametrize("name", WINDOWS)
def test_stocks_moved_as_their_closes_say(name: str) -> None:
    """All 20 moves recomputed from the data of the demo, to the fourth decimal; they beat the sector's figure."""
    text = gzip.decompress(files("riskstream.demo.data").joinpath("sp500_dataset.csv.gz").read_bytes()).decode()
    rows = {row["Date"]: row for row in csv.DictReader(io.StringIO(text))}
    first, last = (rows[day] for day in WINDOWS[name])
    for symbol in SYMBOLS:
        move = float(last[symbol]) / float(first[symbol]) - 1.0
        assert moves(name)[symbol] == pytest.approx(move, abs=5.1e-5)
        assert shock(name, AssetClass.EQUITY, symbol, "technology") == moves(name)[symbol]


def test_custom_shocks_are_as_their_names_say() -> None:
    """Crashes of 10, 20, 30 %; 8 years of 100 and 200 bp; currencies by 10 and 20 %; spreads, volume, volatility."""
    assert [shock(f"crash_{size}", AssetClass.INDEX) for size in (10, 20, 30)] == [-0.1, -0.2, -0.3]
    rates = [shock(f"rates_{way}bp", AssetClass.BOND) for way in ("up_100", "up_200", "down_100", "down_200")]
    assert rates == [-0.08, -0.16, 0.08, 0.16]
    currencies = [shock(f"fx_{way}", AssetClass.FX) for way in ("up_10", "up_20", "down_10", "down_20")]
    assert currencies == [0.1, 0.2, -0.1, -0.2]
    crisis, doubled, one = (BY_NAME[name] for name in ("liquidity_crisis", "volatility_doubling", "correlation_to_one"))
    assert (crisis.spread_multiple, crisis.volume_share) == (5.0, 0.25)
    assert (doubled.volatility_multiple, one.volatility_multiple, one.correlation_one) == (2.0, 1.0, True)
    flash = BY_NAME["flash_crash"]
    assert flash.equity * (1 - flash.rebound) == pytest.approx(-0.032, abs=5e-4)
    assert all(each.source for each in SHIPPED.scenarios)


def random_covariance(count: int, seed: int) -> NDArray[np.float64]:
    rows = np.random.default_rng(seed).normal(size=(count + 5, count)) * 0.02
    return rows.T @ rows / len(rows)


def test_reverse_stress_equals_a_numerical_minimum() -> None:
    """The closed form equals scipy's SLSQP on the Mahalanobis distance with the loss as constraint: 1e-4 in returns,
    1e-6 in distance."""
    covariance = random_covariance(5, 3)
    exposures = np.array([3.0, -1.0, 2.0, 0.5, -4.0])
    inverse = np.linalg.inv(covariance)
    found = reverse_stress(exposures, covariance, 0.4)

    def squared_distance(returns: Vector) -> float:
        return float(returns @ inverse @ returns)

    numeric = optimize.minimize(
        squared_distance,
        np.zeros(5),
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
        constraints=optimize.LinearConstraint(exposures[None, :], -0.4, -0.4),
    )
    assert numeric.success
    assert np.array(found.returns) == pytest.approx(numeric.x, abs=1e-4)
    assert found.distance == pytest.approx(np.sqrt(numeric.fun), rel=1e-6)
    assert found.probability == pytest.approx(stats.norm.cdf(-found.distance), rel=1e-9)


@pytest.mark.parametrize("loss", [4.5, 5.0, 5.8])
def test_bounded_reverse_stress_equals_a_numerical_minimum(loss: float) -> None:
    """Where the closed form lets something lose more than all: scipy's SLSQP with bounds, 1e-4 in returns, 1e-6 in
    distance."""
    covariance = random_covariance(5, 3)
    exposures, inverse = np.array([3.0, 1.0, 2.0, -0.5, 0.0]), np.linalg.inv(covariance)
    assert (-loss * covariance @ exposures / (exposures @ covariance @ exposures)).min() < -1.0
    found = reverse_stress(exposures, covariance, loss)
    numeric = optimize.minimize(
        lambda returns: 1e-3 * float(returns @ inverse @ returns),
        np.full(5, -0.5),
        jac=lambda returns: 2e-3 * inverse @ returns,
        method="SLSQP",
        bounds=[(-1.0, None)] * 5,
        options={"ftol": 1e-13, "maxiter": 1000},
        constraints=optimize.LinearConstraint(exposures[None, :], -loss, -loss),
    )
    assert numeric.success
    assert found.possible
    assert np.array(found.returns) == pytest.approx(numeric.x, abs=1e-4)
    assert found.distance == pytest.approx(np.sqrt(1e3 * numeric.fun), rel=1e-6)


def test_simulated_returns_are_student_t() -> None:
    """A million paths: covariance h Sigma to 3 %, tails of a t with 8 degrees of freedom by quantiles to 2 %, jumps in
    common beyond what correlation alone gives."""
    covariance = np.array([[1e-4, 3e-5], [3e-5, 4e-4]])
    drawn = joint_returns(covariance, 1_000_000, 8.0, 10, 1)
    assert np.cov(drawn.T) == pytest.approx(10 * covariance, rel=0.03)
    assert np.abs(drawn.mean(axis=0)).max() < 1e-12
    for level in (0.001, 0.01, 0.05):
        expected = stats.t.ppf(level, 8.0) * np.sqrt(6 / 8 * 1e-3)
        assert np.quantile(drawn[:, 0], level) == pytest.approx(expected, rel=0.02)
    independent = joint_returns(np.diag([1e-4, 1e-4]), 1_000_000, 4.0, 1, 1)
    far = (np.abs(independent) > 0.04).mean(axis=0)
    assert (np.abs(independent) > 0.04).all(axis=1).mean() > 3 * far.prod()


def test_simulated_losses_against_the_closed_form() -> None:
    """ES at 99 % and quantiles of a book, 1,000,000 paths of t with 5: the published multiples of its sigma
    (2.6065 and 3.4488), to 1.5 %."""
    covariance, held = random_covariance(4, 1), np.array([100.0, -50.0, 20.0, 30.0])
    drawn = joint_returns(covariance, 1_000_000, 5.0, 1, 2)
    found = losses_of(drawn @ held, drawn, 5.0, 1, 2)
    sigma = float(np.sqrt(held @ covariance @ held))
    assert found.quantiles[0.99] == pytest.approx(2.6065 * sigma, rel=0.015)
    assert found.expected_shortfall == pytest.approx(3.4488 * sigma, rel=0.015)
    assert found.worst == pytest.approx(-float(np.array(found.worst_returns) @ held), rel=1e-12)
    assert tail_losses(drawn @ held, 0.5)[1] == pytest.approx(np.sort(-(drawn @ held))[-500_000:].mean(), rel=1e-9)


def test_replay_of_the_index_is_the_published_crash() -> None:
    """100 in the S&P 500 over 2020-02-20 to 2020-03-23 loses 33.9; over the financial crisis 56.78. To 0.05."""
    text = gzip.decompress(files("riskstream.demo.data").joinpath("sp500_index.csv.gz").read_bytes()).decode()
    closes = {row["Date"]: float(row["SP500"]) for row in csv.DictReader(io.StringIO(text))}
    for first, last, loss in (("2020-02-19", "2020-03-23", 33.9), ("2007-10-09", "2009-03-09", 56.78)):
        levels = np.array([level for day, level in closes.items() if first <= day <= last])
        found = replay((levels[1:] / levels[:-1] - 1.0)[:, None], np.array([100.0]))
        assert found.worst_loss == pytest.approx(loss, abs=0.05)
        assert found.worst_at == len(levels) - 1
        assert found.final == pytest.approx(-found.worst_loss)


@pytest.mark.parametrize(
    ("name", "fall"),
    [("dot_com_2000", 0.4915), ("financial_crisis_2008", 0.5678), ("covid_2020", 0.339), ("rates_2022", 0.25)],
)
def test_the_index_fell_as_published_within_the_windows(name: str, fall: float) -> None:
    """The largest drawdown of the S&P 500's closes inside the scenario's window is what the scenario takes from an
    index, to the digits printed (2022: to half a percent)."""
    scenario = BY_NAME[name]
    assert scenario.window is not None
    first, last = scenario.window
    text = gzip.decompress(files("riskstream.demo.data").joinpath("sp500_index.csv.gz").read_bytes()).decode()
    levels = [float(row["SP500"]) for row in csv.DictReader(io.StringIO(text)) if first <= row["Date"] <= last]
    assert max_drawdown(np.array(levels)) == pytest.approx(fall, abs=0.005 if name == "rates_2022" else 3e-4)
    assert scenario.equity == -fall


def test_days_under_water_of_the_index() -> None:
    """The S&P 500 closed above its level of 2020-02-19 again on 2020-08-18 (126 trading days), and above that of
    2007-10-09 on 2013-03-28 (1,376 trading days)."""
    text = gzip.decompress(files("riskstream.demo.data").joinpath("sp500_index.csv.gz").read_bytes()).decode()
    closes = {row["Date"]: float(row["SP500"]) for row in csv.DictReader(io.StringIO(text))}
    days = list(closes)
    for first, low, back in (("2020-02-19", "2020-03-23", "2020-08-18"), ("2007-10-09", "2009-03-09", "2013-03-28")):
        start = days.index(first)
        levels = np.array([closes[day] for day in days[start:]])
        window = days.index(low) - start
        found = days_under_water(levels[1:] / levels[:-1] - 1.0, window)
        assert (days[start + found.low_at], days[start + (found.days or 0)]) == (low, back)


def test_recovery_of_a_steady_book_is_the_closed_form() -> None:
    """Without noise the loss is made good after ceil(-ln(1 - loss) / ln(1 + r)) days, with no spread."""
    found = recovery_time(np.full(300, 0.001), 0.2)
    needed = int(np.ceil(-np.log(0.8) / np.log(1.001)))
    assert (found.median, found.low, found.high, found.recovered) == (needed, needed, needed, 1.0)


def test_recovery_of_a_drifting_walk_is_inverse_gaussian() -> None:
    """First passage of a Brownian motion with drift: the quantiles of the inverse Gaussian law, to 6 %."""
    random = np.random.default_rng(5)
    noise = random.normal(size=20_000)
    growth = 0.001 + 0.01 * (noise - noise.mean()) / noise.std()
    found = recovery_time(np.expm1(growth), 1 - np.exp(-0.2), paths=5000, block_days=1, horizon_days=4000)
    law = stats.invgauss(mu=(0.2 / 0.001) / (0.2**2 / 0.01**2), scale=0.2**2 / 0.01**2)
    for quantile, days in ((0.05, found.low), (0.5, found.median), (0.95, found.high)):
        assert days == pytest.approx(law.ppf(quantile), rel=0.06)
