"""Presets out of a file: who gets them, and what a bad file is answered with."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from risk.market import MarketState
from risk.state import PartitionState
from riskstream.cli import app
from riskstream.cli.codes import Code
from riskstream.offline import Offline
from riskstream.settings import load
from schemas.limits import LIMIT_NAMES
from schemas.preset_files import BadPreset, presets
from schemas.presets import PRESETS, Preset
from schemas.records import AccountDefined
from schemas.reference import Account
from streams.ports import kafka_ports
from streams.presets import known_presets
from streams.publisher import Publisher
from streams.settings import StreamSettings

DOCUMENT = Path(__file__).parents[2] / "docs" / "presets.md"
(EXAMPLE,) = re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The document's own example as a file."""
    found = tmp_path / "own.toml"
    found.write_text(EXAMPLE, encoding="utf-8")
    return found


def test_without_a_file_those_that_ship_are_known() -> None:
    """The default names none."""
    assert known_presets(StreamSettings()) is PRESETS


def test_what_a_file_does_not_name_is_that_of_the_preset_it_is_based_on() -> None:
    """Limits one by one, weights one by one; crisis limits are half of the preset's own on size and risk."""
    own, standard = presets(EXAMPLE)["arbitrage"], PRESETS["standard"]
    assert (own.var_method, own.sizing_method, own.var_budget) == ("age_weighted", "var_budget", 0.005)
    differing = {name for name in LIMIT_NAMES if getattr(own.limits, name) != getattr(standard.limits, name)}
    assert differing == {"gross_exposure_max"}
    assert (own.crisis.gross_exposure_max, own.crisis.var_max) == (1.0, standard.limits.var_max / 2)
    assert own.score_weights == standard.score_weights | {"liquidity": 3.0}
    named = {"limits", "crisis", "var_method", "sizing_method", "var_budget", "score_weights"}
    rest = [name for name in Preset.__struct_fields__ if name not in named]
    assert [getattr(own, name) for name in rest] == [getattr(standard, name) for name in rest]


def test_the_setting_reaches_the_engines(path: Path) -> None:
    """By its variable: the worker's engines and the offline one journal what the file says."""
    settings = load({"RISKSTREAM_PRESETS": str(path)}).stream
    own, account = presets(EXAMPLE)["arbitrage"], Account(account_id="a", preset="arbitrage")
    worker = kafka_ports(settings, Publisher(settings)).engine(PartitionState(), MarketState())
    for engine in (worker, Offline(presets=known_presets(settings)).engine):
        (record,) = engine.define(account)
        assert isinstance(record, AccountDefined)
        assert record.preset == own


@pytest.mark.parametrize("command", [("check", "nothing.jsonl"), ("worker",)])
def test_a_bad_file_ends_a_command_with_its_mistake(path: Path, command: tuple[str, ...]) -> None:
    """Exit code 2, and the message names file, field, value and what was expected; so does that of a missing file."""
    path.write_text(EXAMPLE.replace("var_budget = 0.005", "var_budget = 'much'"))
    result = CliRunner().invoke(app, list(command), env={"RISKSTREAM_PRESETS": str(path)})
    assert result.exit_code == Code.USAGE
    assert f"{path}: `arbitrage.var_budget` is 'much', expected `float`" in result.stderr
    result = CliRunner().invoke(app, list(command), env={"RISKSTREAM_PRESETS": "none.toml"})
    assert result.exit_code == Code.USAGE
    assert "`presets` is 'none.toml', expected a readable TOML file" in result.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "the presets are no TOML"),
        ("own = 1", "`own` is 1, expected a table [own]"),
        ("[standard]", "[standard] is expected to have a name of its own"),
        ("[own]\nbold = true", "`own.bold` is True, expected one of the names based_on, limits, crisis"),
        ("[own]\nbased_on = 'bold'", "`own.based_on` is bold, expected one of standard"),
        ("[own]\nkelly_fraction = 2.0", "`own.kelly_fraction` is 2.0, expected"),
        ("[own.limits]\nvar_max = -1.0", "`own.limits.var_max` is -1.0, expected"),
        ("[own.limits]\nbold = 1.0", "`own.limits.bold` is 1.0, expected one of the names order_quantity_max"),
        ("[own.crisis]\nvar_max = nan", "`own.crisis.var_max` is nan, expected"),
        ("[own.crisis]\nprice_age_max_ns = 1.0", "`own.crisis.price_age_max_ns` is not expected"),
        ("[own]\nlimits = 1", "`own.limits` is 1, expected a table [own.limits]"),
        ("[own]\nvar_method = 'guess'", "`own.var_method` is 'guess', expected one of historical, filtered_historical"),
        ("[own]\nvolatility_target = inf", "`own.volatility_target` is inf, expected a finite number"),
        ("[own]\nstress_scenarios = []", "`own.stress_scenarios` is [], expected"),
        ("[own]\nscore_weights = 1", "`own.score_weights` is 1, expected a table [own.score_weights]"),
        ("[own.score_weights]\nbold = 1.0", "`own.score_weights.bold` is 1.0, expected one of the names order"),
        ("[own.score_weights]\nstress = -1.0", "`own.score_weights.stress` is -1.0, expected `float` >= 0.0"),
        ("[own.score_weights]\nstress = inf", "`own.score_weights.stress` is inf, expected a finite number"),
        ("[own.score_weights]\nstress = 'x'", "`own.score_weights.stress` is 'x', expected `float`, got `str`"),
    ],
)
def test_mistakes_are_named(text: str, message: str) -> None:
    """Nothing that is no preset is taken for one."""
    with pytest.raises(BadPreset, match=re.escape(message)):
        presets(text)


def test_scenarios_of_a_preset_must_be_there(tmp_path: Path) -> None:
    """A preset that chooses a scenario that nobody knows would have all its orders refused: it is refused instead."""
    path = tmp_path / "presets.toml"
    path.write_text("[own]\nstress_scenarios = ['covid_2020', 'oil_embargo']\n")
    with pytest.raises(BadPreset, match=r"`own.stress_scenarios` names 'oil_embargo', expected one of black_monday"):
        known_presets(StreamSettings(presets=str(path)))


def test_presets_travel_in_full() -> None:
    """The journal's record of one reads back equal, every limit and weight by value."""
    own = presets(EXAMPLE)["arbitrage"]
    assert msgspec.json.decode(msgspec.json.encode(own), type=Preset) == own
