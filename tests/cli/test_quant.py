"""The commands over the library: what they print is what the library gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from risk.backtests.run import run_backtests
from risk.performance.available import NotAvailable
from risk.var.methods import METHODS, value_at_risk
from riskstream.cli import app
from riskstream.cli.codes import Code
from riskstream.library import PositionRisk, RiskLibrary, open_demo, portfolio_data
from riskstream.library.backtest import markdown, rows_of, sp500_log_returns
from riskstream.library.files import read_instruments, read_prices
from riskstream.report.contents import tear_sheet
from schemas.codec import encode


def run(*command: str) -> Result:
    """A command, which must work."""
    result = CliRunner().invoke(app, list(command))
    assert result.exit_code == Code.OK, result.output
    return result


def document(*command: str) -> Any:
    """What a command prints with ``--json``."""
    return json.loads(run(*command, "--json").stdout)


@pytest.fixture(scope="module")
def library() -> RiskLibrary:
    """Over the demo's data, which the commands use by default."""
    return open_demo()


@pytest.fixture
def files(library: RiskLibrary, tmp_path: Path) -> tuple[str, ...]:
    """Options that name files of one's own: 300 days of three stocks, one of them sold short."""
    prices = library.data.prices[["AAPL", "XOM", "KO"]].iloc[-300:]
    prices.to_csv(tmp_path / "prices.csv", index_label="day")
    (tmp_path / "positions.csv").write_text("symbol,quantity\nAAPL,100\nXOM,-50\n")
    lines = [encode(library.data.instruments[symbol]) for symbol in prices.columns]
    (tmp_path / "instruments.jsonl").write_bytes(b"\n".join(lines))
    return tuple(
        part
        for name, file in (
            ("prices", "prices.csv"),
            ("positions", "positions.csv"),
            ("instruments", "instruments.jsonl"),
        )
        for part in (f"--{name}", str(tmp_path / file))
    )


@pytest.mark.parametrize("command", ["var", "stress", "size", "backtest", "report"])
def test_help(command: str) -> None:
    """Every command explains itself."""
    assert "Usage" in run(command, "--help").output


def test_var_by_every_method(library: RiskLibrary) -> None:
    """JSON holds each method's estimate or its refusal; the table its figures, and why one has none."""
    found = document("var", "--confidence", "0.99")
    expected = library.var_calculator.compare(0.99)
    assert list(found) == list(METHODS)
    table = run("var", "--confidence", "0.99").stdout
    for name, answer in expected.items():
        if isinstance(answer, str):
            assert found[name] == {"refused": answer}
        else:
            assert (found[name]["value"], found[name]["es"]) == (answer.var_value, answer.expected_shortfall)
            assert f"{answer.var_value:,.0f}" in table
        assert name in table


def test_var_by_one_method_shows_its_parts(library: RiskLibrary) -> None:
    """The horizon and the method reach the library; each position has its component."""
    options = ("var", "--method", "historical", "--horizon", "10")
    result = library.var_calculator.calculate_comprehensive_var_sync(0.95, 10, "historical")
    assert document(*options)["historical"]["component"] == result.components
    table = run(*options).stdout
    for symbol, part in result.components.items():
        (line,) = (line for line in table.splitlines() if line.split()[:1] == [symbol])
        assert line.split()[2] in {f"{part:,.0f}", f"{part:,.2f}"}


def test_var_with_parameters_of_the_method(library: RiskLibrary) -> None:
    """Numbers, words, and yes or no reach the method."""
    options = ("--set", "paths=2000", "--set", "sampling=sobol", "--set", "distribution=student_t", "--set", "df=4.5")
    found = document("var", "--method", "monte_carlo", *options)["monte_carlo"]
    expected = library.var_calculator.calculate_comprehensive_var_sync(
        paths=2000, sampling="sobol", distribution="student_t", df=4.5
    )
    assert found["value"] == expected.var_value
    assert found["parameters"]["paths"] == 2048
    windows = document("var", "--method", "historical", "--horizon", "10", "--set", "overlapping=true")["historical"]
    assert "separate ones" in windows["warnings"][0]


