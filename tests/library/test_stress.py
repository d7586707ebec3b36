"""Stress losses are shocks times exposures, scenario by scenario; beside them, what history and simulation say."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest

from risk.stress.monte_carlo import MonteCarloStress
from risk.stress.recovery import RecoveryTime, Underwater
from risk.stress.replay import Replay
from risk.stress.reverse import ReverseStress
from risk.stress.scenario_set import SHIPPED, ScenarioSet
from riskstream.cli.quant import money
from riskstream.cli.render import number
from riskstream.library import PortfolioData, RiskLibrary, StressTester
from riskstream.library.stress_results import StressResults
from schemas.reference import Instrument
from streams.stresses import read_scenarios

PLAIN = [each for each in SHIPPED.scenarios if not each.costs and not each.volatility_multiple]
NOT_PLAIN = ["liquidity_crisis", "volatility_doubling", "correlation_to_one"]


async def test_every_scenario_is_exposures_times_shocks(demo: RiskLibrary) -> None:
    """Summed one by one from the scenarios' own figures; coroutine equals twin; the worst comes first."""
    results = await demo.stress_tester.run_comprehensive_stress_test()
    instruments, exposures = demo.data.instruments, demo.data.exposures
    for scenario in PLAIN:
        expected = -sum(
            (scenario.shock(each, "USD") or 0.0) * exposures[symbol] for symbol, each in instruments.items()
        )
        assert results[scenario.name] == pytest.approx(expected, rel=1e-12, abs=1e-6)
    assert dict(results) == dict(demo.stress_tester.run_comprehensive_stress_test_sync())
    assert list(results.values()) == sorted(results.values(), reverse=True)
    assert results.worst == (next(iter(results)), max(results.values()))
    assert len(results) == len(SHIPPED)


def test_the_engine_sees_the_same_losses(demo: RiskLibrary) -> None:
    """The book that orders are judged by loses as much in each scenario that needs no volume or volatility."""
    engine = demo.risk_engine._offline.engine
    book = engine.book(engine.state.accounts[demo.data.account_id])
    results = demo.stress_tester.run_comprehensive_stress_test_sync()
    for scenario in PLAIN:
        loss = -float(book.stress[SHIPPED.names.index(scenario.name)])
        assert loss == pytest.approx(results[scenario.name], rel=1e-9, abs=1e-6)


def test_volatility_and_liquidity_by_hand(demo: RiskLibrary) -> None:
    """2 z sigma of the EWMA covariance; z sum |x| sigma; prices and the cost of selling at five times the spread into a
    quarter of the volume."""
    tester = demo.stress_tester
    results, held = tester.run_comprehensive_stress_test_sync(NOT_PLAIN), tester.exposures.to_numpy()
    covariance = tester.covariance
    assert covariance is not None
    assert results["volatility_doubling"] == pytest.approx(2 * 2.326348 * np.sqrt(held @ covariance @ held), rel=1e-6)
    assert results["correlation_to_one"] == pytest.approx(
        2.326348 * np.abs(held) @ np.sqrt(np.diagonal(covariance)), rel=1e-6
    )
    ko = demo.data.instruments["KO"]
    assert demo.data.volumes is not None
    volume = min(float(ko.adv or 0), demo.data.volumes["KO"].iloc[-20:].mean())
    amount = float(tester.exposures["KO"])
    share = amount / (0.25 * volume * demo.data.prices["KO"].iloc[-1])
    cost = 5 * 0.5e-4 * float(ko.spread_bps or 0) + 0.02 * share**0.5
    assert results.by_asset.loc["liquidity_crisis", "KO"] == pytest.approx(amount * (0.1 + cost), rel=1e-9)
    assert results.by_asset.sum(axis=1).to_dict() == pytest.approx(dict(results))


def test_what_is_beside_the_scenarios(demo: RiskLibrary) -> None:
    """Simulated losses, the shock that costs as much as asked, recovery from the worst scenario, the windows that the
    data covers, and a replay that loses what the prices of the window lost."""
    details = demo.stress_tester.run_comprehensive_stress_test_sync(
        reverse_loss=500_000.0, window=("2020-02-20", "2020-03-23"), monte_carlo_paths=2000
    ).details
    assert isinstance(details.monte_carlo, MonteCarloStress)
    assert details.monte_carlo.paths == 2000
    assert details.monte_carlo.worst > details.monte_carlo.expected_shortfall > details.monte_carlo.quantiles[0.99]
    assert isinstance(details.reverse, ReverseStress)
    assert -np.array(details.reverse.returns) @ demo.data.exposures.to_numpy() == pytest.approx(500_000.0, rel=1e-9)
    assert isinstance(details.recovery, RecoveryTime)
    assert details.recovery.loss == pytest.approx(max(details.losses.values()) / demo.data.equity)
    assert set(details.underwater) == {"covid_2020", "rates_2022"}
    prices = demo.data.prices
    moved = prices.loc["2020-03-23"] / prices.loc["2020-02-19"] - 1.0
    assert details.replay is not None
    assert details.replay.final == pytest.approx(moved.to_numpy() @ demo.data.exposures.to_numpy(), rel=1e-9)
    assert details.rebounded == {"flash_crash": pytest.approx(0.35 * details.losses["flash_crash"])}
    assert details.value_at_risk == pytest.approx(details.losses["volatility_doubling"] / 2, rel=1e-12)


