"""The tear sheet: one page that needs nothing else, whose figures are the library's."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from risk.performance.available import NotAvailable
from risk.performance.drawdown import current_drawdown, max_drawdown
from risk.performance.sharpe import sharpe_ratio
from riskstream.cli import app
from riskstream.library import PortfolioData, RiskLibrary, portfolio_data
from riskstream.report.contents import TearSheet, tear_sheet
from riskstream.report.page import render

CHROMIUM = shutil.which("chromium")
SVG = "{http://www.w3.org/2000/svg}"
XHTML = "{http://www.w3.org/1999/xhtml}"


@pytest.fixture(scope="module")
def sheet(demo: RiskLibrary) -> TearSheet:
    """Of the demo's book."""
    return tear_sheet(demo, 0.95)


@pytest.fixture(scope="module")
def page(sheet: TearSheet) -> ET.Element:
    """The page, which must be well-formed."""
    return ET.fromstring(render(sheet))  # noqa: S314


def figures(page: ET.Element) -> dict[str, float]:
    """Every figure on the page by its id, each of which is there once."""
    found = [(each.attrib["id"], float(each.attrib["value"])) for each in page.iter(f"{XHTML}data")]
    assert len(dict(found)) == len(found)
    return dict(found)


def classed(page: ET.Element, name: str) -> list[ET.Element]:
    """The parts of plots that have a class."""
    return [each for each in page.iter() if name in each.attrib.get("class", "").split()]


def test_every_figure_is_the_librarys(demo: RiskLibrary, sheet: TearSheet, page: ET.Element) -> None:
    """With all digits: metrics, VaR, stress losses, exceptions."""
    shown = figures(page)
    metrics = [metric for group in sheet.metrics.values() for metric in group]
    for metric in metrics:
        assert isinstance(metric.value, NotAvailable) or shown[metric.key] == metric.value
    var = demo.var_calculator.calculate_comprehensive_var_sync(0.95, method="filtered_historical")
    assert (shown["var"], shown["expected_shortfall"]) == (var.var_value, var.expected_shortfall)
    assert shown["liquidity_var"] == demo.var_calculator.liquidity_adjusted(var).value
    assert shown["sharpe_ratio"] == sharpe_ratio(demo.data.book_returns)
    stress = demo.stress_tester.run_comprehensive_stress_test_sync()
    assert {name: shown[f"stress:{name}"] for name in stress} == dict(stress)
    words = "".join(page.itertext())
    assert all(name in words and text in words for name, text in stress.findings())
    assert not isinstance(sheet.var, NotAvailable)
    assert shown["exceptions"] == (-sheet.var.pnl > sheet.var.var).sum()


def test_plots_show_what_there_is(sheet: TearSheet, page: ET.Element) -> None:
    """A dot an exception, a bar a day and a scenario, a cell a pair; every plot has its title."""
    assert not isinstance(sheet.var, NotAvailable)
    assert len(classed(page, "exception")) == int(sheet.var.exceeded.sum()) > 0
    assert len(classed(page, "pnl")) == len(sheet.var.pnl)
    assert len(classed(page, "bar")) == len(sheet.stress)
    assert len(classed(page, "cell")) == len(sheet.correlation) ** 2 == 400
    titles = [plot.findtext(f"{SVG}title") for plot in page.iter(f"{SVG}svg")]
    assert titles == ["Drawdown", "P&L against VaR", "Stress losses", "Correlation"]


def test_drawdowns_have_their_dates(demo: RiskLibrary, sheet: TearSheet, page: ET.Element) -> None:
    """The deepest is that of March 2020; each says its days, on the page too."""
    deepest, now = (sheet.drawdowns[name] for name in ("max", "current"))
    batch = max_drawdown(demo.data.book_returns)
    assert not isinstance(batch, NotAvailable)
    assert (deepest.depth, deepest.duration) == (batch.depth, batch.duration)
    assert (deepest.start, deepest.trough, deepest.end) == ("2020-01-16", "2020-03-23", "2020-06-05")
    assert now.end is None
    words = "".join(page.itertext())
    assert "from 2020-01-16, low on 2020-03-23, back on 2020-06-05" in words
    assert f"from {now.start}, low on {now.trough}, under water still" in words
    ends = current_drawdown(demo.data.book_returns)
    assert not isinstance(ends, NotAvailable)
    assert demo.data.prices.index[ends.start].strftime("%Y-%m-%d") == now.start