def test_var_over_a_window(library: RiskLibrary) -> None:
    """The newest so many returns, all of them, and what is neither."""
    calculator = library.var_calculator
    for text, window in (("500", 500), ("all", None)):
        found = document("var", "--method", "historical", "--window", text)["historical"]
        assert found["value"] == calculator.calculate_comprehensive_var_sync(0.95, 1, "historical", window).var_value
        assert found["window"] == window
    for text, message in (("some", "--window is 'some'"), ("0", "`window` is 0")):
        refused = CliRunner().invoke(app, ["var", "--window", text])
        assert (refused.exit_code, message in refused.stderr) == (Code.USAGE, True)


def test_var_with_what_selling_costs(library: RiskLibrary, tmp_path: Path) -> None:
    """LVaR beside the estimate, in JSON and below the table; without spreads the reason."""
    result = library.var_calculator.calculate_comprehensive_var_sync(0.95, 1, "historical")
    expected = library.var_calculator.liquidity_adjusted(result)
    found = document("var", "--method", "historical")["historical"]["liquidity"]
    assert (found["value"], found["spread_cost"]) == (expected.value, expected.spread_cost)
    assert f"with what selling costs: VaR {expected.value:,.0f}" in run("var", "--method", "historical").stdout
    (tmp_path / "positions.csv").write_text("symbol,quantity\nKO,100\n")
    library.data.prices[["KO"]].to_csv(tmp_path / "prices.csv", index_label="day")
    files = (f"--prices={tmp_path / 'prices.csv'}", f"--positions={tmp_path / 'positions.csv'}")
    assert "the spread of KO is not known" in run("var", *files, "--method", "historical").stdout
    assert "refused" in document("var", *files)["historical"]["liquidity"]


def test_var_of_a_book_of_ones_own(files: tuple[str, ...]) -> None:
    """Prices and positions come from the files."""
    found = document("var", *files, "--method", "parametric_normal")["parametric_normal"]
    prices = read_prices(Path(files[1]))
    exposures = prices.iloc[-1] * [100.0, -50.0, 0.0]
    expected = value_at_risk(prices.pct_change().iloc[1:], exposures, method="parametric_normal", confidence=0.95)
    assert found["value"] == pytest.approx(expected.value, rel=1e-12)


def test_var_names_a_split(files: tuple[str, ...], tmp_path: Path) -> None:
    """Once, below all methods; in JSON with each of them."""
    table = pd.read_csv(files[1])
    name = table.columns[1]
    first = len(table) - 20
    table.loc[first:, name] *= 0.5 * table.loc[first - 1, name] / table.loc[first, name]
    table.to_csv(tmp_path / "split.csv", index=False)
    options = (*files[2:], "--prices", str(tmp_path / "split.csv"))
    day = table.loc[first, "day"]
    shown = run("var", *options).stdout
    (line,) = [line for line in shown.splitlines() if "split" in line]
    assert line.startswith(f"{name} moved by -")
    assert line.endswith(f" % on {day}, as by a split: are its prices adjusted?")
    told = json.loads(run("var", *options, "--json").stdout)
    assert line in told["historical"]["warnings"]


def test_stress(library: RiskLibrary, files: tuple[str, ...]) -> None:
    """Each scenario's loss, of the demo's book and of one's own; the table shows the same."""
    expected = library.stress_tester.run_comprehensive_stress_test_sync()
    assert {name: row["loss"] for name, row in document("stress")["scenarios"].items()} == dict(expected)
    table = run("stress").stdout
    assert all(name in table and f"{loss:,.0f}" in table for name, loss in expected.items())
    own = document("stress", *files, "--cash", "50000", "--scenario", "crash_20")["scenarios"]
    exposures = read_prices(Path(files[1])).iloc[-1] * [100.0, -50.0, 0.0]
    assert own["crash_20"]["loss"] == pytest.approx(0.2 * exposures.sum(), rel=1e-9)
    assert own["crash_20"]["equity_share"] == pytest.approx(0.2 * exposures.sum() / (50_000 + exposures.sum()))


