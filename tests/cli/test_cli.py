"""The command line without a broker: help, versions, offline checks and exit codes."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from riskstream import __version__
from riskstream.cli import app
from riskstream.cli.codes import Code
from schemas.codec import decode_body

ROOT = Path(__file__).parents[2]
DAY_NS = 86_400_000_000_000
UNREACHABLE = {"RISKSTREAM_BOOTSTRAP_SERVERS": "127.0.0.1:1", "RISKSTREAM_DATABASE_URL": ""}
runner = CliRunner()


def order(order_id: str, account_id: str = "nobody") -> str:
    """A line with an order."""
    return json.dumps(
        {
            "type": "order_request",
            "order_id": order_id,
            "account_id": account_id,
            "symbol": "X",
            "side": "buy",
            "quantity": "1",
            "event_time_ns": DAY_NS,
        }
    )


@pytest.fixture(scope="module")
def demo_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's events to the end of its first day, as ``demo --export`` writes them."""
    path = tmp_path_factory.mktemp("demo") / "events.jsonl"
    result = runner.invoke(app, ["demo", "--export", str(path), "--days", "1"])
    assert result.exit_code == 0, result.output
    return path


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["demo"],
        ["worker"],
        ["sink"],
        ["api"],
        ["replay"],
        ["check"],
        ["explain"],
        ["topics"],
        ["topics", "create"],
        ["topics", "verify"],
        ["topics", "list"],
        ["topics", "tail"],
        ["journal"],
        ["journal", "tail"],
        ["journal", "verify"],
        ["journal", "digest"],
        ["command"],
        ["command", "kill"],
        ["command", "unkill"],
        ["command", "set-limits"],
        ["command", "trip"],
        ["command", "reset"],
        ["command", "timer"],
        ["dlq"],
        ["dlq", "list"],
        ["dlq", "show"],
        ["dlq", "replay"],
        ["schemas"],
        ["schemas", "export"],
    ],
)
def test_help(command: list[str]) -> None:
    """Every command explains itself."""
    result = runner.invoke(app, [*command, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_version() -> None:
    """``--version`` prints the product's version."""
    assert runner.invoke(app, ["--version"]).output.strip() == f"riskstream {__version__}"


def test_help_is_quick() -> None:
    """``--help`` loads neither numpy nor a Kafka client, so it answers at once."""
    code = (
        "import sys; from typer.testing import CliRunner; from riskstream.cli import app; "
        "CliRunner().invoke(app, ['--help']); "
        "assert not {'numpy', 'aiokafka', 'faust', 'litestar', 'psycopg', 'msgspec'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=30).returncode == 0


def test_help_takes_less_than_half_a_second() -> None:
    """The best of five runs of ``--help`` takes less than half a second of the processor, whatever else it does."""

    def run() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "riskstream", "--help"], cwd=ROOT, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(run() for _ in range(5)) < 0.5


def test_check_prints_decisions_with_layers(demo_day: Path) -> None:
    """``check`` prints a verdict for each order and ten layers for it; rejections make the exit code 1."""
    result = runner.invoke(app, ["check", str(demo_day)])
    assert result.exit_code == Code.REFUSED
    for name in ("APPROVED", "REJECTED", "order_controls", "black_swan"):
        assert name in result.output


def test_check_as_json_is_one_decision_a_line(demo_day: Path) -> None:
    """``check --json`` prints exactly one JSON decision a line, which the codec reads again."""
    result = runner.invoke(app, ["check", "--json", str(demo_day)])
    decided = [decode_body(line.encode()) for line in result.stdout.splitlines()]
    asked = [line for line in demo_day.read_text().splitlines() if '"type":"order_request"' in line]
    assert len(decided) >= len(asked) > 0
    assert {decision.status for decision in decided} == {"approved", "rejected"}


def test_check_reads_standard_input() -> None:
    """``check -`` reads standard input; an unknown account is a rejection, not an error."""
    result = runner.invoke(app, ["check", "--json", "-"], input=order("o-1") + "\n")
    assert result.exit_code == Code.REFUSED
    assert json.loads(result.stdout)["reason"] == "ACCOUNT_UNKNOWN"


def test_check_summary() -> None:
    """``check --summary --json`` prints how many orders, replaces and cancels met which reason."""
    result = runner.invoke(app, ["check", "--summary", "--json", "-"], input=f"{order('a')}\n{order('b')}\n")
    assert json.loads(result.stdout) == {"orders": {"ACCOUNT_UNKNOWN": 2}, "replaces": {}, "cancels": {}}


def test_check_counts_orders_apart_from_replaces_and_cancels() -> None:
    """A cancel that is always approved is no approved order."""
    fields = {"account_id": "nobody", "original_order_id": "a", "event_time_ns": DAY_NS}
    cancels = [json.dumps({"type": "order_cancel", "order_id": name} | fields) for name in ("c", "d")]
    replace = json.dumps({"type": "order_replace", "order_id": "r", "quantity": 2} | fields)
    lines = "\n".join((order("a"), order("b"), replace, *cancels))
    told = runner.invoke(app, ["check", "--summary", "-"], input=lines).stdout.splitlines()
    assert told[0] == "2 orders, 1 replace, 2 cancels decided"
    assert [line.split() for line in told[1:]] == [
        ["reason", "orders", "replaces", "cancels"],
        ["ACCOUNT_UNKNOWN", "2", "1", "0"],
        ["APPROVED", "0", "0", "2"],
    ]


def test_check_takes_the_settings_of_the_market(demo_day: Path) -> None:
    """``check`` judges by the estimates that the settings describe: of a longer history, too little is known."""
    by = {"RISKSTREAM_MARKET": '{"observations_min": 100000}'}
    runs = [runner.invoke(app, ["check", "--summary", "--json", str(demo_day)], env=env) for env in ({}, by)]
    known, strict = (json.loads(run.stdout)["orders"] for run in runs)
    assert strict["HISTORY_TOO_SHORT"] > known.get("HISTORY_TOO_SHORT", 0)
    assert strict["APPROVED"] < known["APPROVED"]


def test_check_without_orders_is_fine() -> None:
    """A file without orders has nothing to refuse: exit code 0."""
    result = runner.invoke(app, ["check", "-"], input="")
    assert (result.exit_code, result.stdout) == (Code.OK, "no orders decided\n")


def test_bad_line_is_reported() -> None:
    """A bad line ends the command with code 2 and names its number."""
    result = runner.invoke(app, ["check", "-"], input=f"{order('a')}\nrubbish\n")
    assert result.exit_code == Code.USAGE
    assert "<stdin>:2:" in result.stderr


@pytest.mark.parametrize("command", ["check", "replay"])
@pytest.mark.parametrize(("name", "why"), [("none.jsonl", "No such file or directory"), ("", "Is a directory")])
def test_unreadable_file_is_reported(tmp_path: Path, command: str, name: str, why: str) -> None:
    """A file that can't be read ends a command with code 2, broker or no broker, and says which file."""
    result = runner.invoke(app, [command, str(tmp_path / name)], env=UNREACHABLE)
    assert result.exit_code == Code.USAGE
    assert f"FILE is '{tmp_path / name}', expected a file that can be read: {why}" in result.stderr


@pytest.mark.parametrize(
    "command", [["schemas", "export", "{file}/below"], ["demo", "--days", "1", "--export", "{file}/below"]]
)
def test_unwritable_place_is_reported(tmp_path: Path, command: list[str]) -> None:
    """A place that can't be written ends a command with code 2 and is named."""
    (tmp_path / "file").write_text("")
    result = runner.invoke(app, [part.format(file=tmp_path / "file") for part in command])
    assert result.exit_code == Code.USAGE
    assert "that can be written: Not a directory" in result.stderr


def test_a_known_length_is_a_bar_with_an_end(demo_day: Path) -> None:
    """On a terminal a file is read under a bar that counts its bytes."""
    terminal, errors = pty.openpty()
    command = [sys.executable, "-m", "riskstream", "check", "--summary", str(demo_day)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=errors) as process:
        os.close(errors)
        shown = b""
        with contextlib.suppress(OSError):  # Linux' way to say that nobody writes any more
            while part := os.read(terminal, 65536):
                shown += part
        os.close(terminal)
        assert process.wait(60) == Code.REFUSED
    assert re.search(rb"deciding.*/\d.* [kM]B", shown), shown


def test_bad_setting_is_reported() -> None:
    """A bad setting ends a command with code 2 and names the variable."""
    result = runner.invoke(app, ["topics", "list"], env={"RISKSTREAM_PARTITIONS": "none"})
    assert result.exit_code == Code.USAGE
    assert "RISKSTREAM_PARTITIONS" in result.stderr


def test_unknown_topic_is_reported() -> None:
    """A topic that does not exist ends ``topics tail`` with code 2."""
    result = runner.invoke(app, ["topics", "tail", "gossip"])
    assert result.exit_code == Code.USAGE
    assert "decisions" in result.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["topics", "list"],
        ["topics", "create"],
        ["topics", "verify"],
        ["topics", "tail", "orders"],
        ["explain", "o-1"],
        ["replay", "-"],
        ["journal", "tail"],
        ["journal", "verify"],
        ["journal", "digest"],
        ["command", "kill", "firm", "firm", "--author", "jo", "--reason", "test"],
        ["command", "timer"],
        ["dlq", "list"],
        ["dlq", "show", "orders:0:0"],
        ["dlq", "replay", "--topic", "orders", "--yes"],
    ],
)
def test_unreachable_broker_is_reported(command: list[str]) -> None:
    """Without a broker a command ends with code 3 and says in one line which address it tried and how to name another
    one, whatever the client has to say of it."""
    result = runner.invoke(app, command, env=UNREACHABLE, input=order("o-1"))
    assert result.exit_code == Code.UNREACHABLE
    (line,) = result.stderr.splitlines()
    assert line.startswith("riskstream: cannot reach the broker at 127.0.0.1:1: is `make demo` running?")
    assert "RISKSTREAM_BOOTSTRAP_SERVERS=" in line


def test_the_client_of_the_broker_is_not_heard() -> None:
    """A process prints nothing but the one line: the client's log has no place in it."""
    command = [sys.executable, "-m", "riskstream", "topics", "list"]
    told = subprocess.run(command, env=os.environ | UNREACHABLE, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (told.returncode, told.stdout, len(told.stderr.splitlines())) == (Code.UNREACHABLE, "", 1)


def test_sink_needs_a_database() -> None:
    """``sink`` without a database ends with code 2 and names the variable."""
    result = runner.invoke(app, ["sink"], env=UNREACHABLE)
    assert result.exit_code == Code.USAGE
    assert "RISKSTREAM_DATABASE_URL" in result.stderr


def test_schemas_export(tmp_path: Path) -> None:
    """``schemas export`` writes JSON files and says which."""
    result = runner.invoke(app, ["schemas", "export", str(tmp_path / "out"), "--json"])
    assert result.exit_code == 0
    paths = [Path(path) for path in json.loads(result.stdout)]
    assert paths
    assert all(path.stat().st_size for path in paths)
