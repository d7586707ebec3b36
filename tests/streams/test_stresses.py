"""Scenarios out of a file: who gets them, and what a bad file is answered with."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from risk.stress.scenario_set import SHIPPED
from riskstream.cli import app
from riskstream.cli.codes import Code
from riskstream.offline import Offline
from riskstream.settings import load
from streams.settings import StreamSettings
from streams.stresses import BadScenario, scenarios
from streams.worker import Worker

DOCUMENT = Path(__file__).parents[2] / "docs" / "stress.md"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The document's own example as a file."""
    (example,) = re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    found = tmp_path / "own.toml"
    found.write_text(example, encoding="utf-8")
    return found


def test_without_a_file_those_that_ship_hold() -> None:
    """The default names none."""
    assert scenarios(StreamSettings()) is SHIPPED


def test_the_setting_reaches_the_worker(path: Path) -> None:
    """By its variable; the worker's market view has the scenario of the file, as the offline engine does."""
    settings = load({"RISKSTREAM_STRESS_SCENARIOS": str(path)}).stream
    found = scenarios(settings)
    assert found.names == (*SHIPPED.names, "oil_embargo")
    assert Worker(settings).market.stresses.names == found.names
    assert Offline(found).market.stresses is found


@pytest.mark.parametrize("command", [("stress",), ("check", "nothing.jsonl"), ("worker",)])
def test_a_bad_file_ends_a_command_with_its_mistake(path: Path, command: tuple[str, ...]) -> None:
    """Exit code 2, and the message names file, field, value and what was expected; so does that of a missing file."""
    path.write_text(path.read_text().replace("equity = -0.15", "equity = 'much'"))
    result = CliRunner().invoke(app, list(command), env={"RISKSTREAM_STRESS_SCENARIOS": str(path)})
    assert result.exit_code == Code.USAGE
    assert f"{path}: `scenario[1].equity` is 'much', expected `float`" in result.stderr
    result = CliRunner().invoke(app, list(command), env={"RISKSTREAM_STRESS_SCENARIOS": "none.toml"})
    assert result.exit_code == Code.USAGE
    assert "`stress_scenarios` is 'none.toml', expected a readable TOML file" in result.stderr


def test_stress_takes_a_file_and_a_window(path: Path) -> None:
    """--scenarios adds the file's; --replay, --monte-carlo and --reverse are shown; a bad window is refused."""
    result = CliRunner().invoke(
        app,
        [
            "stress",
            "--scenarios",
            str(path),
            "--replay",
            "2020-02-20..2020-03-23",
            "--monte-carlo",
            "500",
            "--reverse",
            "250000",
        ],
    )
    assert result.exit_code == Code.OK
    assert all(
        text in result.stdout
        for text in ("oil_embargo", "500 paths over 10 days", "a loss of 250,000 is", "replay", "worst day")
    )
    result = CliRunner().invoke(app, ["stress", "--replay", "2020"])
    assert result.exit_code == Code.USAGE
    assert "--replay is '2020', expected FROM..TO" in result.stderr


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """As one that can't be read."""
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(BadScenario, match="expected a readable TOML file"):
        scenarios(StreamSettings(stress_scenarios=str(path)))