@pytest.mark.parametrize("layers", [(), ("--no-layers",)])
def test_size(library: RiskLibrary, layers: tuple[str, ...]) -> None:
    """Shares, what binds and every candidate, with the ten layers unless they are left out."""
    sizes = PositionRisk(library.data) if layers else library.position_risk
    expected = sizes.calculate_optimal_position_size_sync("KO", 1e6, 60.0, "fixed_risk", stop_price=58.0, risk=0.005)
    options = (
        "size",
        "KO",
        "--account-value",
        "1000000",
        "--entry-price",
        "60",
        "--method",
        "fixed_risk",
        "--set",
        "stop_price=58",
        "--set",
        "risk=0.005",
        *layers,
    )
    found = document(*options)
    assert found["recommended_shares"] == str(expected.recommended_shares)
    assert (found["binding"], found["candidates"]) == (expected.binding, expected.candidates)
    text = run(*options).stdout
    assert text.startswith(f"buy {expected.recommended_shares} KO, bound by {expected.binding}")


def test_size_by_a_risk_budget(files: tuple[str, ...]) -> None:
    """Budgets by symbol, given as JSON, make the library's size; equal ones that of risk parity."""
    options = ("size", "KO", *files, "--cash", "50000", "--method")
    data = portfolio_data(
        read_prices(Path(files[1])),
        {"AAPL": 100, "XOM": -50},
        cash=50_000,
        instruments=read_instruments(Path(files[5])),
    )
    budgets = {"AAPL": 1, "XOM": 1, "KO": 3}
    expected = RiskLibrary(data).position_risk.calculate_optimal_position_size_sync(
        "KO", data.equity, float(data.prices["KO"].iloc[-1]), "risk_budget", budgets=budgets, window=200
    )
    found = document(*options, "risk_budget", "--set", f"budgets={json.dumps(budgets)}", "--set", "window=200")
    assert found["candidates"] == expected.candidates
    equal = document(*options, "risk_budget", "--set", f"budgets={json.dumps(dict.fromkeys(budgets, 1))}")
    parity = document(*options, "risk_parity")["candidates"]["risk_parity"]
    assert equal["candidates"]["risk_budget"] == pytest.approx(parity, rel=1e-9)


def test_report_has_what_its_page_plots(library: RiskLibrary, files: tuple[str, ...]) -> None:
    """P&L of each day beside its VaR, and all correlations; of a history that is too short the reason."""
    found, sheet = document("report"), tear_sheet(library)
    assert not isinstance(sheet.var, NotAvailable)
    assert found["var"]["days"] == [str(day)[:10] for day in sheet.var.pnl.index]
    assert (found["var"]["pnl"], found["var"]["var"]) == (sheet.var.pnl.to_list(), sheet.var.var.to_list())
    assert sum(found["var"]["exceeded"]) == (-sheet.var.pnl > sheet.var.var).sum() > 0
    assert found["correlation"] == {name: dict(column) for name, column in sheet.correlation.items()}
    thin = Path(files[1])
    thin.write_text("\n".join(thin.read_text().splitlines()[:62]))
    absent = document("report", *files, "--cash", "50000")["var"]["absent"]
    assert absent.startswith("`warmup` is 100 of 60 returns")


def test_size_takes_price_and_value_from_the_data(library: RiskLibrary) -> None:
    """Without them, the last close and the book's equity."""
    found = document("size", "KO", "--method", "volatility_target")
    expected = library.position_risk.calculate_optimal_position_size_sync(
        "KO", library.data.equity, float(library.data.prices["KO"].iloc[-1]), "volatility_target"
    )
    assert found["candidates"] == expected.candidates