def test_the_page_needs_nothing_else(sheet: TearSheet) -> None:
    """No script, and no address but the names of the markup."""
    text = render(sheet)
    assert "<script" not in text
    assert set(re.findall(r"https?://[^\"' ]+", text)) == {"http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"}
    assert not re.search(r"\b(src|href)=|@import|url\(", text)


def test_what_the_data_does_not_give_has_its_reason(own: PortfolioData) -> None:
    """A short history, no benchmark, no spread: "not available" and why, and no section on the benchmark."""
    instruments = [each for each in own.instruments.values() if each.symbol != "AAA"]
    thin = portfolio_data(
        own.prices.iloc[-40:], {"AAA": 10, "BBB": -5}, cash=1e4, instruments=instruments, account_id="<b> & co"
    )
    sheet = tear_sheet(RiskLibrary(thin))
    assert isinstance(sheet.var, NotAvailable)
    assert not any(heading.startswith("Against") for heading in sheet.metrics)
    page = ET.fromstring(render(sheet))  # noqa: S314
    assert "not available: the spread of AAA is not known" in "".join(page.itertext())
    assert page.findtext(f"{XHTML}head/{XHTML}title") == f"Risk of <b> & co, {str(own.prices.index[-1])[:10]}"


def test_nothing_held_is_a_page_too(own: PortfolioData) -> None:
    """Without positions there is nothing to correlate, and no risk."""
    data = portfolio_data(own.prices, {}, cash=1e4, instruments=own.instruments.values())
    page = ET.fromstring(render(tear_sheet(RiskLibrary(data))))  # noqa: S314
    shown = figures(page)
    assert (shown["var"], shown["liquidation_cost"], shown["max_drawdown"]) == (0.0, 0.0, 0.0)
    assert "nothing is held" in "".join(page.itertext())


def command(*options: str) -> Any:
    """What ``riskstream report`` prints; it must work."""
    result = CliRunner().invoke(app, ["report", "--confidence", "0.95", *options])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_command_prints_the_sheet(sheet: TearSheet, tmp_path: Path) -> None:
    """JSON and the table have every metric; ``--html`` writes the page."""
    document = json.loads(command("--json"))
    metrics = {metric.key: metric for group in sheet.metrics.values() for metric in group}
    assert document["metrics"] == {key: metric.value for key, metric in metrics.items()}
    assert document["drawdowns"]["max"]["trough"] == "2020-03-23"
    table = command()
    assert all(metric.label in table for metric in metrics.values())
    path = tmp_path / "report.html"
    assert command("--html", str(path)) == f"{path} written\n"
    assert path.read_text("utf-8") == render(sheet)


def test_a_place_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    """Exit code 2 and the name of the file."""
    result = CliRunner().invoke(app, ["report", "--html", str(tmp_path / "none" / "report.html")])
    assert result.exit_code == 2
    assert "report.html" in result.stderr


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium: install Debian's to open the page")
def test_a_browser_shows_it_without_a_request(sheet: TearSheet, tmp_path: Path) -> None:
    """Chromium loads the file and nothing else, complains of nothing, and no plot is wider than a small screen."""
    from playwright.sync_api import sync_playwright

    path, seen = tmp_path / "report.html", []
    path.write_text(render(sheet), "utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 420, "height": 800})
        page.on("request", lambda request: seen.append(request.url))
        page.on("console", lambda message: seen.append(message.text))
        page.goto(path.as_uri())
        widths = page.evaluate("[...document.querySelectorAll('svg')].map(plot => plot.getBoundingClientRect().width)")
        browser.close()
    assert seen == [path.as_uri()]
    assert len(widths) == 4
    assert all(0 < width <= 420 for width in widths)