def test_report_shows_every_scenario_and_what_is_beside_them(demo: RiskLibrary) -> None:
    """A line a scenario with loss, share of equity and the position that loses most, if one does; then the rest."""
    results = demo.stress_tester.run_comprehensive_stress_test_sync(window=("2020-02-20", "2020-03-23"))
    table, _, beside = results.report().partition("\n\n")
    head, *lines = table.splitlines()
    assert head.split() == ["scenario", "loss", "%", "of", "equity", "worst", "position"]
    for line, (name, loss) in zip(lines, results.items(), strict=True):
        parts = results.by_asset.loc[name]
        worst = [str(parts.idxmax()), f"{parts.max():,.0f}"] if parts.max() > 0.0 else ["-"]
        assert line.split() == [name, f"{loss:,.0f}", f"{100 * loss / demo.data.equity:.1f}", *worst]
    assert max(map(len, beside.splitlines())) <= 110
    assert [line.partition(":")[0] for line in beside.splitlines() if not line.startswith(" ")] == [
        "flash_crash",
        "volatility doubled",
        "monte carlo",
        "reverse stress",
        "recovery",
        "under water, covid_2020",
        "under water, rates_2022",
        "replay",
    ]


def test_nothing_is_less_than_zero_by_rounding(demo: RiskLibrary) -> None:
    """Whatever rounds to zero has no sign, in the table, the report and what is beside them."""
    results = demo.stress_tester.run_comprehensive_stress_test_sync(["flash_crash"], monte_carlo_paths=100)
    details, tiny = results.details, -0.004
    assert isinstance(details.monte_carlo, MonteCarloStress)
    assert isinstance(details.reverse, ReverseStress)
    replay = Replay(
        path=(0.0, tiny),
        worst_loss=tiny,
        worst_at=1,
        final=tiny,
        worst_period_loss=tiny,
        worst_period_at=1,
        drawdown=tiny,
    )
    near = msgspec.structs.replace(
        details,
        losses={"flash_crash": tiny},
        rebounded={"flash_crash": tiny},
        value_at_risk=tiny,
        monte_carlo=msgspec.structs.replace(details.monte_carlo, quantiles={0.5: tiny}, worst=tiny),
        reverse=msgspec.structs.replace(details.reverse, returns=tuple(tiny / 100.0 for _ in details.reverse.returns)),
        underwater={"flash_crash": Underwater(low=1.0 + tiny / 100.0, low_at=1, days=2)},
        replay=replay,
    )
    report = StressResults(results.by_asset * 0.0, results.sources, demo.data.equity, near).report()
    assert not re.findall(r"[-+]0(?:[.,]0*)?(?![.,]?\d)", report), report
    assert money(tiny) == "0.00"
    assert number(-0.0) == "0"


def test_the_documentation_is_right(own: PortfolioData, tmp_path: Path) -> None:
    """Its TOML is a file of scenarios as it stands, and what it says of shipped ones names each of them."""
    text = (Path(__file__).parents[2] / "docs" / "stress.md").read_text("utf-8")
    path = tmp_path / "own.toml"
    path.write_text(text.split("```toml\n")[1].split("```")[0])
    stresses = read_scenarios(path)
    assert set(stresses.names) == {*SHIPPED.names, "oil_embargo"}
    results = StressTester.of(own, stresses).run_comprehensive_stress_test_sync(["oil_embargo"])
    shares = own.exposures * [-0.15, 0.25, -0.15]  # technology, energy, financials
    assert results["oil_embargo"] > -shares.sum()  # and what selling at twice the spread costs
    table = text.split("| scenarios |")[1].split("\n\n")[0]
    assert set(re.findall(r"`([a-z_0-9]+)`(?=[,` |])", table)) >= set(SHIPPED.names)


def test_named_scenarios_alone(own: PortfolioData) -> None:
    """Some scenarios may be asked for; a short position gains in a crash."""
    results = StressTester.of(own).run_comprehensive_stress_test_sync(["crash_10"])
    assert list(results) == ["crash_10"]
    assert results.by_asset["CCC"].loc["crash_10"] < 0.0 < results["crash_10"]