def test_backtest_prints_the_documented_table() -> None:
    """Over the S&P 500: counts beside every test, those that refuse marked, as text, Markdown and JSON."""
    expected = run_backtests(sp500_log_returns())
    assert run("backtest", "--markdown").stdout == markdown(expected)
    tests = expected.tests()
    rows = {(row["model"], row["confidence"]): row for row in document("backtest")["tests"]}
    assert rows.keys() == set(tests.index)
    assert all(row["exceptions"] == tests["exceptions"].loc[key] for key, row in rows.items())
    assert all(row["kupiec_p"] == tests["kupiec_p"].loc[key] for key, row in rows.items())
    table = [line.replace("!", "").split() for line in run("backtest").stdout.splitlines()[2:]]
    assert [[cell for cell in line if cell != "/"] for line in table] == [
        [part for cell in row for part in cell.text.split(" / ")] for row in rows_of(expected)
    ]
    assert any(line.count("!") == 5 for line in run("backtest").stdout.splitlines())


def test_backtest_of_a_book(files: tuple[str, ...]) -> None:
    """Over the returns of a book of one's own."""
    found = document("backtest", *files[:4], "--warmup", "150", "--model", "filtered_historical")
    prices = read_prices(Path(files[1]))
    data = portfolio_data(prices, {"AAPL": 100, "XOM": -50})
    expected = run_backtests(data.book_returns, ["filtered_historical"], warmup=150)
    assert found["observations"] == 149
    assert [row["exceptions"] for row in found["tests"]] == expected.tests()["exceptions"].to_list()


def test_backtest_of_a_book_that_is_short(files: tuple[str, ...], tmp_path: Path) -> None:
    """Cash carries a book that is only sold short, and instruments say what a contract is worth; without the cash there
    is no equity, and that is said."""
    path = tmp_path / "short.csv"
    path.write_text("symbol,quantity\nAAPL,-100\n")
    options = (*files[:2], "--positions", str(path), *files[4:], "--warmup", "150", "--model", "ewma_normal")
    found = document("backtest", *options, "--cash", "30000")
    data = portfolio_data(read_prices(Path(files[1])), {"AAPL": -100}, cash=30_000)
    expected = run_backtests(data.book_returns, ["ewma_normal"], warmup=150)
    assert [row["exceptions"] for row in found["tests"]] == expected.tests()["exceptions"].to_list()
    refused = CliRunner().invoke(app, ["backtest", *options])
    assert refused.exit_code == Code.USAGE
    assert "expected above 0: `cash` and positions" in refused.stderr


def test_backtest_over_windows(files: tuple[str, ...]) -> None:
    """Over ten days: the zone of overlapping windows in place of p-values, as JSON, text and Markdown."""
    options = ("backtest", *files[:4], "--warmup", "150", "--model", "ewma_normal", "--horizon", "10")
    data = portfolio_data(read_prices(Path(files[1])), {"AAPL": 100, "XOM": -50})
    expected = run_backtests(data.book_returns, ["ewma_normal"], warmup=150, horizon_days=10)
    rows = document(*options)["tests"]
    assert [row["exceptions"] for row in rows] == expected.tests()["exceptions"].to_list()
    zones = expected.tests()["zone"].to_list()
    assert [(row["zone"], row["kupiec_p"]) for row in rows] == [(zone, None) for zone in zones]
    lines = run(*options).stdout.splitlines()[2:]
    assert all(zone in line for zone, line in zip(zones, lines, strict=True))
    assert run(*options, "--markdown").stdout == markdown(expected)
    assert [row[3].text for row in rows_of(expected)] == ["-"] * len(zones)
    assert zones[0] in markdown(expected).splitlines()[2]


