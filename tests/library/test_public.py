"""The library's place in the package: names, laziness, and the README's examples."""

from __future__ import annotations

import asyncio
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import riskstream
from riskstream import library
from riskstream.cli import app
from tests.library.readme import refreshed

ROOT = Path(__file__).parents[2]


def test_examples_print_what_the_readme_says() -> None:
    """Every block of the README's section runs as it stands, offline, and prints what is below it."""
    text = (ROOT / "README.md").read_text("utf-8")
    assert asyncio.run(refreshed(text)) == text, "run `python -m tests.library.readme README.md`"


def test_the_readmes_commands_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command of the README's section on the library ends with 0 and prints something."""
    monkeypatch.chdir(tmp_path)
    section = (ROOT / "README.md").read_text("utf-8").partition("## As a library")[2].partition("\n## ")[0]
    commands = re.findall(r"^\$ riskstream (.*)$", section, re.MULTILINE)
    assert {line.split()[0] for line in commands} == {"var", "stress", "size", "backtest", "report"}
    for line in commands:
        result = CliRunner().invoke(app, shlex.split(line))
        assert result.exit_code == 0, result.output
        assert result.stdout


@pytest.mark.parametrize("name", library.__all__)
def test_every_name_is_the_packages_own(name: str) -> None:
    """``from riskstream import`` gives what the library has."""
    assert name in riskstream.__all__
    assert getattr(riskstream, name) is getattr(library, name)


def test_unknown_names_are_none_of_the_package() -> None:
    """A wrong name is an AttributeError that names it."""
    with pytest.raises(AttributeError, match="no attribute 'open_dmeo'"):
        _ = riskstream.open_dmeo


def test_importing_the_package_loads_no_library() -> None:
    """``import riskstream`` stays quick: neither numpy nor pandas comes with it."""
    code = "import sys, riskstream; assert not {'numpy', 'pandas', 'riskstream.library'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=30).returncode == 0


def test_the_library_needs_no_broker() -> None:
    """Opening the demo and checking an order loads no Kafka client, web server or database driver."""
    code = (
        "import sys, riskstream\n"
        "riskstream.open_demo().risk_engine.check_pre_trade_risk_sync("
        "{'symbol': 'AAPL', 'side': 'buy', 'quantity': 1})\n"
        "assert not {'aiokafka', 'confluent_kafka', 'faust', 'litestar', 'psycopg'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=120).returncode == 0