def test_scenarios_of_ones_own(own: PortfolioData, tmp_path: Path) -> None:
    """A file of them takes part under its names."""
    path = tmp_path / "own.toml"
    path.write_text(
        "shipped = false\n[[scenario]]\nname = 'x'\nsource = 'y'\nequity = -0.5\nbond = 0.0\n"
        "commodity = 0.0\nfx = 0.0\ncrypto = 0.0\nsymbols = {AAA = -0.1}\n"
    )
    results = StressTester.of(own, read_scenarios(path)).run_comprehensive_stress_test_sync()
    exposures = own.exposures
    assert dict(results) == {
        "x": pytest.approx(0.1 * exposures["AAA"] + 0.5 * (exposures["BBB"] + exposures["CCC"]), rel=1e-12)
    }


def test_what_has_no_figure_is_left_out_and_said() -> None:
    """Exposures alone: no cost of selling, no volatility, no simulation; each with its reason, and refused by name."""
    tester = StressTester({"X": 100.0}, [Instrument(symbol="X")], 1000.0)
    results = tester.run_comprehensive_stress_test_sync()
    assert set(results) == set(SHIPPED.names) - set(NOT_PLAIN)
    assert set(results.details.unavailable) == set(NOT_PLAIN)
    text = results.report()
    assert "liquidity_crisis: not available, what selling costs is not known" in text
    assert "monte carlo: not available, no returns are known" in text
    with pytest.raises(ValueError, match="`scenarios` names 'liquidity_crisis', expected one that has figures: what"):
        tester.run_comprehensive_stress_test_sync(["crash_10", "liquidity_crisis"])


def test_an_empty_book_loses_nothing() -> None:
    """Every scenario is there, at no loss, and the report says so."""
    results = StressTester({}, []).run_comprehensive_stress_test_sync()
    assert set(results.values()) == {0.0}
    assert len(results.report().partition("\n\n")[0].splitlines()) == len(SHIPPED) + 1


@pytest.mark.parametrize("scenarios", [["crash_99"], []])
async def test_unknown_scenarios_are_named(own: PortfolioData, scenarios: list[str]) -> None:
    """The message lists the known ones."""
    with pytest.raises(ValueError, match=r"`scenarios` names .* expected some of .*black_monday_1987"):
        await StressTester.of(own).run_comprehensive_stress_test(scenarios)


@pytest.mark.parametrize(
    ("exposures", "instruments", "returns", "message"),
    [
        ({"X": float("nan")}, [Instrument(symbol="X")], None, r"`exposures\['X'\]` is nan, expected a finite number"),
        ({"X": 1.0}, [], None, "`instruments` lacks 'X'"),
        ({"X": 1.0}, [Instrument(symbol="X", sector="chocolate")], None, "'chocolate', expected an asset class of"),
        ({"X": 1.0}, [Instrument(symbol="X")], pd.DataFrame({"Y": [0.1]}), "`returns` lacks 'X'"),
        (
            {"X": 1.0},
            [Instrument(symbol="X")],
            pd.DataFrame({"X": [float("inf")]}),
            "`returns` has a number that is not",
        ),
    ],
)
def test_what_cannot_be_stressed_is_refused(
    exposures: dict[str, float], instruments: list[Instrument], returns: pd.DataFrame | None, message: str
) -> None:
    """No shock is not a shock of nothing."""
    with pytest.raises(ValueError, match=message):
        StressTester(exposures, instruments, returns=returns)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"window": ("1990-01-01", "1990-02-01")}, "`window` is '1990-01-01' to '1990-02-01', expected days of"),
        ({"window": ("soon", "later")}, "`window` is 'soon' to 'later', expected two days"),
        ({"monte_carlo_paths": 5}, "`paths` is 5, expected 100 to 1000000"),
        ({"reverse_loss": -1.0}, "`reverse_loss` is -1.0, expected a finite amount above 0"),
    ],
)
def test_what_makes_no_sense_is_refused(own: PortfolioData, asked: dict[str, object], message: str) -> None:
    """The message names what was asked for."""
    with pytest.raises(ValueError, match=message):
        StressTester.of(own).run_comprehensive_stress_test_sync(**asked)  # type: ignore[arg-type]


def test_a_book_that_loses_everything_has_no_recovery(own: PortfolioData) -> None:
    """It says so instead of a number."""
    tester = StressTester(
        own.exposures, own.instruments.values(), 1000.0, returns=own.returns, stresses=ScenarioSet(PLAIN)
    )
    found = tester.run_comprehensive_stress_test_sync().details.recovery
    assert isinstance(found, str)
    assert "all equity" in found