def test_own_positions_over_the_demos_prices(library: RiskLibrary, tmp_path: Path) -> None:
    """Positions alone are valued at the demo's prices, with its instruments."""
    path = tmp_path / "positions.csv"
    path.write_text("symbol,quantity\nAAPL,10\n")
    found = document("stress", "--positions", str(path), "--scenario", "crash_10")["scenarios"]
    assert found["crash_10"]["loss"] == pytest.approx(library.data.prices["AAPL"].iloc[-1], rel=1e-9)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("var", "--method", "magic"), "`method` is 'magic', expected one of"),
        (("var", "--confidence", "2"), "`confidence` is 2.0, expected 0.9 to 0.999"),
        (("var", "--set", "paths=1"), "--set is 'paths=1', expected it with one --method"),
        (("var", "--method", "monte_carlo", "--set", "paths"), "--set is 'paths', expected NAME=VALUE"),
        (("var", "--method", "monte_carlo", "--set", "paths=few"), "`paths` is 'few', expected int"),
        (("var", "--method", "historical", "--set", "paths=2000"), "`paths` is no parameter of historical"),
        (("stress", "--scenario", "magic"), "`scenarios` names 'magic'"),
        (("size", "ZZZ"), "`symbol` is 'ZZZ'"),
        (("size", "KO", "--set", "fraction"), "--set is 'fraction', expected NAME=VALUE"),
        (("size", "KO", "--set", "fraction=half"), "`fraction` is 'half', expected float"),
        (("size", "KO", "--set", "window=60.5"), "`window` is 60.5, expected int or None"),
        (("size", "KO", "--method", "risk_budget", "--set", "budgets=5"), "`budgets` is 5, expected Mapping"),
        (("size", "KO", "--method", "risk_budget", "--set", 'budgets={"KO": 1}'), "`budgets` has KO, expected"),
        (("size", "KO", "--method", "magic", "--set", "fraction=1"), "`method` is 'magic'"),
        (("backtest", "--model", "magic"), "`models` is 'magic'"),
        (("backtest", "--warmup", "9000"), "`warmup` is 9000 of 5030"),
        (("backtest", "--horizon", "31"), "`horizon_days` is 31, expected 1 to 30"),
        (("backtest", "--cash", "1000"), "--positions is missing"),
        (("var", "--prices", "none.csv"), "--positions is missing"),
        (("var", "--positions", "none.csv"), "none.csv"),
    ],
)
def test_bad_usage_is_reported(command: tuple[str, ...], message: str) -> None:
    """Exit code 2, and the message says what is wrong."""
    result = CliRunner().invoke(app, list(command))
    assert result.exit_code == Code.USAGE
    assert message in result.stderr


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("positions", "symbol,shares\nKO,1\n", "the columns are symbol, shares, expected symbol,quantity"),
        ("positions", "symbol,quantity\nKO,many\n", "expected a number in each row of quantity"),
        ("positions", "", "expected CSV with a header"),
        ("positions", "symbol,quantity\nZZZ,1\n", "`positions` names 'ZZZ'"),
        ("prices", "day,KO\nyesterday,1\n", "expected a day (2024-01-31) and a close a symbol in each row"),
        ("prices", "day,KO\n2024-01-02,1\n2024-01-03,-1\n", "`prices.loc[2024-01-03, 'KO']` is -1.0, expected above 0"),
        ("prices", "day,KO\n2024-01-02,1\n2024-01-03,\n", "`prices.loc[2024-01-03, 'KO']` is nan, expected above 0"),
        ("instruments", '{"type":"order_cancel"}', "instruments:1: `order_id` is missing, expected `str`"),
        ("instruments", '{"type":"account","account_id":"a"}', "instruments:1: the type is Account, expected an instr"),
    ],
)
def test_bad_files_are_reported(tmp_path: Path, name: str, content: str, message: str) -> None:
    """Exit code 2, and the message names file or cell, what was seen and what was expected."""
    texts = {
        "prices": "day,KO\n2024-01-02,1\n2024-01-03,2\n",
        "positions": "symbol,quantity\nKO,1\n",
        "instruments": '{"type":"instrument","symbol":"KO"}',
        name: content,
    }
    options = []
    for each, text in texts.items():
        (tmp_path / each).write_text(text)
        options += [f"--{each}", str(tmp_path / each)]
    result = CliRunner().invoke(app, ["stress", *options])
    assert result.exit_code == Code.USAGE
    assert message in result.stderr


def test_a_book_without_anything_has_no_nan(files: tuple[str, ...], tmp_path: Path) -> None:
    """Of no equity there are no shares: a dash, as in the library's report."""
    empty = tmp_path / "empty.csv"
    empty.write_text("symbol,quantity\n")
    found = run("stress", *files[:2], "--positions", str(empty))
    assert found.exit_code == 0
    assert "nan" not in found.stdout.lower().split()
